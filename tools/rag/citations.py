"""rag_verify_citation: whether what was cited still stands there."""

import re
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path

import anyio.to_thread

from storage import documents as rows
from storage import source_files
from storage.database import Connection
from storage.documents import ChunkRow, DocumentRow
from storage.errors import NotFound as NoSuchRow
from tools.errors import Refused
from tools.rag.chunking import page_of
from tools.rag.documents import Documents
from tools.rag.models import Location, SourceState, Verified, VerifyArguments
from tools.rag.rendering import cited
from tools.retrieval.budget import shortened
from tools.services import Caller

Found = tuple[DocumentRow, list[ChunkRow], ChunkRow | None]  # the document, all its chunks, the one that was cited


async def verify(documents: Documents, caller: Caller, asked: VerifyArguments) -> Verified:
    """Look the citation up; and the quote, if there is one, first in the passage, then in the whole document."""
    named = cited(asked.citation)
    if named is None:
        raise Refused("citation: pass it as rag_search gave it, with the id in brackets at its end.")
    found = await documents.db.read(lambda db: _look_up(db, caller.tenant, *named))
    if found is None:
        return Verified(status="gone", source="unchecked")
    return await anyio.to_thread.run_sync(_compared, asked.quote, documents.policy.max_tokens, *found)


def _compared(
    quote: str | None, most: int, row: DocumentRow, chunks: list[ChunkRow], chunk: ChunkRow | None
) -> Verified:
    source: SourceState = source_files.state(Path(row.source), row.file) if row.file else "unchecked"
    if chunk is None or (quote and _stands(quote, chunk.text) is None):
        return _elsewhere(quote, row, chunks, source)
    return Verified(
        status="current", source=source, document_id=row.document_id, title=row.title,
        location=Location(page=chunk.page, section=chunk.section, start=chunk.start, end=chunk.stop),
        passage=shortened(chunk.text.strip(), most),
    )  # fmt: skip


def _look_up(db: Connection, tenant: str, document_id: str, chunk_id: str) -> Found | None:
    if (chunk := rows.fetch_chunk(db, tenant, chunk_id)) is not None:
        row = rows.fetch_rows(db, tenant, [chunk.document_row])[chunk.document_row]
        return row, rows.chunks_of(db, tenant, chunk.document_row), chunk
    try:
        row = rows.fetch_anywhere(db, tenant, document_id)
    except NoSuchRow:
        return None
    return row, rows.chunks_of(db, tenant, row.document_row), None


def _elsewhere(
    quote: str | None, row: DocumentRow, chunks: list[ChunkRow], source: source_files.State | str
) -> Verified:
    """The quote in another place of the document, if it is anywhere."""
    text = rows.text_of(chunks)
    place = _stands(quote, text) if quote else None
    if place is None:
        return Verified(status="changed", source=source, document_id=row.document_id, title=row.title)
    start, end = place
    within = next((chunk.section for chunk in chunks if chunk.start <= start < chunk.stop), [])
    return Verified(
        status="moved", source=source, document_id=row.document_id, title=row.title,
        location=Location(page=page_of(start, row.pages), section=within, start=start, end=end),
        passage=text[start:end],
    )  # fmt: skip


def _stands(quote: str, text: str) -> tuple[int, int] | None:
    """Where the quote stands, whatever its capitals and the blanks between its words."""
    places = [found.span() for found in re.finditer(r"\S+", text)]
    words = [text[start:stop].lower() for start, stop in places]
    begins = [0, *accumulate(len(word) + 1 for word in words)]
    at = " ".join(words).find(" ".join(quote.lower().split()))
    if at < 0 or not quote.strip():
        return None
    first, last = bisect_right(begins, at) - 1, bisect_right(begins, at + len(" ".join(quote.split())) - 1) - 1
    return places[first][0], places[last][1]
