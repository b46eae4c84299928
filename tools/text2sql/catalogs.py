"""The databases that are shared, and what is known of each: read when first asked for, and again when it changed."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import anyio

from storage.sources.engine import EngineFailed
from storage.sources.schema import Schema, Table
from storage.sources.source import Source
from storage.sources.target import DESCRIBE_SECONDS, Target
from tools.errors import AgentError, NotFound, Refused, Unavailable
from tools.text2sql.catalog import Catalog, catalog_of
from tools.text2sql.failures import explained
from tools.text2sql.policy import SharedSource

logger = logging.getLogger("satchel.text2sql")

VALUES_A_COLUMN = 2_000
VALUES_SECONDS = 1.0  # for so many columns of a table
COLUMNS_AT_ONCE = 50
"""Of a table whose values are read: all of a wide one would be more than a worker may answer, or this process can take
in without a pause."""
ALL_VALUES_SECONDS = 8.0
NONE = 'No database is set up. The owner adds one to satchel.toml: data_sources.NAME.url = "sqlite:///file".'


@dataclass(frozen=True, slots=True)
class Known:
    """A catalog, and the version of the schema it was read from."""

    catalog: Catalog
    version: str


class Catalogs:
    """The shared databases by name, their connections and what is known of them."""

    def __init__(
        self,
        sources: Mapping[str, SharedSource],
        open_target: Callable[[Source], Target] = Target,
    ) -> None:
        self.sources = sources
        self._open_target = open_target
        self._targets: dict[str, Target] = {}
        self._known: dict[str, Known] = {}
        self._asked: set[str] = set()
        self._locks = {name: anyio.Lock() for name in sources}

    def of_tenant(self, tenant: str) -> dict[str, SharedSource]:
        """The databases that the tenant may ask, by name. To it there are no others."""
        return {name: shared for name, shared in self.sources.items() if not shared.tenants or tenant in shared.tenants}

    def pick(self, tenant: str, name: str | None) -> SharedSource:
        """The tenant's database of that name, or its only one. Raises NotFound, Refused, Unavailable."""
        sources = self.of_tenant(tenant)
        if not sources:
            raise Unavailable(NONE)
        names = ", ".join(sorted(sources))
        if name is None and len(sources) > 1:
            raise Refused(f"data_source: say which. There is: {names}.")
        found = sources.get(name) if name is not None else next(iter(sources.values()))
        if found is None:
            raise NotFound(f"No data source {name!r}. There is: {names}.")
        return found

    def target(self, shared: SharedSource) -> Target:
        """The connection. Raises Unavailable where the settings allow none."""
        if shared.source is None:
            raise Unavailable(f"{shared.name} cannot be used: {shared.trouble}. Ask the owner to mend it.")
        if shared.name not in self._targets:
            self._targets[shared.name] = self._open_target(shared.source)
        return self._targets[shared.name]

    async def catalog(self, shared: SharedSource) -> Catalog:
        """What is known of the database. Raises Unavailable, and the like."""
        target = self.target(shared)
        self._asked.add(shared.name)
        try:
            known = self._known.get(shared.name)
            if known is None or await target.version() != known.version:
                known = await self._read_once(shared, target, known)
        except EngineFailed as error:
            raise explained(shared.name, error, DESCRIBE_SECONDS) from error
        return known.catalog

    async def refresh(self) -> None:
        """Read anew what was asked since the last time: new values do not show in a schema's version."""
        asked, self._asked = self._asked, set()
        for name in asked & self._known.keys():
            shared = self.sources[name]
            try:
                self._known[name] = await self._read(shared, self.target(shared))
            except EngineFailed as error:
                logger.warning("source.not_refreshed", extra={"source": name, "failure": error.failure})
                if error.failure == "unsafe":  # the account was given more rights since
                    del self._known[name]

    async def warm(self) -> None:
        """Read every database for the first time; one that cannot be read is told to who asks it."""
        for shared in self.sources.values():
            try:
                await self.catalog(shared)
            except AgentError as error:
                logger.warning("source.not_read", extra={"source": shared.name, "reason": str(error)})

    async def close(self) -> None:
        """Let every connection go."""
        for target in self._targets.values():
            await target.close()

    async def _read_once(self, shared: SharedSource, target: Target, stale: Known | None) -> Known:
        async with self._locks[shared.name]:
            known = self._known.get(shared.name)
            if known is None or known is stale:  # otherwise another call has just read it
                known = self._known[shared.name] = await self._read(shared, target)
            return known

    async def _read(self, shared: SharedSource, target: Target) -> Known:
        version = await target.version()
        if not target.source.is_trusted and (rights := await target.rights()):
            raise EngineFailed("unsafe", "; ".join(rights[:3]))
        schema = await target.schema()
        if not schema.tables:
            raise EngineFailed("down", "it shares no table")
        values = await _values(target, schema) if shared.sample_values else {}
        catalog = await anyio.to_thread.run_sync(catalog_of, schema, values)
        return Known(catalog, version)


async def _values(target: Target, schema: Schema) -> dict[tuple[str, str], list[str]]:
    """Stored values by table and column, of as many tables as there is time for, those with the fewest rows first."""
    found: dict[tuple[str, str], list[str]] = {}
    until = anyio.current_time() + ALL_VALUES_SECONDS
    for table in sorted(schema.tables, key=lambda table: table.rows or 0):
        shown = [column.name for column in table.columns if not column.is_masked]
        for start in range(0, len(shown), COLUMNS_AT_ONCE):
            if anyio.current_time() > until:
                return found
            columns = shown[start : start + COLUMNS_AT_ONCE]
            for column, texts in (await _values_of(target, table, columns)).items():
                found[table.key, column] = texts
    return found


async def _values_of(target: Target, table: Table, columns: Sequence[str]) -> dict[str, list[str]]:
    try:
        return await target.values(table.key, columns, VALUES_A_COLUMN, VALUES_SECONDS)
    except EngineFailed as error:
        if error.failure in ("down", "unsafe"):
            raise
        return {}  # too slow, or not readable: its values are not known, which is no reason not to answer
