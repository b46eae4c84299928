"""Which of an engine's tables and columns a source shares."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from storage.sources.schema import Schema, Table
from storage.sources.source import Source


class Sharing:
    """The owner's words on tables and columns, where ``default_schema`` may be written or left out."""

    def __init__(self, source: Source, default_schema: str) -> None:
        self.source = source
        self._default = default_schema.lower()
        self._tables = None if source.tables is None else {self._short(name) for name in source.tables}
        self._hidden = {self._short(name) for name in source.hidden}
        self._masked = {self._short(name) for name in source.masked}

    def key(self, table: str, schema: str = "") -> str:
        """The `Table.key` of a table in that schema."""
        return self._short(f"{schema}.{table}" if schema else table)

    def shares(self, table: str, schema: str = "") -> bool:
        """Whether the table or view is shared."""
        if self._tables is None:
            return not schema or schema.lower() == self._default
        return self.key(table, schema) in self._tables

    def precedence(self, table: str, schema: str = "") -> tuple[bool, bool]:
        """Of tables whose names differ in case alone only the first by this is shared: the one that the owner wrote
        just so, then the one in lower case, which is what a name without quotes means."""
        written = self.source.tables or ()
        return not {table, f"{schema}.{table}"}.intersection(written), table != table.lower()

    def hides(self, key: str, column: str) -> bool:
        """Whether a column is as if it were not there."""
        return f"{key}.{column}".lower() in self._hidden

    def masks(self, key: str, column: str) -> bool:
        """Whether a column may be counted and joined on, but not shown."""
        return f"{key}.{column}".lower() in self._masked

    def schema(self, tables: Sequence[Table], columns: Mapping[str, Iterable[str]]) -> Schema:
        """The schema of shared tables, where ``columns`` are all that the engine has of them, by table key."""
        hidden = {key: tuple(name for name in names if self.hides(key, name)) for key, names in columns.items()}
        kept = {key: names for key, names in hidden.items() if names}
        return Schema(self.source.dialect, tuple(tables), fingerprint(tables), kept)

    def _short(self, name: str) -> str:
        return name.lower().removeprefix(f"{self._default}.")


def fingerprint(tables: Iterable[Table]) -> str:
    """Sixteen hexadecimal digits that change with the tables' names, columns, types and keys."""
    shape = [
        (
            table.key,
            [(column.name, column.type) for column in table.columns],
            table.primary_key,
            sorted(table.unique),
            sorted((key.columns, key.table, key.referred) for key in table.foreign_keys),
        )
        for table in sorted(tables, key=lambda table: table.key)
    ]
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]
