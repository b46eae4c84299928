"""Tables as lines of text, each cell under its header: a row can be found, and understood, without the others."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from tools.attachments.parsers.content import Writer

HEADER_CHARS = 100
"""A longer cell is no header."""

NAMED_COLUMNS = 100
"""Headers kept for the metadata."""


class Rows:
    """Writes "Header: value; Header: value" lines.

    The first row with two cells or more is the header if it looks like one: short, all different, no number. A row of
    one cell before it is a caption, and written as it is.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._header: dict[int, str] | None = None
        self._gap = "\n\n"
        self._is_untold = False
        self.count = 0

    @property
    def columns(self) -> list[str]:
        """The headers, for the metadata."""
        return list((self._header or {}).values())[:NAMED_COLUMNS]

    @property
    def is_full(self) -> bool:
        """Whether further rows would be cut off anyway."""
        return self._writer.is_full

    def head(self, row: Sequence[str]) -> None:
        """Take a row that is known to be a header. One after others is told as a row."""
        if self._header is not None:
            self.add(row)
        else:
            self._take_header(filled(row))

    def add(self, row: Sequence[str]) -> None:
        """Write a row; an empty one is left out."""
        self.put(filled(row))

    def put(self, cells: Mapping[int, str]) -> None:
        """Write a row given by its filled cells, each on one line, by the number of their column."""
        if not cells:
            return
        if self._header is None and len(cells) > 1:
            self._header = {}
            if looks_like_header(cells.values()):
                self._take_header(cells)
                return
        header = self._header or {}
        self.count += 1
        self._is_untold = False
        self._line(f"{header[column]}: {cell}" if column in header else cell for column, cell in cells.items())

    def close(self) -> None:
        """Write a header that no row followed."""
        if self._is_untold:
            self._line(self.columns)

    def _take_header(self, cells: Mapping[int, str]) -> None:
        self._header = dict(cells)
        self._is_untold = True

    def _line(self, parts: Iterable[str]) -> None:
        self._writer.add("; ".join(parts), self._gap)
        self._gap = "\n"


def filled(row: Sequence[str]) -> dict[int, str]:
    """The cells of a row that are not empty, by the number of their column."""
    return {column: text for column, cell in enumerate(row) if (text := flat(cell))}


def flat(cell: str) -> str:
    """A cell on one line."""
    return " ".join(cell.split())


def looks_like_header(cells: Collection[str]) -> bool:
    """Whether cells are names of columns, by themselves."""
    if len({cell.casefold() for cell in cells}) < len(cells):
        return False
    return all(len(cell) <= HEADER_CHARS and not is_number(cell) for cell in cells)


def is_number(cell: str) -> bool:
    """Whether a cell is an amount, a date or the like: no letter in it, but a digit."""
    return any(character.isdigit() for character in cell) and not any(character.isalpha() for character in cell)
