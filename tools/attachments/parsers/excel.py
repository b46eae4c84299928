"""Excel workbooks: each sheet under its name, a line for each row, the values formulas last had."""

import datetime as dt
import io
import os
import sys
import warnings
from typing import Any

from tools.attachments.parsers import archive
from tools.attachments.parsers.content import Content, Writer, one_line
from tools.attachments.parsers.rows import Rows, flat
from tools.errors import Refused

ROWS = 200_000
SHEETS = 500


def read(data: bytes) -> Content:
    """The sheets, which count as pages; at most 200,000 rows in all. Raises Refused."""
    archive.check(data)
    book = _opened(data)
    if not book.worksheets:
        raise Refused("The workbook has no sheets to read.")
    writer = Writer()
    left = ROWS
    columns: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for sheet in book.worksheets[:SHEETS]:
        name = one_line(sheet.title)
        writer.begin_page()
        writer.add(f"## {name}")
        rows = Rows(writer)
        left = _write(sheet, rows, left)
        columns[name], counts[name] = rows.columns, rows.count
    cut = [] if left else [f"Only the first {ROWS:,} rows were read."]
    if len(book.worksheets) > SHEETS:
        cut.append(f"Only the first {SHEETS} of {len(book.worksheets)} sheets were read.")
    metadata = {**_properties(book), "sheets": list(counts), "rows": counts, "columns": columns}
    return writer.content(one_line(book.properties.title or ""), metadata, *cut)


def _opened(data: bytes) -> Any:
    """The workbook, by the standard library's XML reader and without numpy: half the start, a third of the memory."""
    os.environ["OPENPYXL_LXML"] = "False"
    sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]  # says "not installed" to an import
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    warnings.simplefilter("ignore")  # of styles and extensions it drops, which have no text
    try:
        return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, KeyError, ValueError) as error:
        raise Refused(archive.DAMAGED) from error


def _write(sheet: Any, rows: Rows, left: int) -> int:
    """Write a sheet's rows; how many are left to write afterwards. Raises Refused."""
    sheet.reset_dimensions()  # a sheet may claim a million rows of 16,384 cells
    for row in sheet.iter_rows(values_only=True):
        before = rows.count
        rows.put({column: flat(cell(value)) for column, value in enumerate(row) if value not in (None, "")})
        left -= rows.count - before
        if not left or rows.is_full:
            break
    rows.close()
    return left


def cell(value: object) -> str:
    """A cell's value as one would read it: whole numbers without ".0", dates without midnight."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case dt.datetime():
            text = value.isoformat(" ", "seconds")
            return text.removesuffix(" 00:00:00")
        case _:
            return str(value)


def _properties(book: Any) -> dict[str, Any]:
    said = book.properties
    return {
        "author": one_line(said.creator or ""),
        "subject": one_line(said.subject or ""),
        "keywords": one_line(said.keywords or ""),
        "created": said.created.isoformat() if said.created else "",
        "modified": said.modified.isoformat() if said.modified else "",
    }
