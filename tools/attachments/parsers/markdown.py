"""Markdown: as it is, with its title from the front matter or the first heading."""

import re

from tools.attachments.parsers import charset
from tools.attachments.parsers.content import Content, Writer, one_line

FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.{0,4000}?)\r?\n---[ \t]*\r?\n", re.DOTALL)
ENTRY = re.compile(r"^(title|author|date|description)[ \t]*:[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
HEADING = re.compile(r"^#[ \t]+(.*?)[ \t#\r]*$", re.MULTILINE)

SAMPLE = 20_000
"""Characters in which a title is looked for."""


def read(data: bytes) -> Content:
    """The text itself."""
    text, encoding = charset.decode(data)
    start = text[:SAMPLE]
    front = FRONT_MATTER.match(start)
    entries = {name: one_line(value.strip("\"'")) for name, value in ENTRY.findall(front[1] if front else "")}
    heading = HEADING.search(start)
    title = entries.pop("title", "") or (heading[1] if heading else "")
    writer = Writer()
    writer.add(text)
    return writer.content(title, {"encoding": encoding, **entries}, *charset.warnings(encoding))
