"""Plain text: as it is."""

from tools.attachments.parsers import charset
from tools.attachments.parsers.content import Content, Writer


def read(data: bytes) -> Content:
    """The text itself."""
    text, encoding = charset.decode(data)
    writer = Writer()
    writer.add(text)
    return writer.content("", {"encoding": encoding}, *charset.warnings(encoding))
