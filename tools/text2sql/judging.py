"""text2sql_feedback: what an agent or a person says of an answer."""

from storage.sql_patterns import PatternRow
from tools.errors import Refused
from tools.services import Caller
from tools.text2sql import learning
from tools.text2sql.asking import Asking, Outcome, Proposal, asking_of
from tools.text2sql.databases import Databases
from tools.text2sql.executing import NotRun, execute
from tools.text2sql.models import AskArguments, FeedbackArguments, Rated
from tools.text2sql.remembering import run_of


async def rate(databases: Databases, caller: Caller, asked: FeedbackArguments) -> Rated:
    """Judge an answer; a correction is run before it is believed. Raises NotFound, Refused, and what a query raises."""
    db, tenant, now = databases.db, caller.tenant, databases.now()
    if asked.corrected_sql is None:
        row = await learning.rate(db, tenant, asked.pattern_id, asked.rating, now)
        return Rated.model_validate({"pattern_id": row.pattern_id, "state": row.state})
    old = await learning.fetch_pattern(db, tenant, asked.pattern_id)
    asking, outcome = await _corrected(databases, caller, old, asked.corrected_sql)
    run = run_of(asking, outcome)
    new = await learning.correct(db, tenant, old.pattern_id, run, asking.catalog, asked.rating, now)
    judged = await learning.fetch_pattern(db, tenant, old.pattern_id)
    return Rated.model_validate({"pattern_id": old.pattern_id, "state": judged.state, "corrected_id": new.pattern_id})


async def _corrected(databases: Databases, caller: Caller, old: PatternRow, sql: str) -> tuple[Asking, Outcome]:
    question = AskArguments.model_validate(
        {"question": old.question, "data_source": old.source, "session_id": old.session_id or None}
    )
    asking = await asking_of(databases, caller, question)
    proposal = Proposal(sql=sql, provider="agent", reading="as corrected", confidence=1.0)
    try:
        return asking, await execute(asking, proposal)
    except NotRun as error:
        raise Refused(f"corrected_sql was not taken. {error.shown()}") from error
