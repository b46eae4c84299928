"""text2sql_rules: rules are laid down, listed and taken back."""

from storage import sql_rules
from storage.database import Database
from storage.sql_rules import Kind, RuleRow
from tools.errors import Refused
from tools.services import Caller
from tools.text2sql.databases import Databases
from tools.text2sql.models import RulePart, Rules, RulesArguments
from tools.text2sql.rules.rules import free


async def rules(databases: Databases, caller: Caller, asked: RulesArguments) -> Rules:
    """List the rules, having added or removed one if that is asked. Raises NotFound, Refused."""
    db, tenant = databases.db, caller.tenant
    source = databases.catalogs.pick(tenant, asked.data_source).name if asked.data_source is not None else None
    added = removed = None
    if asked.action == "add":
        added = await _added(databases, caller, asked, source or "")
    elif asked.action == "remove":
        removed = await _removed(db, tenant, asked.rule_id)
    kept = await held(db, tenant, source)
    answer = Rules(
        rules=[_part(row) for row in kept],
        added=added.rule_id if added else None,
        removed=removed.rule_id if removed else None,
        note=_note(added),
    )
    return answer.within(databases.policy.max_tokens)


async def held(db: Database, tenant: str, source: str | None) -> list[RuleRow]:
    """The rules that hold for the source, those for all among them; None: every rule of the tenant."""
    return await db.read(lambda c: sql_rules.listed(c, tenant, source))


async def add(db: Database, tenant: str, source: str, kind: Kind, text: str, key: str, now_ms: int) -> RuleRow:
    """Lay down a rule, for all sources if ``source`` is empty; one that is there already stays. Raises Refused."""
    plain = " ".join(text.split())
    if not 0 < len(plain) <= sql_rules.MOST_CHARS:
        raise Refused(f"A rule has 1 to {sql_rules.MOST_CHARS} characters.")
    try:
        return await db.write(lambda c: sql_rules.add(c, tenant, source, kind, plain, key, now_ms))
    except sql_rules.TooMany as error:
        raise Refused(f"There are {error.most} rules, the most there may be. Remove one first.") from error


async def _added(databases: Databases, caller: Caller, asked: RulesArguments, source: str) -> RuleRow:
    if asked.kind is None or not asked.text.strip():
        raise Refused("kind and text: both are needed to add a rule.")
    now = databases.now()
    return await add(databases.db, caller.tenant, source, asked.kind, asked.text, caller.key, now)


async def _removed(db: Database, tenant: str, rule_id: str | None) -> RuleRow:
    if rule_id is None:
        raise Refused("rule_id: say which rule to remove; action list shows them.")
    return await db.write(lambda c: sql_rules.remove(c, tenant, rule_id))


def _note(added: RuleRow | None) -> str:
    """Whether the server itself follows the rule."""
    if added is None or not free([added]):
        return ""
    return (
        "Only whoever writes SQL can follow this wording. The server follows 'table.column = value', 'word means "
        "table.column = value', 'rows <= 100'."
    )


def _part(row: RuleRow) -> RulePart:
    return RulePart(rule_id=row.rule_id, kind=row.kind, text=row.text, data_source=row.source)
