"""A folder of CSV, TSV and Parquet files as a source: each file directly in it is a table, named by its stem."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from storage.sources.engine import EngineFailed
from storage.sources.engines.duck_engine import DEFAULT_SCHEMA, Catalog, DuckEngine, Stored
from storage.sources.engines.quoting import literal
from storage.sources.schema import Column, Table
from storage.sources.sharing import Sharing
from storage.sources.source import Source

SUFFIXES = (".parquet", ".csv", ".tsv")
PATTERN_CHARS = frozenset("*?[")
"""DuckDB takes a path with one of these for a pattern."""
SMALL_BYTES = 64 << 20
SAMPLED_ROWS = 200_000
"""Of a larger file the types are told by that many rows."""
ENCODINGS = ("utf-8", "latin-1")
NOTHING = "(empty)"

SNIFF = "SELECT * FROM sniff_csv({path}, sample_size = {rows}, encoding = '{encoding}', null_padding = {padding})"
OPTIONS = {"Delimiter": "delim", "Quote": "quote", "Escape": "escape", "Comment": "comment"}
FORMATS = {"DateFormat": "dateformat", "TimestampFormat": "timestampformat"}
PARQUET_ROWS = "SELECT sum(num_rows) FROM parquet_file_metadata({path})"


def open_engine(source: Source) -> DuckEngine:
    """The engine; the folder need not be there yet."""
    return DuckEngine(Sharing(source, DEFAULT_SCHEMA), Folder(Path(source.location)))


class Folder:
    """The files of a folder. A link that leads out of it is not read, nor a file with ``*``, ``?`` or ``[`` in its
    name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def version(self) -> str:
        """By the names, sizes and times of the files."""
        states = [(file.name, os.stat(file)) for file in self._files()]
        text = repr([(name, state.st_ino, state.st_size, state.st_mtime_ns) for name, state in states])
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def attach(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Files need no catalog."""
        return ""

    def read(self, connection: duckdb.DuckDBPyConnection, sharing: Sharing, catalog: str) -> Catalog:
        found: dict[str, Stored] = {}
        for name, file, comment in _named(self._files()):
            if sharing.shares(name):
                stored = _stored(connection, sharing, name, file, comment)
                if stored is not None:
                    found[stored.table.key] = stored
        return Catalog(found)

    def permit(self, connection: duckdb.DuckDBPyConnection, stored: Sequence[Stored]) -> None:
        """These tables' files and no other."""
        connection.execute(f"SET allowed_paths = [{', '.join(literal(each.path) for each in stored)}]")

    def _files(self) -> list[Path]:
        """The files' real paths, sorted. Raises EngineFailed (``down``) where there is no such folder."""
        try:
            folder = self._path.resolve(strict=True)
            found = [entry.resolve() for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES]
        except OSError as error:
            raise EngineFailed("down", "the folder is not there") from error
        if PATTERN_CHARS.intersection(str(folder)):
            raise EngineFailed("down", "the folder's path holds one of * ? [")
        return sorted(file for file in set(found) if self._is_ours(file, folder))

    def _is_ours(self, file: Path, folder: Path) -> bool:
        is_plain = file.parent == folder and file.suffix.lower() in SUFFIXES and file.is_file()
        return is_plain and not PATTERN_CHARS.intersection(file.name)


def _named(files: Sequence[Path]) -> Iterator[tuple[str, Path, str]]:
    """Yield each file with its table's name and comment; where two have one stem, both carry their suffix too."""
    stems = Counter(file.stem.lower() for file in files)
    names = Counter(_with_suffix(file).lower() for file in files)
    for file in files:
        if stems[file.stem.lower()] == 1:
            yield file.stem, file, ""
        elif names[_with_suffix(file).lower()] == 1:
            yield _with_suffix(file), file, f"the file {file.name}; another one has the same name but for its suffix"
        else:
            raise EngineFailed("down", f"two files would be one table: {_with_suffix(file)}")


def _with_suffix(file: Path) -> str:
    return f"{file.stem}_{file.suffix[1:].lower()}"


def _stored(
    connection: duckdb.DuckDBPyConnection, sharing: Sharing, name: str, file: Path, comment: str
) -> Stored | None:
    """The file as a table; None where it cannot be read as what its name says."""
    try:
        is_parquet = file.suffix.lower() == ".parquet"
        origin = f"read_parquet({literal(file)})" if is_parquet else _reader(connection, file)
        described = connection.execute(f"DESCRIBE SELECT * FROM {origin}").fetchall()
        rows = connection.execute(PARQUET_ROWS.format(path=literal(file))).fetchone() if is_parquet else None
    except duckdb.Error:
        return None
    key = sharing.key(name)
    columns = [
        Column(column, declared, is_masked=sharing.masks(key, column))
        for column, declared, *_ in described
        if not sharing.hides(key, column)
    ]
    table = Table(name, tuple(columns), rows=int(rows[0]) if rows else None, comment=comment)
    return Stored(table, tuple(column for column, *_ in described), origin, str(file))


def _reader(connection: duckdb.DuckDBPyConnection, file: Path) -> str:
    """The call that reads a text file as DuckDB's sniffer understood it; spelled out, so that it is not sniffed again
    and means the same in every query. Raises duckdb.Error."""
    for encoding in ENCODINGS:
        try:
            sniffed = _sniffed(connection, file, encoding, padding="false")
            if _skips_rows(file, encoding, sniffed):
                sniffed = _sniffed(connection, file, encoding, padding="true")
        except duckdb.InvalidInputException:
            continue  # another encoding
        return _call(file, encoding, sniffed)
    raise duckdb.InvalidInputException("no encoding fits")


def _sniffed(connection: duckdb.DuckDBPyConnection, file: Path, encoding: str, *, padding: str) -> dict[str, Any]:
    """What DuckDB makes of the file, by the names it gives to it; and ``padding``, whether short rows get NULLs."""
    rows = -1 if os.stat(file).st_size <= SMALL_BYTES else SAMPLED_ROWS
    sniffed = connection.execute(SNIFF.format(path=literal(file), rows=rows, encoding=encoding, padding=padding))
    names = [column[0] for column in sniffed.description or ()]
    return dict(zip(names, sniffed.fetchone() or (), strict=True)) | {"padding": padding}


def _skips_rows(file: Path, encoding: str, sniffed: Mapping[str, Any]) -> bool:
    """Whether the lines it leaves out look like rows: where these differ in length, the sniffer starts after them."""
    with file.open(encoding=encoding, errors="replace") as lines:
        return any(sniffed["Delimiter"] in line for line in islice(lines, int(sniffed["SkipRows"])))


def _call(file: Path, encoding: str, sniffed: Mapping[str, Any]) -> str:
    columns = ", ".join(f"{literal(each['name'])}: {literal(each['type'])}" for each in sniffed["Columns"])
    options = {
        "auto_detect": "false",
        "null_padding": sniffed["padding"],
        "encoding": literal(encoding),
        "columns": f"{{{columns}}}",
        "header": str(sniffed["HasHeader"]).lower(),
        "skip": str(int(sniffed["SkipRows"])),
    }
    options |= {option: literal("" if sniffed[key] == NOTHING else sniffed[key]) for key, option in OPTIONS.items()}
    options |= {option: literal(sniffed[key]) for key, option in FORMATS.items() if sniffed[key]}
    return f"read_csv({literal(file)}, {', '.join(f'{name} = {value}' for name, value in options.items())})"
