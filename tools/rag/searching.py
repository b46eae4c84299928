"""rag_search: the passages that answer a question, each with where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import anyio.to_thread

from storage.analysis import query_words
from storage.database import Connection
from storage.documents import rows
from storage.documents.chunk_filter import ChunkFilter
from storage.documents.chunk_search import Candidate, FoundChunks
from storage.documents.rows import ChunkRow, DocumentRow
from storage.embedding.embedder import Calibration, EmbeddingFailed
from storage.tracing import span
from tools.rag.chunking.chunks import page_of
from tools.rag.documents import Documents, Reranker
from tools.rag.filters import parsed
from tools.rag.models import Found, Location, Passage, SearchArguments
from tools.rag.ranking import Ranked, ranked, varied
from tools.rag.rendering import citation
from tools.retrieval.budget import as_json, fitting, tokens
from tools.retrieval.excerpt import excerpt, shares, telling
from tools.retrieval.rendering import hidden
from tools.services import Caller

POOL = 20  # so many of the best are read again by a reranker
AROUND = 8  # tokens of a passage's score and marks
FRAME = 24  # tokens of the marks and notes around all of them
METADATA_SHARE = 4  # all metadata together takes at most a quarter of the budget
CUT_METADATA = "Metadata that did not fit max_tokens is left out."


@dataclass(frozen=True, slots=True)
class Pool:
    """The best candidates with their rows."""

    ranking: list[Ranked]
    chunks: dict[int, ChunkRow]
    documents: dict[int, DocumentRow]
    scale: Calibration | None
    has_documents: bool


async def search(documents: Documents, caller: Caller, asked: SearchArguments) -> Found:
    """The passages that answer, best first, within the token budget. Raises Refused for a filter that is none."""
    wanted = ChunkFilter(asked.collection, parsed(asked.filter))
    pool = await documents.db.read(lambda db: _pool(db, documents, caller.tenant, wanted, asked))
    return await anyio.to_thread.run_sync(_answer, documents, asked, pool)  # long passages take milliseconds to cut


def _answer(documents: Documents, asked: SearchArguments, pool: Pool) -> Found:
    ranking, rerank_note = pool.ranking, ""
    if asked.rerank == "auto" and ranking:
        ranking, rerank_note = _reranked(documents.reranker(), asked.query, pool)
    words = frozenset(query_words(asked.query))
    passages = [_passage(one, pool, words) for one in varied(ranking, asked.k)]
    shown, is_cut = _within(passages, words, asked.max_tokens or documents.policy.max_tokens)
    mode: Literal["hybrid", "keyword"] = "hybrid" if pool.scale else "keyword"
    notes = [_note(asked, documents, mode), rerank_note, CUT_METADATA if is_cut else ""]
    if not passages and not pool.has_documents:
        notes = [f"Collection {asked.collection!r} holds no documents. List the documents to see which there are."]
    return Found(
        results=shown,
        count=len(shown),
        mode=mode,
        omitted=len(passages) - len(shown),
        note=" ".join(filter(None, notes)),
    )


def _within(passages: Sequence[Passage], words: frozenset[str], budget: int) -> tuple[list[Passage], bool]:
    """The passages that the budget has room for, cut to what answers; and whether metadata had to be left out."""
    most = budget // METADATA_SHARE // max(1, len(passages))
    metadata = [fitting(one.metadata, most, tokens) for one in passages]
    beside = [
        AROUND + tokens(one.citation) + (tokens(as_json(kept)) if kept else 0)
        for one, kept in zip(passages, metadata, strict=True)
    ]
    allowed = shares([tokens(one.text) for one in passages], beside, budget - FRAME)
    shown: list[Passage] = []
    for one, kept, room in zip(passages, metadata, allowed, strict=False):
        text = excerpt(one.text, words, room)
        shown.append(one.model_copy(update={"text": text, "truncated": text != one.text, "metadata": kept}))
    return shown, any(one.metadata.keys() != kept.keys() for one, kept in zip(passages, metadata, strict=True))


def _pool(db: Connection, documents: Documents, tenant: str, wanted: ChunkFilter, asked: SearchArguments) -> Pool:
    with span("chunk.search", limit=asked.k) as searched:
        found = documents.search.find(db, tenant, wanted, asked.query, documents.embedders(), asked.k)
        searched.set_attribute("satchel.candidates", len(found.candidates))
    scale = found.embedder.calibration if found.embedder else None
    ranking = ranked(_near(found, scale, asked.threshold), scale)[: max(POOL, 5 * asked.k)]
    chunks = rows.fetch_chunks(db, tenant, [one.candidate.row_id for one in ranking])
    documents_of = rows.fetch_rows(db, tenant, {one.candidate.document_row for one in ranking})
    has_documents = bool(ranking) or bool(rows.newest(db, tenant, asked.collection, 1))
    return Pool(ranking, chunks, documents_of, scale, has_documents)


def _near(found: FoundChunks, scale: Calibration | None, threshold: float | None) -> Sequence[Candidate]:
    if threshold is None or scale is None:
        return found.candidates
    return [one for one in found.candidates if scale.similarity(one.cosine or 0.0) >= threshold]


def _reranked(reranker: Reranker | None, query: str, pool: Pool) -> tuple[list[Ranked], str]:
    """The ranking as the reranker sees its first part; as it was where there is none."""
    if reranker is None:
        return pool.ranking, ""
    first, rest = pool.ranking[:POOL], pool.ranking[POOL:]
    try:
        scores = reranker.scores(query, [pool.chunks[one.candidate.row_id].text for one in first])
    except EmbeddingFailed:
        return pool.ranking, "The reranker failed; the order is that of the search."
    judged = sorted(
        (replace(one, score=score) for one, score in zip(first, scores, strict=True)), key=lambda one: -one.score
    )
    lowest = judged[-1].score
    return judged + [replace(one, score=min(one.score, lowest)) for one in rest], ""


def _passage(one: Ranked, pool: Pool, words: frozenset[str]) -> Passage:
    """The whole passage with all there is to say of it."""
    chunk = pool.chunks[one.candidate.row_id]
    document = pool.documents[chunk.document_row]
    page = page_of(chunk.start + telling(chunk.text, words), document.pages) if document.pages else None
    location = Location(page=page, section=chunk.section, start=chunk.start, end=chunk.stop)
    cosine = one.candidate.cosine
    similarity = None if pool.scale is None or cosine is None else round(min(1.0, pool.scale.similarity(cosine)), 3)
    return Passage(
        chunk_id=chunk.chunk_id,
        document_id=document.document_id,
        title=document.title,
        source=document.source,
        text=chunk.text.strip(),
        score=round(min(1.0, one.score), 3),
        similarity=similarity,
        location=location,
        metadata=document.metadata,
        citation=citation(document.title, location, document.document_id, chunk.chunk_id),
        flags=["hidden_text"] if hidden(chunk.text) else [],
    )


def _note(asked: SearchArguments, documents: Documents, mode: str) -> str:
    if mode == "keyword" and asked.threshold is not None:
        return "threshold was not applied: no embedding model answered."
    if mode == "keyword" and documents.embedders():
        return "Only words were compared: the embedding model knows none of the query's."
    return ""
