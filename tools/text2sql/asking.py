"""One question on its way: who asks what of which database, and what is known there."""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.sources.engine import Limits
from storage.sources.fetched import Fetched
from storage.sources.target import Target
from storage.sql_patterns import Provider
from storage.sql_rules import RuleRow
from tools.fields import DEFAULT_SESSION
from tools.services import Caller
from tools.text2sql.catalog import Catalog
from tools.text2sql.databases import Conversation, Databases
from tools.text2sql.gate.approval import Statement
from tools.text2sql.generator.drafting import Draft
from tools.text2sql.learning import Learned, patterns_for
from tools.text2sql.models import AskArguments
from tools.text2sql.policy import SharedSource
from tools.text2sql.rules.keeping import held


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question with the database, the rules that hold and what was learned there."""

    databases: Databases
    caller: Caller
    asked: AskArguments
    shared: SharedSource
    catalog: Catalog
    rules: Sequence[RuleRow]
    learned: Learned

    @property
    def target(self) -> Target:
        return self.databases.catalogs.target(self.shared)

    @property
    def session_id(self) -> str:
        return self.asked.session_id or DEFAULT_SESSION

    @property
    def conversation(self) -> Conversation:
        return self.caller.tenant, self.session_id, self.shared.name

    @property
    def limits(self) -> Limits:
        source = self.target.source
        return Limits(max_rows=min(self.asked.max_rows, source.max_rows), seconds=source.timeout_seconds)


async def asking_of(databases: Databases, caller: Caller, asked: AskArguments) -> Asking:
    """The question with all that is known of its database. Raises AgentError where that cannot be asked at all."""
    shared = databases.catalogs.pick(caller.tenant, asked.data_source)
    catalog = await databases.catalogs.catalog(shared)
    learned = await patterns_for(databases.db, caller.tenant, shared.name, asked.question, catalog)
    rules = await held(databases.db, caller.tenant, shared.name)
    return Asking(
        databases=databases, caller=caller, asked=asked, shared=shared, catalog=catalog, rules=rules, learned=learned
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """SQL that might answer, from whom, how it reads the question, and how sure that is from 0 to 1."""

    sql: str
    provider: Provider
    reading: str
    confidence: float
    draft: Draft | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a proposal: its SQL as the rules want it, the statement that the gate made of that, and its rows if
    it was run."""

    proposal: Proposal
    sql: str
    statement: Statement
    fetched: Fetched | None
    warnings: tuple[str, ...] = ()
