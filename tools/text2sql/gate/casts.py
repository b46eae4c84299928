"""Which types a statement may name: the engine's own, and those of shared columns.

In PostgreSQL every table is a type as well: a cast to it, or a column definition with it, shows how a table that is
not shared is built. In SQLite any word is a type, and none names anything.
"""

import re

from sqlglot import exp

from storage.sources.schema import Schema
from storage.sources.source import Dialect
from tools.text2sql.gate.rejected import Rejected

POSTGRES = frozenset(
    """bigint bit bool boolean box bpchar bytea char cidr circle date datemultirange daterange decimal float4 float8
    inet int int2 int4 int4multirange int4range int8 int8multirange int8range interval json jsonb jsonpath line lseg
    macaddr macaddr8 money name numeric nummultirange numrange path point polygon real smallint text time timestamp
    timestamptz timetz tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector unknown uuid varbit varchar
    xml""".split()
) | {"double precision"}
DUCKDB = frozenset("guid integral timestamptz_ns uint8 uint16 uint32 uint64 varint".split())
"""Those that the parser does not know."""
PARTS = re.compile(r'"((?:[^"]|"")*)"|[^"]+')
OBJECTS = re.compile(
    "reg(?:class|collation|config|dictionary|namespace|oper|operator|proc|procedure|role|type)"
    "|[xct]id|xid8|oid|oidvector|refcursor|aclitem|pg_.*"
)
"""Types by which PostgreSQL looks up what is in its catalogs."""
SUFFIX = re.compile(r"(?:\(.*\)|\[\d*\])+$", re.DOTALL)  # a size, and signs of an array


def check_types(tree: exp.Expr, schema: Schema) -> None:
    """Raise Rejected for a type that may be one of the database's own, unless a shared column has it."""
    if schema.dialect == "sqlite":
        return
    known = frozenset(_folded(SUFFIX.sub("", column.type)) for table in schema.tables for column in table.columns)
    known -= {table.key for table in schema.tables}
    for kind in tree.find_all(exp.DataType):
        name = _own_name(kind, schema.dialect)
        if name and (name not in known or OBJECTS.fullmatch(name)):
            raise Rejected("type", f"The type {name[:60]} is neither built in nor the type of a shared column.")


def _own_name(kind: exp.DataType, dialect: Dialect) -> str:
    """The name of a type that is not known to be built in; empty for others."""
    if kind.this == exp.DataType.Type.USERDEFINED:
        name = _folded(str(kind.args.get("kind")))
        return "" if name in (POSTGRES if dialect == "postgres" else DUCKDB if dialect == "duckdb" else ()) else name
    if dialect != "postgres" or not isinstance(kind.this, exp.DataType.Type) or kind.this == exp.DataType.Type.ARRAY:
        return ""  # an interval with its fields is no plain type, and an array's own is a part of it
    name = exp.DataType(this=kind.this).sql(dialect).lower()  # without its size
    return "" if name in POSTGRES else name


def _folded(name: str) -> str:
    """The name as the engine looks it up: what is not quoted in lower case."""
    return PARTS.sub(lambda part: part[0].lower() if part[1] is None else part[1].replace('""', '"'), name)
