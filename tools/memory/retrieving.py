"""memory_retrieve and memory_summarize: everything that reads memories for an agent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from storage import feedback, graph
from storage import memories as rows
from storage.analysis import query_words, words
from storage.database import Connection
from storage.memories import MemoryFilter, MemoryRow
from storage.search import Found
from storage.tracing import span
from tools.memory.memories import HOUR_MS, Memories, iso
from tools.memory.models import Memory, RetrieveArguments, Retrieved, SummarizeArguments, Summary
from tools.memory.ranking import Value, diverse, judged, ranked
from tools.memory.rendering import memory_line
from tools.retrieval.budget import fit, tokens
from tools.retrieval.rendering import fenced, hidden
from tools.services import Caller

ANSWERS = 0.5  # what scores at least so much of the best was of use, and counts as accessed
STRONG = 3  # so many of the first hits may pull in what shares an entity with them
RELATED_SHARE = 5  # one place in so many is kept for those
DIVERSE_FROM = 3  # times the limit: what "diverse" chooses from

HEADINGS = {
    "user_info": "About the user",
    "preference": "Preferences",
    "rule": "Rules",
    "fact": "Facts",
    "context": "Recent context",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A memory chosen to be shown, its score, and the entity it was pulled in by."""

    row: MemoryRow
    score: float
    related_by: str | None = None


async def retrieve(memories: Memories, caller: Caller, asked: RetrieveArguments) -> Retrieved:
    """The memories that answer, best first, within the token budget."""
    value = memories.value()
    wanted = _filter(asked, value.now)
    if asked.query.strip():
        hits, found = await memories.db.read(lambda db: _answering(db, memories, caller.tenant, asked, wanted, value))
        mode: Literal["hybrid", "keyword", "recent"] = "hybrid" if found.embedder else "keyword"
    else:
        hits = await memories.db.read(lambda db: _important(db, caller.tenant, asked, wanted, value))
        mode = "recent"
    fitted = fit(
        [hit.row.content for hit in hits],
        asked.max_tokens or memories.policy.max_tokens,
        [_beside(hit.row) for hit in hits],
    )
    shown = [
        _memory(hit, text, cut, value, memories.accesses.waiting[hit.row.row_id])
        for hit, (text, cut) in zip(hits, fitted.texts, strict=False)
    ]
    memories.accesses.note(hit.row.row_id for hit in hits[: len(shown)] if hit.score >= ANSWERS * hits[0].score)
    return Retrieved(
        memories=shown,
        count=len(shown),
        mode=mode,
        omitted=fitted.omitted,
        note=_note(asked, mode, memories),
        scope=asked.scope,
    )


async def summarize(memories: Memories, caller: Caller, asked: SummarizeArguments) -> Summary:
    """What matters most of a session, by kind: user info, preferences, rules, facts, recent context."""
    value = memories.value()
    each = asked.max_items_per_type
    chosen = await memories.db.read(lambda db: _by_kind(db, caller.tenant, asked.session_id, value, each))
    fitted = fit([row.content for row in chosen], asked.max_tokens or memories.policy.max_tokens)
    shown = [replace(row, content=text) for row, (text, _) in zip(chosen, fitted.texts, strict=False)]
    text = _summary(shown, value)
    if fitted.omitted:
        text += f"\n{fitted.omitted} more fit max_items_per_type but not max_tokens; raise it to see them."
    return Summary(summary=text, memory_ids=[row.memory_id for row in shown], omitted=fitted.omitted)


def _filter(asked: RetrieveArguments, now: int) -> MemoryFilter:
    window = asked.time_window_hours
    return MemoryFilter(
        now=now,
        session_id=asked.session_id if asked.scope == "session" else None,
        content_type=asked.content_type,
        tags=tuple(asked.tags),
        since=None if window is None else now - int(window * HOUR_MS),
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
    spoken_of = frozenset(words(asked.query))
    verdicts = feedback.verdicts(db, [each.row_id for each in candidates])
    ranking = ranked(
        candidates,
        scale,
        value=value,
        strategy=asked.strategy,
        named=lambda speaker: bool(names := set(words(speaker))) and bool(names & spoken_of),
        feedback=judged([(each.row_id, each.useful, each.query) for each in verdicts], _query_of(asked.query)),
    )
    if asked.strategy == "diverse":
        ranking = _diverse(db, tenant, ranking[: DIVERSE_FROM * asked.limit], asked.limit)
    return _with_related(db, tenant, ranking, asked, wanted), found


def _query_of(query: str) -> frozenset[str]:
    return frozenset(query_words(query))


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
    if asked.strategy == "recent":
        found = rows.most_valuable(db, tenant, wanted, _newest, asked.limit)
    else:
        found = rows.most_valuable(db, tenant, wanted, value, asked.limit)
    return [Hit(row, value(row.importance, row.occurred_at, row.access_count)) for row in found]


def _memory(hit: Hit, text: str, cut: bool, value: Value, just_read: int) -> Memory:
    row = hit.row
    accesses = row.access_count + just_read
    return Memory(
        memory_id=row.memory_id,
        content=text,
        content_type=row.content_type,  # type: ignore[arg-type]
        importance=row.importance,
        effective_importance=round(value(row.importance, row.occurred_at, accesses), 3),
        score=round(min(1.0, hit.score), 3),
        created_at=iso(row.created_at) or "",
        occurred_at=iso(row.occurred_at) or "",
        access_count=accesses,
        tags=row.tags,
        metadata=row.metadata,
        provenance=row.provenance,
        truncated=cut,
        session_id=row.session_id,
        archived=row.state == "archived",
        related_by=hit.related_by,
        flags=["hidden_text"] if hidden(row.content) else [],
    )


def _beside(row: MemoryRow) -> int:
    """What a memory's tags and metadata cost."""
    return sum(tokens(json.dumps(part, ensure_ascii=False)) for part in (row.tags, row.metadata) if part)


def _note(asked: RetrieveArguments, mode: str, memories: Memories) -> str:
    if mode == "keyword" and asked.min_similarity is not None:
        return "min_similarity was not applied: no embedding model answered."
    if mode == "keyword" and memories.embedders():
        return "Found by words only: the embedding model knows none of the query's words."
    return ""


def _by_kind(db: Connection, tenant: str, session_id: str, value: Value, each: int) -> list[MemoryRow]:
    chosen: list[MemoryRow] = []
    for kind in HEADINGS:
        wanted = MemoryFilter(now=value.now, session_id=session_id, content_type=kind)
        rank = value if kind != "context" else _newest
        chosen += rows.most_valuable(db, tenant, wanted, rank, each)
    return chosen


def _newest(importance: float, occurred_at: int, access_count: int) -> float:
    """Ranks by when it happened alone."""
    return float(occurred_at)


def _summary(shown: Sequence[MemoryRow], value: Value) -> str:
    if not shown:
        return "Nothing is remembered in this session yet."
    lines: list[str] = []
    for kind, heading in HEADINGS.items():
        of_kind = [row for row in shown if row.content_type == kind]
        lines += [f"{heading}:"] if of_kind else []
        lines += [memory_line(_memory(Hit(row, _worth(row, value)), row.content, False, value, 0)) for row in of_kind]
    return fenced("memories", lines)


def _worth(row: MemoryRow, value: Value) -> float:
    return value(row.importance, row.occurred_at, row.access_count)
