"""Spans of time as questions write them."""

from datetime import date

import pytest

from tools.text2sql.generator.language.dates import Period, period_at
from tools.text2sql.generator.language.words import tokens

TODAY = date(2025, 3, 15)  # a Saturday


def span(text: str) -> tuple[str, str]:
    found = period_at(tokens(text), 0, TODAY)
    assert found is not None
    assert found[1] == len(tokens(text))
    return str(found[0].start), str(found[0].end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01", "2025-01-01"),
        ("the year 2024", "2024-01-01", "2025-01-01"),
        ("March 2024", "2024-03-01", "2024-04-01"),
        ("december of 2023", "2023-12-01", "2024-01-01"),
        ("Sept 2024", "2024-09-01", "2024-10-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("5 March 2024", "2024-03-05", "2024-03-06"),
        ("March 5, 2024", "2024-03-05", "2024-03-06"),
        ("5th of March 2024", "2024-03-05", "2024-03-06"),
        ("Q3 2024", "2024-07-01", "2024-10-01"),
        ("2024 Q3", "2024-07-01", "2024-10-01"),
        ("third quarter of 2024", "2024-07-01", "2024-10-01"),
        ("4th quarter 2024", "2024-10-01", "2025-01-01"),
        ("first half of 2024", "2024-01-01", "2024-07-01"),
        ("today", "2025-03-15", "2025-03-16"),
        ("yesterday", "2025-03-14", "2025-03-15"),
        ("this week", "2025-03-10", "2025-03-17"),
        ("last week", "2025-03-03", "2025-03-10"),
        ("last month", "2025-02-01", "2025-03-01"),
        ("this quarter", "2025-01-01", "2025-04-01"),
        ("last year", "2024-01-01", "2025-01-01"),
        ("next month", "2025-04-01", "2025-05-01"),
        ("last 30 days", "2025-02-14", "2025-03-16"),
        ("past three months", "2024-12-16", "2025-03-16"),
    ],
)
def test_a_span_runs_from_its_first_day_to_before_the_day_after(text: str, start: str, end: str) -> None:
    assert span(text) == (start, end)


@pytest.mark.parametrize("text", ["March", "Q3", "5 March"])
def test_a_span_without_its_year_says_so(text: str) -> None:
    found = period_at(tokens(text), 0, TODAY)
    assert found is not None
    assert found[0].is_vague


@pytest.mark.parametrize("text", ["may I", "2024-13-01", "1500", "12", "9999-12-31", "¹", "last"])
def test_what_is_no_span_is_none(text: str) -> None:
    assert period_at(tokens(text), 0, TODAY) is None


def test_a_span_is_written_with_its_last_day() -> None:
    assert str(Period(date(2024, 1, 1), date(2024, 2, 1))) == "2024-01-01 to 2024-01-31"
