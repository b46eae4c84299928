"""DuckDB's second opinion on a statement: its own parser says which tables are read and which functions are called.

What is not shared is not there at all in the connection that runs the statement (`duck_engine`). This keeps out the
rest: files, catalogs, settings, and SQL that is given as a text.
"""

import json
import re
from collections.abc import Iterator, Set
from typing import Any

import duckdb

from storage.sources.engine import EngineFailed
from storage.sources.scrubbing import scrubbed

TABLE_FUNCTIONS = frozenset(
    "range generate_series unnest json_each json_tree generate_subscripts regexp_split_to_table".split()
)
FORBIDDEN = frozenset(
    """
    current_connection_id current_query current_query_id current_setting current_transaction_id currval get_block_size
    getvariable in_search_path nextval parse_duckdb_log_message setseed setval sleep_ms stats txid_current write_log
    """.split()
)
"""Scalar functions that tell of the session or change it."""
FORBIDDEN_FAMILIES = re.compile(
    r"pg_(?!typeof$|size_pretty$)|has_\w+_privilege|inet_(?:client|server)_|duckdb_|pragma_"
)
FORBIDDEN_SOURCES = frozenset({"SHOW_REF", "COLUMN_DATA", "DELIM_GET", "BOUND_TABLE_REF"})

EXPLAIN = re.compile(r"\s*explain\s+(?!analyze\b|\()", re.IGNORECASE)
SERIALIZE = "SELECT json_serialize_sql(?)"
NOT_ONE = "exactly one query is allowed"


def tables_read(connection: duckdb.DuckDBPyConnection, sql: str, shared: Set[str]) -> frozenset[str]:
    """The keys of the shared tables that a query names. Raises EngineFailed: ``syntax``; ``refused`` for what is no
    single query, a function that is not for queries, or a qualified name of something that is not shared; and
    ``unknown_table``."""
    node = _parsed(connection, EXPLAIN.sub("", sql, count=1))
    named = set(_named_queries(node))
    keys: set[str] = set()
    for part in _parts(node):
        _check_call(part)
        if str(part.get("type")) in FORBIDDEN_SOURCES:  # of a value it is an object
            raise EngineFailed("refused", "the database's catalog cannot be read")
        if part.get("type") == "BASE_TABLE":
            key = _key(part)
            if key in shared:
                keys.add(key)
            elif key not in named or part["schema_name"]:
                raise EngineFailed("unknown_table", f"no table {scrubbed(part['table_name'])} is shared", key)
            elif _is_built_in(connection, key):
                raise EngineFailed("refused", "a name of the database's catalog cannot be used")
    return frozenset(keys)


def _parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    try:
        statements = connection.extract_statements(sql)
    except (duckdb.ParserException, duckdb.InvalidInputException) as error:
        raise EngineFailed("syntax", scrubbed(first_paragraph(error))) from error
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise EngineFailed("refused", NOT_ONE)
    found = connection.execute(SERIALIZE, [sql]).fetchone()
    tree: dict[str, Any] = json.loads(found[0]) if found else {"error": True}
    if tree["error"] or len(tree["statements"]) != 1:
        raise EngineFailed("refused", NOT_ONE)
    return tree["statements"][0]["node"]


def _parts(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of the tree."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _named_queries(node: Any) -> Iterator[str]:
    """Yield the names of WITH queries, wherever they stand: the connection has no other tables to confuse them with."""
    for part in _parts(node):
        if isinstance(part.get("cte_map"), dict):
            yield from (entry["key"].lower() for entry in part["cte_map"]["map"])
        if part.get("type") in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
            yield str(part.get("cte_name", "")).lower()


def _key(part: dict[str, Any]) -> str:
    """As `Table.key`. A catalog's name is not for queries."""
    if part.get("catalog_name"):
        raise EngineFailed("refused", "a table's name cannot have a catalog's before it")
    schema, table = part["schema_name"].lower(), part["table_name"].lower()
    return f"{schema}.{table}" if schema and schema != "main" else table


def _check_call(part: dict[str, Any]) -> None:
    if part.get("type") == "TABLE_FUNCTION":
        name = str(part.get("function", {}).get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS:
            raise EngineFailed("refused", f"function {scrubbed(name)} is not allowed as a table")
    if "function_name" in part:
        name = str(part["function_name"]).lower()
        if part.get("catalog") or name in FORBIDDEN or FORBIDDEN_FAMILIES.match(name):
            raise EngineFailed("refused", f"function {scrubbed(name)} is not allowed")


def _is_built_in(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether DuckDB itself has a view of that name, as sqlite_master."""
    found = connection.execute("SELECT 1 FROM duckdb_views() WHERE internal AND lower(view_name) = ?", [name])
    return found.fetchone() is not None


def first_paragraph(error: Exception) -> str:
    """An error's message without the names it suggests: they may be of what is not shared."""
    return re.split(r"\n\s*\n|\nDid you mean|\nCandidate|\nLINE ", str(error), maxsplit=1)[0]
