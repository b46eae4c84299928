"""rag_verify_citation: whether what was cited still stands there."""

import re
import unicodedata
from bisect import bisect_right
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

import anyio.to_thread

from storage.database import Connection
from storage.documents import rows
from storage.documents.rows import ChunkRow, DocumentRow
from storage.errors import NotFound as NoSuchRow
from storage.files import stamped_files
from tools.errors import Refused
from tools.rag.chunking.chunks import page_of
from tools.rag.documents import Documents
from tools.rag.models import Location, SourceState, Verified, VerifyArguments
from tools.rag.rendering import citation, cited, cited_id, uncited_id
from tools.retrieval.budget import shortened
from tools.retrieval.rendering import in_a_line
from tools.services import Caller

MARKS = {ord(char): None for char in "*_`|\u00ad"} | {
    ord(old): new for old, new in zip("‘’“”–—", "''\"\"--", strict=True)
}
"""What a quote may leave out or write otherwise: Markdown's marks, soft hyphens, quotation marks and dashes."""
ENDS = " \t\r\n….\"'“”‘’"
"""What may stand around a quote."""

Found = tuple[DocumentRow, ChunkRow | None]  # the document, and the chunk that was cited


async def verify(documents: Documents, caller: Caller, asked: VerifyArguments) -> Verified:
    """Look the citation up; and the quote, if there is one, first in the passage, then in the whole document."""
    named = cited(asked.citation)
    if named is None:
        raise Refused("citation: pass it as rag_search gave it, with the id in brackets at its end.")
    found = await documents.db.read(lambda db: _look_up(db, caller.tenant, *named))
    if found is None:
        return Verified(status="gone", source="unchecked")
    row, chunk = found
    quote, most = (asked.quote or "").strip(ENDS), documents.policy.max_tokens
    source = await anyio.to_thread.run_sync(_source_state, row)
    if chunk is not None and (current := await anyio.to_thread.run_sync(_there, quote, most, row, chunk, source)):
        return current
    chunks = await documents.db.read(lambda db: rows.chunks_of(db, caller.tenant, row.document_row))
    return await anyio.to_thread.run_sync(_elsewhere, quote, most, row, chunks, source)


def _source_state(row: DocumentRow) -> SourceState:
    return stamped_files.state(Path(row.source), row.file) if row.file else "unchecked"


def _there(quote: str, most: int, row: DocumentRow, chunk: ChunkRow, source: SourceState) -> Verified | None:
    """The passage that was cited, if the quote stands in it."""
    place = _stands(quote, chunk.text) if quote else None
    if quote and place is None:
        return None
    page = page_of(chunk.start + place[0], row.pages) if place else chunk.page
    location = Location(page=page, section=chunk.section, start=chunk.start, end=chunk.stop)
    return Verified(
        status="current", source=source, document_id=row.document_id, title=row.title, location=location,
        passage=shortened(chunk.text.strip(), most),
        citation=citation(row.title, location, row.document_id, chunk.chunk_id),
    )  # fmt: skip


def _look_up(db: Connection, tenant: str, document_id: str, chunk_id: str) -> Found | None:
    """A chunk of another document than the citation names is not what was cited."""
    if (chunk := rows.fetch_chunk(db, tenant, chunk_id)) is not None:
        row = rows.fetch_rows(db, tenant, [chunk.document_row])[chunk.document_row]
        as_shown = cited_id(row.document_id)
        if document_id in ("", row.document_id, as_shown, in_a_line(as_shown)):
            return row, chunk
    for name in (document_id, uncited_id(document_id)):
        with suppress(NoSuchRow):
            return rows.fetch_anywhere(db, tenant, name), None
    return None


def _elsewhere(quote: str, most: int, row: DocumentRow, chunks: list[ChunkRow], source: SourceState) -> Verified:
    """The quote in another place of the document, if it is anywhere."""
    text = rows.text_of(chunks)
    place = _stands(quote, text) if quote else None
    if place is None:
        return Verified(status="changed", source=source, document_id=row.document_id, title=row.title)
    start, end = place
    within = next(chunk for chunk in chunks if chunk.start <= start < chunk.stop)
    location = Location(page=page_of(start, row.pages), section=within.section, start=start, end=end)
    return Verified(
        status="moved", source=source, document_id=row.document_id, title=row.title, location=location,
        passage=shortened(text[start:end], most),
        citation=citation(row.title, location, row.document_id, within.chunk_id),
    )  # fmt: skip


def _stands(quote: str, text: str) -> tuple[int, int] | None:
    """Where the quote stands, whatever its capitals, the blanks between its words, and MARKS."""
    found = [(word, place.span()) for place in re.finditer(r"\S+", text) if (word := _folded(place[0]))]
    begins = [0, *accumulate(len(word) + 1 for word, _ in found)]
    wanted = " ".join(filter(None, map(_folded, quote.split())))
    at = " ".join(word for word, _ in found).find(wanted)
    if at < 0 or not wanted:
        return None
    first, last = bisect_right(begins, at) - 1, bisect_right(begins, at + len(wanted) - 1) - 1
    return found[first][1][0], found[last][1][1]


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().translate(MARKS)
