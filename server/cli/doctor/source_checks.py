"""What can be said of a data source by looking at it: whether it can be used, what it shares, and how to mend it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import anyio

from server.cli.doctor.findings import Finding, Status, ok
from storage.sources.engine import EngineFailed, Failure
from storage.sources.schema import Schema, Table
from storage.sources.serving import EXTRAS
from storage.sources.source import EngineName, Source
from storage.sources.target import Target
from tools.text2sql.policy import SharedSource

DRIVERS: dict[EngineName, str] = {"duckdb": "duckdb", "folder": "duckdb", "postgres": "psycopg", "mysql": "pymysql"}
SERVERS: frozenset[EngineName] = frozenset({"postgres", "mysql"})
AGAIN = "Run it again in a moment; if it stays so, see whether the database is overloaded or its files are sound."
REWRITE = "Save them anew with one separator, one kind of quotes and of line ends, without * ? [ in their names."
READ_ONLY = "Give it an account that may only SELECT; or set allow_writable_account = true and accept the risk."


@dataclass(frozen=True, slots=True)
class SharedTable:
    """A table or view that questions may use. ``hidden`` counts the columns that are as if they were not there."""

    name: str
    is_view: bool
    columns: int
    rows: int | None
    hidden: int
    masked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inspected:
    """A data source after a look at it; ``mend`` is empty where all is well."""

    name: str
    engine: str
    status: Status
    what: str
    mend: str = ""
    tables: tuple[SharedTable, ...] = ()

    @property
    def finding(self) -> Finding:
        """The same as the doctor tells it."""
        return Finding(f"data source {self.name}", self.status, self.what, self.mend)


def inspected(sources: Sequence[SharedSource]) -> list[Inspected]:
    """Connect to each, all at once, and look; in their order."""
    return anyio.run(_inspect_all, sources)


def findings(sources: Sequence[SharedSource]) -> Iterator[Finding]:
    """What the doctor says of them, and of what draws their charts."""
    yield from (each.finding for each in inspected(sources))
    yield _charts()


async def _inspect_all(sources: Sequence[SharedSource]) -> list[Inspected]:
    found: dict[str, Inspected] = {}

    async def look(shared: SharedSource) -> None:
        found[shared.name] = await inspect(shared)

    async with anyio.create_task_group() as tasks:
        for shared in sources:
            tasks.start_soon(look, shared)
    return [found[shared.name] for shared in sources]


async def inspect(shared: SharedSource) -> Inspected:
    """What is seen of one data source. Raises nothing: a failure is what there is to tell."""
    source = shared.source
    if source is None:
        return _unusable(
            shared, shared.trouble, f"Correct [data_sources.{shared.name}] in satchel.toml, or the variable."
        )
    if (driver := DRIVERS.get(source.engine)) and find_spec(driver) is None:
        return _unusable(shared, f"{driver} is not installed", f"pip install 'satchel-mcp[{EXTRAS[source.engine]}]'")
    target = Target(source)
    try:
        found = judged(shared, source, await target.rights(), schema := await target.schema())
        return _with_unread(found, _unread(source, schema))
    except EngineFailed as error:
        return _unusable(shared, error.detail, _remedy(error.failure, source))
    finally:
        await target.close()


def judged(shared: SharedSource, source: Source, rights: Sequence[str], schema: Schema) -> Inspected:
    """Whether it can be used as the settings have it: read-only, or trusted; with a table; with no name of the
    settings that the database does not know."""
    tables = tuple(_table(table, schema) for table in schema.tables)
    if rights and not source.is_trusted:
        return _unusable(shared, f"its account could do more than read: {_some(rights)}", READ_ONLY, tables)
    if not tables:
        return _unusable(shared, "shares no table", "Make one, or correct `tables` in its settings.")
    what = f"{source.engine}, {_counted(tables)}"
    if unknown := _unknown(source, schema):
        mend = "Correct the settings: a column that is named wrongly is neither hidden nor masked."
        return Inspected(shared.name, source.engine, "warning", f"{what}; not there: {_some(unknown)}", mend, tables)
    if rights:
        what += f"; trusted, though its account could do more than read: {_some(rights)}"
        return Inspected(
            shared.name, source.engine, "warning", what, "An account that may only SELECT is safer.", tables
        )
    return Inspected(shared.name, source.engine, "ok", f"{what}, read-only", "", tables)


def _with_unread(found: Inspected, files: Sequence[str]) -> Inspected:
    if found.status == "broken" or not files:
        return found
    return replace(found, status="warning", what=f"{found.what}; not read: {_some(files)}", mend=found.mend or REWRITE)


def _unread(source: Source, schema: Schema) -> list[str]:
    """The files of a folder that are no table, though the settings share them all."""
    if source.engine != "folder" or source.tables is not None:
        return []
    from storage.sources.engines.folder import SUFFIXES

    keys = {table.key for table in schema.tables}
    files = (file for file in Path(source.location).iterdir() if file.suffix.lower() in SUFFIXES)
    names = {file.name: (file.stem.lower(), f"{file.stem}_{file.suffix[1:]}".lower()) for file in files}
    return sorted(name for name, its in names.items() if keys.isdisjoint(its))


def _unusable(shared: SharedSource, what: str, mend: str, tables: tuple[SharedTable, ...] = ()) -> Inspected:
    return Inspected(shared.name, shared.source.engine if shared.source else "", "broken", what, mend, tables)


def _remedy(failure: Failure, source: Source) -> str:
    if failure != "down":
        return AGAIN
    if source.engine in SERVERS:
        return "See that the server runs and that host, database, account and password of its url are right."
    return "See that the path of its url is right, from the folder of satchel.toml on or absolute, and may be read."


def _table(table: Table, schema: Schema) -> SharedTable:
    masked = tuple(column.name for column in table.columns if column.is_masked)
    hidden = len(schema.hidden.get(table.key, ()))
    name = f"{table.schema}.{table.name}" if table.schema else table.name
    return SharedTable(name, table.is_view, len(table.columns), table.rows, hidden, masked)


def _unknown(source: Source, schema: Schema) -> list[str]:
    """What the settings name and the database does not have, or does not share."""
    keys = {table.key for table in schema.tables}
    hidden = {f"{key}.{column}".lower() for key, columns in schema.hidden.items() for column in columns}
    masked = {f"{table.key}.{column.name}".lower() for table in schema.tables for column in table.columns}
    return [
        *_missing(source.tables or (), keys),
        *_missing(sorted(source.hidden), hidden),
        *_missing(sorted(source.masked), masked | hidden),
    ]


def _missing(named: Iterable[str], known: Iterable[str]) -> list[str]:
    """Those that are none of the known names, also after the name of the default schema."""
    ends = tuple(f".{name}" for name in known)
    return [name for name in named if not f".{name}".lower().endswith(ends)]


def _counted(tables: Sequence[SharedTable]) -> str:
    views = sum(table.is_view for table in tables)
    return f"{_number(len(tables) - views, 'table')}" + (f" and {_number(views, 'view')}" if views else "")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _some(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def _charts() -> Finding:
    if find_spec("vl_convert") is None:
        return ok("charts", "are given as data; pip install 'satchel-mcp[charts]' draws them as pictures too")
    return ok("charts", "can be drawn as pictures")
