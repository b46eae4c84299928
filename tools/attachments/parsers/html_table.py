"""An HTML table: its rows told one by one. A table within a cell is told as the cell's text."""

from tools.attachments.parsers.content import Writer
from tools.attachments.parsers.rows import Rows


class Table:
    """Receives the tags and texts of a table, from its start tag on."""

    def __init__(self, writer: Writer) -> None:
        self._rows = Rows(writer)
        self._depth = 1
        self._cells: list[str] = []
        self._cell: list[str] = []
        self._is_cell = False
        self._is_header = True

    @property
    def is_open(self) -> bool:
        return self._depth > 0

    def text(self, text: str) -> None:
        self._cell.append(text)

    def start(self, name: str) -> None:
        """A start tag within the table."""
        self._depth += name == "table"
        if self._depth > 1 or name not in {"td", "th", "tr"}:
            self._cell.append(" ")
            return
        self._end_cell()
        if name == "tr":
            self._end_row()
        else:
            self._is_cell = True
            self._is_header = self._is_header and name == "th"

    def end(self, name: str) -> None:
        """An end tag within the table, or its own."""
        self._depth -= name == "table"
        if not self.is_open:
            self.close()
        elif self._depth > 1 or name not in {"td", "th", "tr", "caption"}:
            self._cell.append(" ")
        else:
            self._end_cell()
            if name in {"tr", "caption"}:
                self._end_row()

    def close(self) -> None:
        """Write what is left."""
        self._end_cell()
        self._end_row()
        self._rows.close()

    def _end_cell(self) -> None:
        """Take the cell; text beside cells (a caption) is one too, white space is not."""
        text = "".join(self._cell)
        if self._is_cell or text.strip():
            self._cells.append(text)
        self._cell.clear()
        self._is_cell = False

    def _end_row(self) -> None:
        if self._is_header and len(self._cells) > 1:
            self._rows.head(self._cells)
        else:
            self._rows.add(self._cells)
        self._cells.clear()
        self._is_header = True
