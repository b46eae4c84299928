"""XML: a line for each element that has text or attributes, indented by its depth. No DTD is read, nor any entity."""

import re
from xml.etree.ElementTree import ParseError

from defusedxml import DTDForbidden, EntitiesForbidden
from defusedxml.ElementTree import DefusedXMLParser

from tools.attachments.parsers import charset
from tools.attachments.parsers.content import Content, Writer, one_line
from tools.errors import Refused

DEPTH = 200
INDENTED = 20
"""Levels that are shown by spaces."""

DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")


class Full(Exception):
    """The writer takes no more."""


class Lines:
    """A target of the parser: writes "name (attribute=value): text" as the elements come, and keeps no tree."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._depth = 0
        self._told = ""
        self._text: list[str] = []
        self.title = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._flush()
        self._depth += 1
        if self._depth > DEPTH:
            raise Refused(f"The XML is nested more than {DEPTH} levels deep, which is not read.")
        said = ", ".join(f"{local(name)}={value}" for name, value in attributes.items())
        self._told = f"{local(tag)} ({said})" if said else local(tag)

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        if local(tag) == "title" and not self.title:
            self.title = one_line("".join(self._text))
        self._flush()
        self._depth -= 1

    def close(self) -> None:
        self._flush()

    def _flush(self) -> None:
        """Write what was collected: an element's start and its first text, or text after an inner element."""
        text = " ".join("".join(self._text).split())
        line = ": ".join(part for part in (self._told, text) if part)
        self._writer.add("  " * min(max(self._depth - 1, 0), INDENTED) + line if line else "", "\n")
        self._told = ""
        self._text.clear()
        if self._writer.is_full:
            raise Full


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def read(data: bytes) -> Content:
    """The elements in the order of the file. Raises Refused."""
    found = DECLARED.match(data.removeprefix(b"\xef\xbb\xbf").lstrip()[:200])
    declared = found[1].decode() if found else ""
    text, encoding = charset.decode(data, declared)
    writer = Writer()
    lines = Lines(writer)
    _parse(text.removeprefix("\ufeff").lstrip(), lines)
    return writer.content(lines.title, {"encoding": encoding}, *charset.warnings(encoding, declared))


def _parse(text: str, lines: Lines) -> None:
    parser = DefusedXMLParser(target=lines, forbid_dtd=True)
    try:
        parser.feed(text)
        parser.close()
    except Full:
        return
    except (DTDForbidden, EntitiesForbidden) as error:
        raise Refused("XML with a DTD or entities is not read. Remove the <!DOCTYPE …> part.") from error
    except ParseError as error:
        line, column = error.position
        raise Refused(
            f"The file is not well-formed XML (line {line}, column {column}). Correct it, or name it .txt."
        ) from error
