"""Who may answer a question: a learned pattern, the built-in generator, a model. Each only proposes SQL."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import anyio.to_thread

from storage.sql_patterns import Provider
from tools.text2sql import learning, rules
from tools.text2sql.asking import Asking, Proposal
from tools.text2sql.context import context
from tools.text2sql.generator.drafting import Draft, Unclear, Unsure, draft
from tools.text2sql.generator.linking import links
from tools.text2sql.templates import canonical, fit, similar
from tools.text2sql.writer import Writer, in_turn, prompt_for, sql_of

ATTEMPTS = 2
"""A model gets one chance to repair what it wrote."""
LEARNED_CONFIDENCE = 0.97
MODEL_CONFIDENCE = 0.6
"""Nothing has checked how a model read the question; that it runs is all that is known."""


@dataclass(slots=True)
class Attempt:
    """How far a question got: what the generator made of it, and why proposals were not run."""

    made: Draft | Unclear | Unsure | None = None
    errors: list[str] = field(default_factory=list[str])


async def proposals(asking: Asking, attempt: Attempt) -> AsyncGenerator[Proposal]:
    """The proposals, the surest first. Whoever takes them adds to the attempt's errors why one did not run; none comes
    after the generator found two readings, which only the asker can settle."""
    if proposal := await anyio.to_thread.run_sync(_learned, asking):
        yield proposal
    attempt.made = await _drafted(asking)
    if isinstance(attempt.made, Unclear):
        return
    if isinstance(attempt.made, Draft) and (
        proposal := await anyio.to_thread.run_sync(_built_in, asking, attempt.made)
    ):
        yield proposal
    for writer in in_turn(asking.databases.writer, asking.caller.model):
        for _ in range(ATTEMPTS):
            if (proposal := await _written(asking, writer, attempt)) is None:
                break
            yield proposal


def context_of(asking: Asking) -> str:
    """What the question can be answered from."""
    found = links(asking.asked.question, asking.catalog)
    examples = [(each.question, each.sql) for each in similar(asking.asked.question, asking.known.examples)]
    return context(
        asking.catalog,
        asking.databases.policy.max_tokens,
        linked=found.tables,
        hits=found.lines(),
        examples=examples,
    )


def _learned(asking: Asking) -> Proposal | None:
    """A verified query for the same question, with its values put in."""
    today = asking.databases.today()
    for pattern in asking.known.verified:
        fitted = fit(asking.asked.question, pattern, asking.catalog, today)
        if fitted and not _is_rejected(asking, fitted.sql):
            note = fitted.reading_note
            return Proposal(sql=fitted.sql, provider="pattern", reading=note, confidence=LEARNED_CONFIDENCE)
    return None


async def _drafted(asking: Asking) -> Draft | Unclear | Unsure:
    """What the generator makes of the question, by itself or as one that leans on the session's last."""
    previous = asking.databases.recent.get(asking.conversation)
    made = await anyio.to_thread.run_sync(_draft, asking, asking.asked.question, previous)
    if previous is not None or isinstance(made, Draft):
        return made
    databases, tenant = asking.databases, asking.caller.tenant
    last = await learning.last_question(databases.db, tenant, asking.session_id, asking.shared.name)
    return made if last is None else await anyio.to_thread.run_sync(_redraft, asking, last.question, made)


def _redraft(asking: Asking, last: str, made: Unclear | Unsure) -> Draft | Unclear | Unsure:
    """The question as one that leans on the session's last, as that was kept."""
    previous = _draft(asking, last, None)
    return _draft(asking, asking.asked.question, previous) if isinstance(previous, Draft) else made


def _draft(asking: Asking, question: str, previous: Draft | None) -> Draft | Unclear | Unsure:
    return draft(question, asking.catalog, asking.databases.today(), previous)


def _built_in(asking: Asking, made: Draft) -> Proposal | None:
    """The generator's, unless somebody said of this very question that it is wrong."""
    proposal = Proposal(
        sql=made.sql, provider="built_in", reading=made.reading, confidence=made.confidence, draft=made,
        notes=tuple(f"Nobody applied this rule: {rule.text}" for rule in rules.free(asking.rules)),
    )  # fmt: skip
    return None if _is_rejected(asking, made.sql) else proposal


def _is_rejected(asking: Asking, sql: str) -> bool:
    """Whether somebody said of this very question that the query is wrong."""
    return canonical(sql, asking.catalog.schema.dialect) in asking.known.rejected


async def _written(asking: Asking, writer: Writer, attempt: Attempt) -> Proposal | None:
    about = await anyio.to_thread.run_sync(context_of, asking)
    prompt = prompt_for(asking.asked.question, about, rules.shown(asking.rules), attempt.errors)
    sql = sql_of(await writer.write(prompt))
    if sql is None:
        return None
    reading = "as a model read it: check the SQL"
    provider: Provider = "client_model" if writer is asking.caller.model else "api_model"
    return Proposal(sql=sql, provider=provider, reading=reading, confidence=MODEL_CONFIDENCE)
