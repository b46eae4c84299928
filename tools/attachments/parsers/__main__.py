"""The child process: a line of JSON and a file's bytes come in, a line of JSON and the file's text go out."""

import json
import sys
from importlib import import_module
from typing import Any, Protocol, cast

from tools.attachments.parsers.content import Content
from tools.attachments.sniffing import claimed, sniff
from tools.errors import Refused

MODULES = {
    "pdf": "pdf",
    "docx": "word",
    "xlsx": "excel",
    "csv": "csv_rows",
    "json": "json_text",
    "xml": "xml_text",
    "html": "html_text",
    "md": "markdown",
    "txt": "plain",
}
"""The module beside this one that reads a format; pictures need the OCR engine too."""


class Parser(Protocol):
    def read(self, data: bytes, /) -> Content: ...


def read(data: bytes, kind: str, tesseract: str | None) -> Content:
    """What the file says. Only the module of its format is loaded: the others cost time and memory."""
    if kind in {"jpg", "png"}:
        from tools.attachments.parsers import image

        return image.read(data, tesseract)
    parser = cast("Parser", import_module(f"tools.attachments.parsers.{MODULES[kind]}"))
    return parser.read(data)


def answer(filename: str, data: bytes, tesseract: str | None) -> tuple[dict[str, Any], str]:
    """The line to send, and the text after it."""
    try:
        kind = sniff(data, claimed(filename))
        found = read(data, kind, tesseract)
    except Refused as refused:
        return {"refused": str(refused)}, ""
    return found.described(kind), found.text


def main() -> None:
    header = json.loads(sys.stdin.buffer.readline())
    described, text = answer(header["filename"], sys.stdin.buffer.read(), header["tesseract"])
    sys.stdout.buffer.write(json.dumps(described, allow_nan=False).encode() + b"\n")
    sys.stdout.buffer.write(text.encode())


if __name__ == "__main__":
    main()
