"""attachment_process: what a file says, and, if asked, the file as a document to search."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import anyio
import anyio.to_thread

from storage import attachments as rows
from storage.documents import rows as document_rows
from storage.errors import Invalid
from storage.errors import NotFound as NotStored
from storage.files.roots import read_inside
from storage.files.stamped_files import FileStamp
from tools.attachments.attachments import Attachments
from tools.attachments.models import ProcessArguments, Processed
from tools.attachments.parsing import Parsed, parse
from tools.errors import NotFound, Refused
from tools.fields import MAX_ID_CHARS, MAX_METADATA_BYTES, without_controls
from tools.rag.adding import Kept, keep, pending_note
from tools.rag.documents import Source
from tools.retrieval.budget import WORTH_SHOWING, as_json, fitting, shortened, tokens, utf8_size
from tools.services import Caller

HEADED = frozenset({"docx", "html", "md"})
"""Formats whose first heading is a better title than the file's name."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read. ``document_id`` and ``source`` are what a document made of it goes by."""

    content: bytes
    filename: str
    document_id: str
    source: str
    stamp: FileStamp | None = None


async def process(attachments: Attachments, caller: Caller, asked: ProcessArguments) -> Processed:
    """Read the file in a process of its own. Raises NotFound and Refused."""
    file = await _file(attachments, caller, asked)
    parsed = await _parsed(file, attachments.policy.parse_seconds)
    kept = None
    if asked.chunk_for_rag and parsed.text.strip():
        kept = await _kept(attachments, caller, asked, file, parsed)
    most = asked.max_tokens or attachments.policy.max_tokens
    return _answer(asked, parsed, kept, most, pending_note(attachments.documents))


async def _file(attachments: Attachments, caller: Caller, asked: ProcessArguments) -> File:
    if (asked.file_path is None) == (asked.attachment_id is None):
        raise Refused("Give either file_path or attachment_id.")
    if asked.attachment_id is not None:
        return await _attached(attachments, caller, asked.attachment_id, asked.filename)
    assert asked.file_path is not None
    return await anyio.to_thread.run_sync(_from_root, attachments, asked.file_path, asked.filename)


async def _attached(attachments: Attachments, caller: Caller, attachment_id: str, filename: str | None) -> File:
    now = attachments.now()
    try:  # used first and read second: what is in use is not tidied away in between
        row = await attachments.db.write(lambda db: rows.use(db, caller.tenant, attachment_id, now))
        content = await anyio.to_thread.run_sync(attachments.files.read, caller.tenant, row)
    except NotStored as error:
        raise NotFound(f"No attachment {attachment_id!r}. Call attachment_save for a new id.") from error
    name = filename or row.filename
    return File(content, name, row.attachment_id, source=name)


def _from_root(attachments: Attachments, name: str, filename: str | None) -> File:
    """The file of that name in the allowed folders. What is told repeats the name as it came, and no other path."""
    try:
        found = read_inside(attachments.roots, name, attachments.policy.max_bytes)
    except NotStored as error:
        raise NotFound(
            f"file_path: no file {name!r} in the allowed folders, or it cannot be read. Pass the content to"
            " attachment_save, or ask the owner to allow its folder with SATCHEL_ATTACHMENT_ROOTS."
        ) from error
    except Invalid as error:
        raise Refused(f"file_path: {name!r} {error}.") from error
    return File(
        found.content, filename or found.path.name, _document_id(found.relative), _shown(str(found.path)), found.stamp
    )


def _document_id(relative: str) -> str:
    """The path, if an id can be that; a name made of it for one that is too long or no plain text."""
    try:
        if len(relative) <= MAX_ID_CHARS:
            return without_controls(relative)
    except ValueError:
        pass
    return f"file-{hashlib.sha256(relative.encode(errors='surrogateescape')).hexdigest()[:16]}"


def _shown(path: str) -> str:
    """A path as text: its bytes need not be any."""
    return path.encode(errors="surrogateescape").decode(errors="replace")


