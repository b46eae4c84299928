"""What a database says of its shared tables. Hidden columns are not in it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from storage.sources.source import Dialect


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``type`` is in the engine's own words; a comment is the database's, and data."""

    name: str
    type: str
    is_nullable: bool = True
    comment: str = ""
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of a table that hold the key of another shared table (or of the same one)."""

    columns: tuple[str, ...]
    table: str
    referred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A shared table or view. ``name`` is its bare name; ``schema`` only where a query has to write it too, because it
    is not the default one. ``rows`` is the engine's estimate or a count, None where it has neither."""

    name: str
    columns: tuple[Column, ...]
    schema: str = ""
    is_view: bool = False
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    rows: int | None = None
    comment: str = ""

    @property
    def key(self) -> str:
        """How the table is told from others: its name, or ``schema.name``; lower case."""
        return f"{self.schema}.{self.name}".lower() if self.schema else self.name.lower()


@dataclass(frozen=True, slots=True)
class Schema:
    """The shared tables. ``fingerprint`` changes when names, types or keys of them do. ``hidden`` names, by table key,
    the columns that a query must not reach though the engine has them; they are for guards, never for texts."""

    dialect: Dialect
    tables: tuple[Table, ...]
    fingerprint: str
    hidden: Mapping[str, tuple[str, ...]]

    def table(self, key: str) -> Table | None:
        """The shared table of that key, in any case; None if there is none."""
        return next((table for table in self.tables if table.key == key.lower()), None)


def as_record(schema: Schema) -> dict[str, Any]:
    """The schema as JSON can hold it."""
    return asdict(schema)


def from_record(record: Mapping[str, Any]) -> Schema:
    """The schema back from `as_record`, also after JSON made lists of its tuples."""
    return Schema(
        record["dialect"],
        tuple(_table(table) for table in record["tables"]),
        record["fingerprint"],
        {key: tuple(names) for key, names in record["hidden"].items()},
    )


def _table(record: Mapping[str, Any]) -> Table:
    return Table(
        name=record["name"],
        columns=tuple(Column(**column) for column in record["columns"]),
        schema=record["schema"],
        is_view=record["is_view"],
        primary_key=tuple(record["primary_key"]),
        unique=tuple(tuple(names) for names in record["unique"]),
        foreign_keys=tuple(
            ForeignKey(tuple(key["columns"]), key["table"], tuple(key["referred"])) for key in record["foreign_keys"]
        ),
        rows=record["rows"],
        comment=record["comment"],
    )
