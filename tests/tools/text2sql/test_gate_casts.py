"""Types are names as well: in PostgreSQL every table has one."""

import pytest

from storage.sources.schema import Column, Schema, Table
from storage.sources.source import Dialect
from tests.tools.text2sql.gate_shop import shop
from tools.text2sql.gate.approval import approve
from tools.text2sql.gate.rejected import Rejected


def refused_rule(sql: str, schema: Schema) -> str:
    with pytest.raises(Rejected) as caught:
        approve(sql, schema)
    return caught.value.rule


def typed(dialect: Dialect, *types: str) -> Schema:
    columns = tuple(Column(f"c{place}", kind) for place, kind in enumerate(types))
    return Schema(dialect, (Table("faces", columns), Table("tokens", (Column("id", "integer"),))), "", {})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(NULL AS secrets)",
        "SELECT to_json(NULL::secrets)",
        "SELECT to_json(NULL::customers)",
        'SELECT to_json(NULL::public."secrets")',
        "SELECT to_json(NULL::secrets[][])",
        "SELECT to_json(NULL::_secrets)",
        "SELECT to_json(ROW(1, 'x')::secrets)",
        "SELECT x.a FROM jsonb_to_record('{}') AS x(a secrets)",
        "SELECT id FROM orders WHERE status IN (SELECT (NULL::secrets)::text)",
        "SELECT NULL::record",
        "SELECT NULL::object",  # a type to the parser, none to PostgreSQL: a table may be called so
        "SELECT 'secrets'::regclass::text",
        "SELECT NULL::pg_catalog.pg_class",
        "SELECT NULL::oid",
    ],
)
def test_a_type_that_may_be_a_tables_is_refused_in_postgresql(sql: str) -> None:
    assert refused_rule(sql, shop("postgres")) in {"type", "read_only"}


@pytest.mark.parametrize(
    "written",
    """text|varchar(3)|char(2)|"char"|bpchar|name|int|int8|bigint[]|float4|double precision|numeric(4, 1)|real|bool
    |date|time|timetz|timestamp(3)|timestamp with time zone|interval|interval day to second|json|jsonb|jsonpath|uuid
    |inet|cidr|macaddr|bytea|bit(3)|varbit|money|xml|point|box|path|tsvector|tsquery|int4range|daterange|smallint
    |tstzmultirange""".split("|"),
)
def test_postgresqls_own_types_are_allowed(written: str) -> None:
    assert approve(f"SELECT NULL::{written.strip()}", shop("postgres")).sql.startswith("SELECT CAST(NULL AS ")


def test_the_types_of_shared_columns_are_allowed_as_they_are_written() -> None:
    schema = typed("postgres", "mood", '"Size"[]', "web.rating", "vector(3)")
    for written in ("mood", "MOOD", '"mood"', '"Size"', "web.rating", "mood[]", "vector"):
        assert approve(f"SELECT NULL::{written}", schema).sql
    for written in ('"Mood"', "size", "rating", "public.mood", "tokens"):
        assert refused_rule(f"SELECT NULL::{written}", schema) == "type"


def test_the_type_of_a_shared_column_may_not_be_a_shared_table_or_name_an_object() -> None:
    """Such a value would hold columns that are hidden."""
    schema = typed("postgres", "tokens", "oid")
    assert refused_rule("SELECT to_json(NULL::tokens)", schema) == "type"
    assert refused_rule("SELECT 1::oid", schema) in {"type", "read_only"}


def test_a_name_that_only_begins_like_an_object_type_is_a_type_like_others() -> None:
    assert approve("SELECT 'north'::region", typed("postgres", "region")).sql


def test_duckdb_knows_its_own_types_and_those_of_shared_columns() -> None:
    schema = typed("duckdb", "mood")
    for written in ("mood", "UINT8", "HUGEINT", "STRUCT(a INTEGER, b mood)", "MAP(VARCHAR, INTEGER[])"):
        assert approve(f"SELECT NULL::{written}", schema).sql
    for written in ("secrets", "STRUCT(a secrets)", "secrets[]"):
        assert refused_rule(f"SELECT NULL::{written}", schema) == "type"


def test_in_sqlite_any_word_is_a_type_and_none_names_anything() -> None:
    assert approve("SELECT CAST(total AS UNSIGNED) FROM orders", shop("sqlite")).sql