async def _parsed(file: File, seconds: float) -> Parsed:
    try:
        with anyio.fail_after(seconds):
            return await parse(file.content, _shown(file.filename))
    except TimeoutError as error:
        raise Refused("The file took too long to read and was given up. Call again, or split it.") from error


async def _kept(attachments: Attachments, caller: Caller, asked: ProcessArguments, file: File, parsed: Parsed) -> Kept:
    documents = attachments.documents
    until = documents.now() + int(documents.policy.embed_seconds * 1000)
    source = Source(
        collection=asked.collection,
        document_id=await _free_id(attachments, caller, asked.collection, file),
        text=parsed.text,
        title=title_of(parsed, file.filename),
        source=file.source,
        format=parsed.format,
        metadata=fitting({"filename": _shown(file.filename), **_wanted(asked, parsed)}, MAX_METADATA_BYTES, utf8_size),
        provenance={"origin": "document", "tool": "attachment_process", "key": caller.key},
        pages=parsed.pages,
        file=file.stamp,
    )
    return await keep(documents, caller.tenant, source, hurry=lambda: documents.now() > until)


async def _free_id(attachments: Attachments, caller: Caller, collection: str, file: File) -> str:
    """The file's id, made different where a document from elsewhere has it: that one must not be replaced."""
    if file.stamp is None:
        return file.document_id
    held = await attachments.db.read(lambda db: document_rows.fetch(db, caller.tenant, collection, file.document_id))
    if held is None or held.source == file.source:
        return file.document_id
    return f"{file.document_id[: MAX_ID_CHARS - 9]}-{hashlib.sha256(file.source.encode()).hexdigest()[:8]}"


def title_of(parsed: Parsed, filename: str) -> str:
    """What the file calls itself; "" leaves it to the first heading."""
    return parsed.title or ("" if parsed.format in HEADED else PurePath(_shown(filename)).stem)


def _wanted(asked: ProcessArguments, parsed: Parsed) -> dict[str, Any]:
    return parsed.metadata if asked.extract_metadata else {}


def _answer(asked: ProcessArguments, parsed: Parsed, kept: Kept | None, max_tokens: int, pending: str) -> Processed:
    wanted = _wanted(asked, parsed)
    metadata = fitting(wanted, max_tokens // 2, tokens)
    beside = tokens(as_json(metadata)) + tokens(parsed.title)
    text = shortened(parsed.text, max(WORTH_SHOWING, max_tokens - beside))
    warnings = list(parsed.warnings)
    if left_out := [name for name in wanted if name not in metadata]:
        warnings.append(f"Metadata that did not fit max_tokens: {', '.join(left_out)}.")
    if not parsed.text.strip():
        warnings.append("It holds no text to search." if asked.chunk_for_rag else "It holds no text.")
    return Processed(
        content=text,
        format=parsed.format,
        pages=len(parsed.pages) or None,
        title=parsed.title,
        metadata=metadata,
        document_id=kept.document_id if kept else None,
        chunks=kept.chunks if kept else None,
        truncated=text != parsed.text,
        warnings=warnings,
        note=_note(asked, parsed.text, text, kept, pending),
    )


def _note(asked: ProcessArguments, whole: str, shown: str, kept: Kept | None, pending: str) -> str:
    """What became of the file, and how to get at what is not shown. ``pending`` is said of what waits for a model."""
    told: list[str] = []
    if kept is not None:
        told.append(f"Searchable as {kept.document_id!r} in {asked.collection!r}, {kept.chunks:,} chunks.")
        if kept.indexed == "pending":
            told.append(pending)
    if shown != whole:
        missing = len(whole) - len(shown.removesuffix("…"))
        way = "rag_search finds them." if kept else "Call with chunk_for_rag=true, then rag_search finds them."
        told.append(f"{missing:,} of {len(whole):,} characters are left out. {way}")
    return " ".join(told)
