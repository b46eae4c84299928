"""An engine's message as it may be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.sources.scrubbing import LONGEST, scrubbed


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ('near "/": syntax error', 'near "/": syntax error'),
        ("division of a/b by zero", "division of a/b by zero"),
        ("cannot open /srv/data/shop.sqlite: denied", "cannot open …: denied"),
        ("cannot open 'C:\\data\\shop.duckdb'", "cannot open '…'"),
        ("no route to postgresql://ada:pw@db.example.org/shop now", "no route to … now"),
        ("no column Secrets.x, secrets_2.y or s.z", "no column ….x, secrets_2.y or ….z"),
        ("two\nlines\tand \x1b[31ma colour", "two lines and [31ma colour"),
    ],
)
def test_a_message_is_told_without_what_is_not_shared(message: str, told: str) -> None:
    assert scrubbed(message, ["secrets", "s", ""]) == told


@given(st.text(), st.lists(st.text()))
def test_a_message_is_one_short_line(message: str, names: list[str]) -> None:
    told = scrubbed(message * 50, names)
    assert len(told) <= LONGEST
    assert told.isprintable()
