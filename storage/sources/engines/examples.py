"""Which values of columns are told as examples, and how far we look for them."""

from collections.abc import Sequence

from storage.sources.schema import Table

SAMPLE_ROWS = 100_000
"""Text: the commonest among so many rows, the first ones there are."""
OTHER_SAMPLE_ROWS = 1_000
OTHER_VALUES = 3
LONGEST_VALUE = 60
LEAST_SECONDS = 0.05
"""With less time left, no further column is begun."""


def told(table: Table | None, columns: Sequence[str]) -> list[str]:
    """Those of the columns that are shared and not masked, as the database writes them."""
    known = () if table is None else table.columns
    names = {column.name.lower(): column.name for column in known if not column.is_masked}
    return [names[name.lower()] for name in columns if name.lower() in names]
