"""From a proposal to its rows: the gate, the engine's dry run, the run."""

from collections.abc import Iterable
from difflib import get_close_matches

import anyio.to_thread

from storage.sources.engine import EngineFailed
from storage.sources.schema import Schema
from storage.tracing import span
from tools.retrieval.rendering import fenced
from tools.text2sql.asking import Asking, Outcome, Proposal
from tools.text2sql.failures import MENDABLE, explained
from tools.text2sql.gate.approval import Statement, approve
from tools.text2sql.gate.rejected import Rejected
from tools.text2sql.rules.constraining import Constrained, constrained
from tools.text2sql.text_table import spelled

DEAR = 50_000_000
"""From so many rows to touch on, by the engine's own estimate, an answer warns of its cost."""
NEAREST = 3


class NotRun(Exception):
    """The gate or the engine would not have the statement: ``rule`` names what it broke, the text what would do.
    ``by_engine``: the text is the engine's, which may quote rows."""

    def __init__(self, rule: str, message: str, *, by_engine: bool = False) -> None:
        super().__init__(message)
        self.rule = rule
        self.by_engine = by_engine

    def shown(self) -> str:
        """The rule and the text for a model to read, in which an engine's stands between marks."""
        text = spelled(str(self))
        return f"{self.rule}:\n{fenced('engine', [text])}" if self.by_engine else f"{self.rule}: {text}"


async def execute(asking: Asking, proposal: Proposal) -> Outcome:
    """The statement and, unless only the SQL is wanted, its rows. Raises NotRun, and AgentError where no other
    statement would fare better."""
    limits = asking.limits
    with span("sql.approve"):
        ruled, statement = await anyio.to_thread.run_sync(_approved, asking, proposal.sql)
    fetched = None
    try:
        cost = await asking.target.plan(statement.sql, limits)
        if asking.asked.execute:
            fetched = await asking.target.run(statement.sql, limits, reads_masked=statement.reads_masked)
    except EngineFailed as error:
        if error.failure not in MENDABLE:
            raise explained(asking.shared.name, error, limits.seconds) from error
        said = _hinted(error, asking.catalog.schema) + _by_rule(ruled)
        raise NotRun(error.failure, said, by_engine=True) from error
    warnings = [f"The engine expects to touch about {cost:,.0f} rows."] if cost is not None and cost > DEAR else []
    notes = [f"By rule: {text}" for text in ruled.notes]
    notes += [f"This rule could not be applied: {text}" for text in ruled.unmet]
    return Outcome(proposal, ruled.sql, statement, fetched, (*proposal.notes, *notes, *statement.notes, *warnings))


def _approved(asking: Asking, sql: str) -> tuple[Constrained, Statement]:
    """The SQL with the conditions that constraints add to every use of their tables, and the statement that the gate
    makes of that; long SQL takes its parser a while. Raises NotRun."""
    schema, functions = asking.catalog.schema, asking.target.source.functions
    ruled = constrained(sql, schema.dialect, asking.rules, schema)
    try:
        return ruled, approve(ruled.sql, schema, functions=functions, max_rows=asking.limits.max_rows)
    except Rejected as error:
        raise NotRun(error.rule, error.message) from error


def _by_rule(ruled: Constrained) -> str:
    """The rules that changed the statement: one of them may be what the engine does not take."""
    if not ruled.notes:
        return ""
    return f" Added by rules, which text2sql_rules can remove: {'; '.join(ruled.notes)}."


def _hinted(error: EngineFailed, schema: Schema) -> str:
    """What the engine said, and the names that are nearest to one it does not know."""
    said = f"{error.detail.rstrip('.')}."
    match error.failure:
        case "unknown_column":
            names: Iterable[str] = {column.name for table in schema.tables for column in table.columns}
        case "unknown_table":
            names = {table.name for table in schema.tables}
        case _:
            return said
    near = get_close_matches(error.name.rpartition(".")[2], list(names), NEAREST, 0.5)
    return f"{said} Nearest: {', '.join(near)}." if near else said
