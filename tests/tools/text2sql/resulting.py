"""Results of queries, made by hand or by hypothesis."""

from collections.abc import Sequence
from typing import get_args

from hypothesis import strategies as st

from storage.sources.fetched import Cell, Fetched, Role

Rows = Sequence[tuple[Cell, ...]]

NAMES = st.one_of(
    st.sampled_from(
        ["id", "year", "month", "total", "count(*)", 'SUM("o.total")', "a.b[0]", "it's", "__proto__", "share"]
    ),
    st.text(max_size=12),
)
TIMES = st.one_of(st.dates().map(str), st.datetimes().map(str), st.sampled_from(["2024-05", "2024", "10:30:00"]))
NUMBERS = st.one_of(
    st.integers(-5, 2100), st.integers(), st.floats(), st.sampled_from(["1.5", "12345678901234567890.5"])
)
TEXTS = st.one_of(st.sampled_from(["a", "b", "Jan", "Feb", "2024-Q1"]), st.text(max_size=12))
CELLS: dict[Role, st.SearchStrategy[Cell]] = {
    "number": NUMBERS,
    "text": TEXTS,
    "date": TIMES,
    "time": TIMES,
    "boolean": st.booleans(),
    "other": TEXTS,
}


def result(columns: str | Sequence[str], roles: str, rows: Rows, *, is_truncated: bool = False) -> Fetched:
    """A result. Roles are written by their first letters: ``tn`` is a text and a number, ``m`` is a moment."""
    names = {"n": "number", "t": "text", "d": "date", "m": "time", "b": "boolean", "o": "other"}
    by_name = {role: role for role in get_args(Role)}
    found = tuple(by_name[names[letter]] for letter in roles)
    named = tuple(columns.split()) if isinstance(columns, str) else tuple(columns)
    return Fetched(named, found, tuple(rows), is_truncated, 1.0)


@st.composite
def results(draw: st.DrawFn) -> Fetched:
    """Any result: hostile names, few or many rows, cells that are null or do not suit their column's role. Most end in
    a number, and in half of them the first column tells the rows apart, as in an answer to a question."""
    columns = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    roles = [draw(st.sampled_from(get_args(Role))) for _ in columns]
    roles[-1] = draw(st.sampled_from(["number", "number", "number", roles[-1]]))
    cells = [CELLS[role] if at == 0 else st.one_of(CELLS[role], st.none()) for at, role in enumerate(roles)]
    rows = draw(
        st.lists(st.tuples(*cells), max_size=40, unique_by=draw(st.sampled_from([None, lambda row: str(row[0])])))
    )
    return Fetched(tuple(columns), tuple(roles), tuple(rows), draw(st.booleans()), 1.0)
