"""text2sql: from a question to rows, by whoever is sure first, and otherwise to what the agent needs to write the SQL.

A learned pattern comes before the built-in generator, that before a model behind an API, and that before the client's
own. Whoever wrote it, a statement passes the gate, is planned by the engine, and only then runs.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import anyio.to_thread

from storage import sql_charts
from storage.errors import StorageError
from storage.sources.fetched import Fetched
from tools.services import Caller
from tools.text2sql.asking import Asking, Outcome, Proposal, asking_of
from tools.text2sql.charting.charts import Chart, ChartKind, preference, shape, suggest
from tools.text2sql.databases import Databases
from tools.text2sql.executing import NotRun, execute
from tools.text2sql.generator.drafting import Draft, Unclear, Unsure
from tools.text2sql.models import Answer, AskArguments, ReadingPart
from tools.text2sql.presenting import answered, refused, unclear, wanted
from tools.text2sql.proposing import Attempt, context_of, proposals
from tools.text2sql.remembering import remembered
from tools.text2sql.rules import rules

logger = logging.getLogger("satchel.text2sql")

SURE = 1.0
KINDS: dict[str | None, ChartKind] = {each: each for each in get_args(ChartKind)}
"""By the names under which they are kept."""


async def ask(databases: Databases, caller: Caller, asked: AskArguments) -> Answer:
    """Rows, or what is missing to get them. Raises AgentError where the database cannot be asked at all."""
    asking = await asking_of(databases, caller, asked)
    return await (_generated(asking) if asked.sql is None else _given(asking, asked.sql))


async def _given(asking: Asking, sql: str) -> Answer:
    """The agent's own SQL, which answers for how it reads the question."""
    proposal = Proposal(sql=sql, provider="agent", reading="as your SQL says", confidence=SURE)
    try:
        return await _settled(asking, await execute(asking, proposal))
    except NotRun as error:
        return refused(asking, f"{error.rule}: {error}", error.shown(), sql)


async def _generated(asking: Asking) -> Answer:
    attempt = Attempt()
    async for proposal in proposals(asking, attempt):
        try:
            return await _settled(asking, await execute(asking, proposal))
        except NotRun as error:
            attempt.errors.append(f"{proposal.provider}, {error.rule}: {error}")
    if isinstance(attempt.made, Unclear):
        return unclear(asking, [ReadingPart(reading=each) for each in attempt.made.readings])
    context = await anyio.to_thread.run_sync(context_of, asking)
    return wanted(asking, context, list(_doubts(attempt)))


def _doubts(attempt: Attempt) -> Iterator[str]:
    """Why nobody here wrote the SQL."""
    if isinstance(attempt.made, Unsure) and attempt.made.unexplained:
        said = ", ".join(attempt.made.unexplained)
        yield f"Not understood: {said}" if said.endswith("?") else f"Not understood: {said}."
    if isinstance(attempt.made, Draft) and not attempt.errors:
        yield "What the server would have answered was rejected before."
    yield from attempt.errors


async def _settled(asking: Asking, outcome: Outcome) -> Answer:
    """What ran is kept as a pattern and as what the next question may lean on; then it is shown."""
    asking.databases.recent.put(asking.conversation, asking.catalog.schema.fingerprint, outcome.proposal.draft)
    if outcome.fetched is None:
        return await answered(asking, outcome, None, None)
    chart = await _chart(asking, outcome.fetched)
    pattern_id = await remembered(asking, outcome)
    broken = await anyio.to_thread.run_sync(rules.violations, outcome.fetched, asking.rules)
    return await answered(asking, replace(outcome, warnings=(*outcome.warnings, *broken)), pattern_id, chart)


async def _chart(asking: Asking, fetched: Fetched) -> Chart | None:
    """The chart that fits, of the kind the session wanted last for such rows; a kind that is named is wanted."""
    db, tenant, session_id = asking.databases.db, asking.caller.tenant, asking.session_id
    kind = await anyio.to_thread.run_sync(shape, fetched)
    named = preference(asking.asked.question)
    preferred = named or KINDS.get(await db.read(lambda c: sql_charts.fetch(c, tenant, session_id, kind)))
    chart = await anyio.to_thread.run_sync(suggest, asking.asked.question, fetched, preferred)
    if named and chart and chart.kind == named:
        try:
            await db.write(lambda c: sql_charts.put(c, tenant, session_id, kind, named, asking.databases.now()))
        except StorageError as error:  # no reason to keep the rows back
            logger.warning("chart.not_kept", extra={"source": asking.shared.name, "reason": repr(error)})
    return chart
