"""Examples of a column's values, and the types of MySQL and MariaDB by the driver's codes."""

import re

from pymysql.constants import FIELD_TYPE

from storage.sources.engines import examples
from storage.sources.engines.mysql_session import Session
from storage.sources.schema import Table

TYPES: dict[int, str] = {
    **dict.fromkeys((FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL), "decimal"),
    **dict.fromkeys((FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.INT24), "int"),
    **dict.fromkeys((FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE), "double"),
    FIELD_TYPE.YEAR: "int",
    **dict.fromkeys((FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE), "date"),
    **dict.fromkeys((FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP), "datetime"),
    FIELD_TYPE.TIME: "time",
    **dict.fromkeys((FIELD_TYPE.VARCHAR, FIELD_TYPE.VAR_STRING, FIELD_TYPE.STRING), "text"),
}
"""Not BLOB: long texts and bytes share it, and are told apart by their values."""

BINARY = re.compile(r"blob|binary|bit|geometry|point|polygon|linestring", re.IGNORECASE)
TEXT = re.compile(r"char|text|set", re.IGNORECASE)
LABEL = re.compile(r"'((?:[^']|'')*)'")

VALUES = """
SELECT value
FROM (SELECT CAST({column} AS CHAR) AS value FROM {table} WHERE {column} IS NOT NULL LIMIT {sample}) AS sample
WHERE value <> '' AND CHAR_LENGTH(value) <= {longest} GROUP BY value ORDER BY COUNT(*) DESC, value LIMIT {most}"""


def read(session: Session, table: Table, name: str, most: int) -> list[str]:
    """Values of a column, the commonest first; those that an enum lists, where it is one."""
    column = next(column for column in table.columns if column.name == name)
    if BINARY.search(column.type):
        return []
    if column.type.lower().startswith("enum("):
        return [label.replace("''", "'") for label in LABEL.findall(column.type)][:most]
    is_text = TEXT.search(column.type) is not None
    query = VALUES.format(
        column=_quoted(name),
        table=".".join(_quoted(part) for part in (table.schema, table.name) if part),
        longest=examples.LONGEST_VALUE,
        sample=examples.SAMPLE_ROWS if is_text else examples.OTHER_SAMPLE_ROWS,
        most=most if is_text else min(most, examples.OTHER_VALUES),
    )
    return [value for (value,) in session.rows(query)]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
