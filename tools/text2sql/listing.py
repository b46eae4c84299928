"""Which databases there are and what is in them, for resources, prompts and the terminal."""

from tools.text2sql.context import described
from tools.text2sql.databases import Databases


def names(databases: Databases, tenant: str, beginning: str = "") -> list[str]:
    """The names of the tenant's databases that begin so, in order."""
    return sorted(name for name in databases.catalogs.of_tenant(tenant) if name.startswith(beginning))


def listed(databases: Databases, tenant: str) -> str:
    """A line for each of the tenant's databases: its name, engine, description, and what is wrong with it."""
    lines: list[str] = []
    for name, shared in sorted(databases.catalogs.of_tenant(tenant).items()):
        engine = shared.source.engine if shared.source else f"cannot be used: {shared.trouble}"
        lines.append(f"{name} ({engine}) {shared.description}".rstrip())
    return "\n".join(lines) or "No database is set up."


async def schema_text(databases: Databases, tenant: str, name: str) -> str:
    """The tables of one of the tenant's databases as compact DDL. Raises NotFound, Unavailable."""
    shared = databases.catalogs.pick(tenant, name)
    catalog = await databases.catalogs.catalog(shared)
    head = f"{shared.name}: {shared.description}\n" if shared.description else ""
    return head + described(catalog, databases.policy.max_tokens * 4)
