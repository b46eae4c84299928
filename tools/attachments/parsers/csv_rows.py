"""CSV: a line for each row, its cells under their headers."""

import csv
import io
import sys
from collections import Counter

from tools.attachments.parsers import charset
from tools.attachments.parsers.content import Content, Writer
from tools.attachments.parsers.rows import Rows
from tools.errors import Refused

DELIMITERS = "\t;|,"
"""In order of preference: where two split every row alike, the comma is the decimal one."""

SAMPLE_CHARS = 65_536
SAMPLE_ROWS = 200
ROWS = 200_000


def read(data: bytes) -> Content:
    """A line for each of the first 200,000 rows. Raises Refused."""
    text, encoding = charset.decode(data)
    text = text.replace("\0", " ")
    csv.field_size_limit(sys.maxsize)  # the memory limit bounds it, and a field of megabytes is no error
    delimiter = delimiter_of(text)
    writer = Writer()
    rows = Rows(writer)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.add(row)
            if rows.count >= ROWS or rows.is_full:
                break
    except csv.Error as error:
        raise Refused("The file cannot be read as CSV. Save it again from a spreadsheet program.") from error
    rows.close()
    cut = (f"Only the first {ROWS:,} rows were read.",) if rows.count >= ROWS else ()
    metadata = {"encoding": encoding, "delimiter": delimiter, "rows": rows.count, "columns": rows.columns}
    return writer.content("", metadata, *charset.warnings(encoding), *cut)


def delimiter_of(text: str) -> str:
    """The delimiter that splits most of the first rows into equally many cells; a comma when none splits any."""
    sample = text[:SAMPLE_CHARS]
    return max(DELIMITERS, key=lambda delimiter: _agreement(sample, delimiter, len(text) > SAMPLE_CHARS))


def _agreement(sample: str, delimiter: str, is_cut: bool) -> tuple[float, bool]:
    """The share of rows that have the commonest number of cells, of at least two; then whether it is the comma."""
    widths: list[int] = []
    for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
        widths.append(len(row))
        if len(widths) == SAMPLE_ROWS:
            break
    if is_cut and len(widths) > 1:
        widths.pop()  # cut off in the middle
    filled = [width for width in widths if width]
    split = Counter(width for width in filled if width > 1)
    if not split:
        return 0.0, delimiter == ","
    return split.most_common(1)[0][1] / len(filled), False
