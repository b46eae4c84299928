"""Who may answer a question: a learned pattern, the built-in generator, a model. Each only proposes SQL."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

import anyio.to_thread

from storage.tracing import span
from tools.retrieval.budget import SHARE, tokens
from tools.text2sql import learning
from tools.text2sql.asking import Asking, Proposal
from tools.text2sql.charting.wording import without_wish
from tools.text2sql.context import context
from tools.text2sql.gate.approval import approve
from tools.text2sql.gate.rejected import Rejected
from tools.text2sql.generator.drafting import Draft, Unclear, Unsure, draft
from tools.text2sql.generator.linking import links
from tools.text2sql.rules import rules
from tools.text2sql.rules.terms import unknown_terms, with_terms
from tools.text2sql.templating.templates import canonical, fit, similar
from tools.text2sql.writer import Writer, in_turn, prompt_for, sql_of

ATTEMPTS = 2
"""A model gets one chance to repair what it wrote."""
EXAMPLES = 3
MOST_EXAMPLES = 10
"""That are tried, so that the gate has to read no more."""
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
    with span("sql.draft"):
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
    rules_cost = sum(map(tokens, rules.within(asking.rules, asking.databases.policy.max_tokens // SHARE)))
    return context(
        asking.catalog,
        asking.databases.policy.max_tokens - rules_cost,
        linked=found.tables,
        places={place for phrase in found.phrases for place in phrase.columns},
        hits=found.lines(),
        examples=list(islice(_examples(asking), EXAMPLES)),
    )


def _examples(asking: Asking) -> Iterator[tuple[str, str]]:
    """Similar questions and their queries, as far as the gate still lets those through: a column may have been hidden
    or masked since, and a query holds what was looked for in it."""
    schema, functions = asking.catalog.schema, asking.target.source.functions
    for each in similar(asking.asked.question, asking.learned.examples, MOST_EXAMPLES):
        with suppress(Rejected):
            approve(each.sql, schema, functions=functions)
            yield each.question, each.sql


def _learned(asking: Asking) -> Proposal | None:
    """A verified query for the same question, with its values put in."""
    today = asking.databases.today()
    for pattern in asking.learned.verified:
        fitted = fit(asking.asked.question, pattern, asking.catalog, today)
        if fitted and not _is_rejected(asking, fitted.sql):
            return Proposal(sql=fitted.sql, provider="pattern", reading=fitted.reading, confidence=LEARNED_CONFIDENCE)
    return None


async def _drafted(asking: Asking) -> Draft | Unclear | Unsure:
    """What the generator makes of the question, by itself or as one that leans on the session's last."""
    previous = asking.databases.recent.get(asking.conversation, asking.catalog.schema.fingerprint)
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
    """What is made of the question, or of what it asks beside a chart."""
    made, asked = _understood(asking, question, previous), without_wish(question)
    if isinstance(made, Draft) or asked == question:
        return made
    return _understood(asking, asked, previous) if asked else previous or made


def _understood(asking: Asking, question: str, previous: Draft | None) -> Draft | Unclear | Unsure:
    terms = tuple(rules.terms(asking.rules))
    if unknown := unknown_terms(question, asking.catalog, terms):
        return Unsure(tuple(unknown))
    return draft(question, with_terms(asking.catalog, terms), asking.databases.today(), previous)


def _built_in(asking: Asking, made: Draft) -> Proposal | None:
    """The generator's, unless somebody said of this very question that it is wrong."""
    proposal = Proposal(
        sql=made.sql, provider="built_in", reading=made.reading, confidence=made.confidence, draft=made,
        notes=tuple(f"Nobody applied this rule: {rule.text}" for rule in rules.free(asking.rules)),
    )  # fmt: skip
    return None if _is_rejected(asking, made.sql) else proposal


def _is_rejected(asking: Asking, sql: str) -> bool:
    """Whether somebody said of this very question that the query is wrong."""
    return canonical(sql, asking.catalog.schema.dialect) in asking.learned.rejected


async def _written(asking: Asking, writer: Writer, attempt: Attempt) -> Proposal | None:
    about = await anyio.to_thread.run_sync(context_of, asking)
    prompt = prompt_for(asking.asked.question, about, rules.shown(asking.rules), attempt.errors)
    with span("sql.write", provider=writer.name):
        sql = sql_of(await writer.write(prompt))
    if sql is None:
        return None
    reading = "as a model read it: check the SQL"
    return Proposal(sql=sql, provider=writer.name, reading=reading, confidence=MODEL_CONFIDENCE)
