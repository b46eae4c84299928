"""memory_retrieve: the memories that answer a question, or matter most."""

import json
from collections.abc import Sequence
from typing import Literal

from storage.analysis import query_words, words
from storage.database import Connection
from storage.memories import feedback, graph, rows
from storage.memories.rows import MemoryFilter, MemoryRow
from storage.memories.search import Found
from storage.tracing import span
from tools.memory.hits import Hit, shown
from tools.memory.memories import Memories
from tools.memory.models import RetrieveArguments, Retrieved
from tools.memory.ranking import Value, diverse, judged, newest, ranked
from tools.retrieval.budget import fit, tokens
from tools.services import Caller
from tools.times import hours_before

ANSWERS = 0.5  # what scores at least so much of the best was of use, and counts as accessed
STRONG = 3  # so many of the first hits may pull in what shares an entity with them
RELATED_SHARE = 5  # one place in so many is kept for those
DIVERSE_FROM = 3  # times the limit: what "diverse" chooses from

Mode = Literal["hybrid", "keyword", "recent"]


async def retrieve(memories: Memories, caller: Caller, asked: RetrieveArguments) -> Retrieved:
    """The memories that answer, best first, within the token budget."""
    value = memories.value()
    hits, mode = await memories.db.read(lambda db: _hits(db, memories, caller.tenant, asked, value))
    fitted = fit(
        [hit.row.content for hit in hits],
        asked.max_tokens or memories.policy.max_tokens,
        [_beside(hit.row) for hit in hits],
    )
    found = [
        shown(hit, text, value, is_cut=is_cut, just_read=memories.accesses.waiting[hit.row.row_id])
        for hit, (text, is_cut) in zip(hits, fitted.texts, strict=False)
    ]
    memories.accesses.note(hit.row.row_id for hit in hits[: len(found)] if hit.score >= ANSWERS * hits[0].score)
    return Retrieved(
        memories=found,
        count=len(found),
        mode=mode,
        omitted=fitted.omitted,
        note=_note(asked, mode, memories),
        scope=asked.scope,
    )


def _hits(
    db: Connection, memories: Memories, tenant: str, asked: RetrieveArguments, value: Value
) -> tuple[list[Hit], Mode]:
    wanted = _filter(asked, value.now)
    if not asked.query.strip():
        return _important(db, tenant, asked, wanted, value), "recent"
    hits, found = _answering(db, memories, tenant, asked, wanted, value)
    return hits, "hybrid" if found.embedder else "keyword"


def _filter(asked: RetrieveArguments, now: int) -> MemoryFilter:
    window = asked.time_window_hours
    return MemoryFilter(
        now=now,
        session_id=asked.session_id if asked.scope == "session" else None,
        content_type=asked.content_type,
        tags=tuple(asked.tags),
        since=None if window is None else hours_before(now, window),
        min_importance=asked.min_importance,
        include_archived=asked.include_archived,
    )


def _answering(
    db: Connection, memories: Memories, tenant: str, asked: RetrieveArguments, wanted: MemoryFilter, value: Value
) -> tuple[list[Hit], Found]:
    with span("memory.search", limit=asked.limit) as searched:
        found = memories.search.find(db, tenant, wanted, asked.query, memories.embedders(), asked.limit)
        searched.set_attribute("satchel.candidates", len(found.candidates))
    candidates = found.candidates
    scale = found.embedder.calibration if found.embedder else None
    if asked.min_similarity is not None and scale:
        candidates = [each for each in candidates if (each.cosine or 0.0) >= asked.min_similarity]
    spoken_of, query = frozenset(words(asked.query)), frozenset(query_words(asked.query))
    verdicts = feedback.verdicts(db, [each.row_id for each in candidates])
    ranking = ranked(
        candidates,
        scale,
        value=value,
        strategy=asked.strategy,
        named=lambda speaker: bool(names := set(words(speaker))) and bool(names & spoken_of),
        feedback=judged([(each.row_id, each.useful, each.query) for each in verdicts], query),
    )
    if asked.strategy == "diverse":
        ranking = _diverse(db, tenant, ranking[: DIVERSE_FROM * asked.limit], asked.limit)
    return _with_related(db, tenant, ranking, asked, wanted), found


def _diverse(db: Connection, tenant: str, ranking: Sequence[tuple[int, float]], limit: int) -> list[tuple[int, float]]:
    texts = rows.fetch_rows(db, tenant, [row_id for row_id, _ in ranking])
    return diverse(ranking, {row_id: frozenset(words(row.content)) for row_id, row in texts.items()}, limit)


def _with_related(
    db: Connection,
    tenant: str,
    ranking: Sequence[tuple[int, float]],
    asked: RetrieveArguments,
    wanted: MemoryFilter,
) -> list[Hit]:
    """The first hits, and in the last places what shares an entity with the strongest of them."""
    direct = [row_id for row_id, _ in ranking[: asked.limit]]
    is_strict = wanted.is_narrow or asked.min_similarity is not None
    related = [] if is_strict else _related(db, tenant, direct, asked.limit, wanted)
    kept = ranking[: asked.limit - len(related)]
    found = rows.fetch_rows(db, tenant, [row_id for row_id, _ in kept] + [row_id for row_id, _ in related])
    weakest = kept[-1][1] if kept else 0.0
    hits = [Hit(found[row_id], score) for row_id, score in kept]
    return hits + [Hit(found[row_id], weakest, entity) for row_id, entity in related]


def _related(
    db: Connection, tenant: str, direct: Sequence[int], limit: int, wanted: MemoryFilter
) -> list[tuple[int, str]]:
    places = limit // RELATED_SHARE
    if not direct or not places:
        return []
    found = graph.linked(db, tenant, wanted.session_id, direct[:STRONG], wanted.now, places * 4)
    fresh = {row_id: entity for row_id, entity in found if row_id not in direct}
    return list(fresh.items())[: max(places, limit - len(direct))]


def _important(db: Connection, tenant: str, asked: RetrieveArguments, wanted: MemoryFilter, value: Value) -> list[Hit]:
    rank = newest if asked.strategy == "recent" else value
    return [Hit(row, value.of(row)) for row in rows.most_valuable(db, tenant, wanted, rank, asked.limit)]


def _beside(row: MemoryRow) -> int:
    """What a memory's tags and metadata cost."""
    return sum(tokens(json.dumps(part, ensure_ascii=False)) for part in (row.tags, row.metadata) if part)


def _note(asked: RetrieveArguments, mode: Mode, memories: Memories) -> str:
    if mode == "keyword" and asked.min_similarity is not None:
        return "min_similarity was not applied: no embedding model answered."
    if mode == "keyword" and memories.embedders():
        return "Found by words only: the embedding model knows none of the query's words."
    return ""
