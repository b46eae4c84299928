"""Reads a file of any known format into text, in a child process that can neither hurt nor outlast this one."""

import json
import shutil
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from storage.child import ChildFailed, run_limited
from storage.tracing import span
from tools.attachments import sniffing
from tools.attachments.parsers import markdown, plain
from tools.errors import Refused

FORMATS = frozenset(sniffing.NAMES)
"""The extensions that are read, lower case, without the dot."""

CHILD = "tools.attachments.parsers"
CHILDREN = 2
"""How many files are parsed at once: a child may use half a gigabyte."""

HERE = frozenset({"txt", "md"})
"""Formats of which UTF-8 is only decoded, which is safe in this process: a child costs as much as cutting, embedding
and keeping a page."""

OUTPUT_BYTES = 64 << 20
"""More than the longest text and its description take."""

FAILURES = {
    "timeout": "took too long to read and was given up. Split it, or save it in a simpler form",
    "memory": "needs too much memory to read. Split it, or save it in a simpler form",
    "crashed": "cannot be read: it seems to be damaged. Open it where it was made and save it again",
    "too_much_output": "holds more text than can be taken. Split it",
}

_limiter: RunVar[anyio.CapacityLimiter] = RunVar("limiter of parsing children")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says. ``pages`` holds the offset in ``text`` at which each page (or sheet) begins."""

    format: str
    text: str
    title: str
    pages: tuple[int, ...]
    metadata: dict[str, Any]
    warnings: tuple[str, ...]


def is_supported(filename: str) -> bool:
    """Whether the name has an extension that is read. `parse` also takes names without any, by their content."""
    return sniffing.extension(filename) in FORMATS


async def parse(data: bytes, filename: str) -> Parsed:
    """What the file says; its size is the caller's to limit. Raises Refused, with what to do instead."""
    claim = sniffing.claimed(filename)  # a name that is not read costs no process
    with span("attachment.parse", format=claim or "unknown", bytes=len(data)):
        if claim in HERE and sniffing.is_utf8(data):
            return await anyio.to_thread.run_sync(_read_here, data, claim)
        return await _read_apart(data, filename)


async def _read_apart(data: bytes, filename: str) -> Parsed:
    header = {"filename": filename, "tesseract": shutil.which("tesseract")}
    async with _children():
        try:
            answer = await run_limited(CHILD, json.dumps(header).encode() + b"\n" + data, output_bytes=OUTPUT_BYTES)
        except ChildFailed as failed:
            raise Refused(f"The file {FAILURES[failed.reason]}.") from failed
    return _parsed(answer)


def _read_here(data: bytes, claim: str) -> Parsed:
    found = markdown.read(data) if claim == "md" else plain.read(data)
    return _as_parsed(found.described(claim), found.text)


def _children() -> anyio.CapacityLimiter:
    """The event loop's limiter."""
    try:
        return _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(CHILDREN)
        _limiter.set(limiter)
        return limiter


def _parsed(answer: bytes) -> Parsed:
    """A child's answer: a line of JSON, then the text, which so needs no unescaping in this process."""
    head, _, text = answer.partition(b"\n")
    said = json.loads(head)
    if "refused" in said:
        raise Refused(said["refused"])
    return _as_parsed(said, text.decode())


def _as_parsed(said: dict[str, Any], text: str) -> Parsed:
    return Parsed(
        format=said["format"],
        text=text,
        title=said["title"],
        pages=tuple(said["pages"]),
        metadata=said["metadata"],
        warnings=tuple(said["warnings"]),
    )
