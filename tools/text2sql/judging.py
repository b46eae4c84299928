"""text2sql_feedback and text2sql_rules: what an agent or a person says of answers, and of how to read questions."""

from storage.sql_patterns import PatternRow
from storage.sql_rules import RuleRow
from tools.errors import Refused
from tools.services import Caller
from tools.text2sql import learning
from tools.text2sql import rules as forms
from tools.text2sql.asking import Asking, Outcome, Proposal
from tools.text2sql.databases import Databases
from tools.text2sql.executing import NotRun, execute
from tools.text2sql.models import AskArguments, FeedbackArguments, Rated, RulePart, Rules, RulesArguments
from tools.text2sql.running import asking_of, run_of


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


async def rules(databases: Databases, caller: Caller, asked: RulesArguments) -> Rules:
    """List, add or remove. Raises NotFound, Refused."""
    db, tenant = databases.db, caller.tenant
    source = databases.catalogs.pick(tenant, asked.data_source).name if asked.data_source is not None else None
    added = removed = None
    if asked.action == "add":
        added = await _add(databases, caller, asked, source or "")
    elif asked.action == "remove":
        if asked.rule_id is None:
            raise Refused("rule_id: say which rule to remove; action list shows them.")
        removed = await learning.remove_rule(db, tenant, asked.rule_id)
    held = await learning.rules_for(db, tenant, source)
    answer = Rules(
        rules=[_part(row) for row in held],
        added=added.rule_id if added else None,
        removed=removed.rule_id if removed else None,
        note=_note(added),
    )
    return answer.within(databases.policy.max_tokens)


async def _add(databases: Databases, caller: Caller, asked: RulesArguments, source: str) -> RuleRow:
    if asked.kind is None or not asked.text.strip():
        raise Refused("kind and text: both are needed to add a rule.")
    now = databases.now()
    return await learning.add_rule(databases.db, caller.tenant, source, asked.kind, asked.text, caller.key, now)


def _note(added: RuleRow | None) -> str:
    """Whether the server itself follows the rule."""
    if added is None or not forms.free([added]):
        return ""
    return (
        "Only whoever writes SQL can follow this wording. The server follows 'table.column = value', 'word means "
        "table.column = value', 'rows <= 100'."
    )


def _part(row: RuleRow) -> RulePart:
    return RulePart(rule_id=row.rule_id, kind=row.kind, text=row.text, data_source=row.source)
