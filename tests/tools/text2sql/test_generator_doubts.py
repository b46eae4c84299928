"""Questions that have an easy reading and a right one: the built-in generator takes no guess between the two."""

from datetime import date

import pytest

from storage.sources.schema import Column, ForeignKey, Schema, Table
from tools.text2sql.catalog import Catalog, catalog_of
from tools.text2sql.generator.drafting import Draft, draft

TODAY = date(2025, 3, 15)
DAYS = ("2023-05-01", "2024-02-03", "2025-01-09")
TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "skippers": {"id": (), "first_name": ("Ada", "Ben"), "last_name": ("Stone", "Frost"), "licensed_on": DAYS},
    "sailors": {"id": (), "name": ("Cleo Marsh", "Dag Vale"), "town": ("Oslo", "Kiel"), "left_on?": DAYS},
    "boats": {
        "id": (),
        "boat_name": ("Gull", "Tern", "Skua"),
        "rig": ("Sloop", "Ketch"),
        "mooring": ("North pier", "South pier"),
        "status": ("Sold", "Afloat", "Active"),
        "asking_price:int": ("900", "1200"),
        "length_m:real": ("7.5", "9"),
        "year_built:int": ("1990", "2005"),
        "surveyed_on": DAYS,
    },
    "trips": {
        "id": (),
        "boat_id:int": (),
        "lead_skipper_id:int?": (),
        "booked_on": DAYS,
        "departure": DAYS,
        "finished_on?": DAYS,
        "state": ("finished", "planned"),
        "guests:int": ("2", "4"),
    },
    "lookouts": {"id": (), "trip_id:int": (), "skipper_id:int": (), "hours:real": ("2", "3")},
    "bookings": {
        "id": (),
        "trip_id:int": (),
        "sailor_id:int": (),
        "berth": ("bow", "stern"),
        "channel": ("mail", "web"),
    },
    "fines": {"id": (), "sailor_id:int": (), "amount:real": ("5", "9"), "issued_on": DAYS},
    "sales": {"id": (), "boat_id:int": (), "sale_price:real": ("800", "1100"), "sold_to": ("Ida", "Jo")},
    "offers": {"id": (), "boat_id:int": (), "amount:real": ("700", "1000"), "made_on": DAYS},
}
KEYS = {
    "trips": {"boat_id": "boats", "lead_skipper_id": "skippers"},
    "lookouts": {"trip_id": "trips", "skipper_id": "skippers"},
    "bookings": {"trip_id": "trips", "sailor_id": "sailors"},
    "fines": {"sailor_id": "sailors"},
    "sales": {"boat_id": "boats"},
    "offers": {"boat_id": "boats"},
}


def _club() -> Catalog:
    tables = tuple(_table(name, columns) for name, columns in TABLES.items())
    values = {(name, _name(each)): held for name, columns in TABLES.items() for each, held in columns.items()}
    return catalog_of(Schema("sqlite", tables, "1", {}), values)


def _name(column: str) -> str:
    return column.rstrip("?").partition(":")[0]


def _table(name: str, columns: dict[str, tuple[str, ...]]) -> Table:
    typed = (
        Column(_name(each), "int" if each == "id" else each.rstrip("?").partition(":")[2] or "text", each[-1] == "?")
        for each in columns
    )
    keys = tuple(ForeignKey((column,), table, ("id",)) for column, table in KEYS.get(name, {}).items())
    return Table(name, tuple(typed), primary_key=("id",), foreign_keys=keys, rows=40)


CLUB = _club()


def sql(question: str) -> str:
    """The SQL, or nothing where the generator declines."""
    found = draft(question, CLUB, TODAY)
    return found.sql if isinstance(found, Draft) else ""


@pytest.mark.parametrize(
    "question",
    [
        "boats longer than 8 m, and who sailed them",
        "Do sailors like Ben Frost as a skipper?",
        "sailors who only booked trips in 2024",
        "sailors who booked all trips",
        "What do we take in per month from active boats?",
        "How many sailors are currently with us?",
        "sailors who booked a bow berth and a finished trip",
        "Which sailors booked Gull and Tern?",
        "Who was on trip 7? Names please",
        "Who works here?",
    ],
)
def test_a_question_for_more_than_its_nouns_say_is_left_alone(question: str) -> None:
    assert not sql(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many trips in July 2024?",  # booked or sailed
        "number of departures per month",  # rows, or their dates
        "oldest boat",  # by the year it was built, or by its survey
        "total value of boats sold in 2024",
        "top 3 sailors by fines",
        "fines per month",
        "Which skippers worked on trips of Gull?",  # as a lead, or as a lookout
        "boats that were sold in 2024",
        "active offers",
        "Which berth comes up most often?",
        "trips running in 2024",
        "boats over 10 percent and over 20 percent",
        "What is the mooring of boats?",
        "sailors over 40",
        "average number of guests per boat",
        "boats not surveyed since 2024",
        "largest boat",  # in length, or in price
        "lookouts that worked more than 2 trips",
    ],
)
def test_two_columns_or_tables_of_equal_right_are_not_chosen_from(question: str) -> None:
    assert not sql(question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Could you list the sailors in Oslo?", "FROM sailors WHERE town = 'Oslo'"),
        ("Are there sailors without a booking?", "NOT EXISTS"),
        ("How many trips were placed in July 2024?", "booked_on >= '2024-07-01'"),
        ("trips finished in 2024", "finished_on >= '2024-01-01'"),
        ("bookings made by mail", "channel = 'mail'"),
        ("total fines in 2024", "SUM(amount)"),
        ("total sales value per boat", "SUM(sales.sale_price)"),
        ("Which boats haven't sold?", "status <> 'Sold'"),
        ("Which skipper has the most trip lookouts?", "FROM lookouts"),
        ("sloops with their asking prices", "SELECT boat_name, asking_price"),
        ("the shortest and longest length of sloops", ""),
        ("lowest and highest asking price", "SELECT MIN(asking_price)"),
        ("sailors in Kiel in alphabetical order", "ORDER BY name ASC"),
        ("offers made in 2024, newest first", "ORDER BY made_on DESC"),
        ("3 boats with the longest length", "ORDER BY length_m DESC LIMIT 3"),
        ("Which customers live in Oslo?", ""),
        ("largest single fine", "ORDER BY amount DESC LIMIT 1"),
        ("sloops built before 2000", "year_built < 2000"),
    ],
)
def test_what_the_words_settle_is_answered(question: str, part: str) -> None:
    found = sql(question)
    assert part in found if part else not found


def test_a_word_is_no_front_of_another_where_names_are_written_out() -> None:
    assert not sql("How many boatswains are there?")
    assert not sql("rigidity of Gull")


def test_a_share_is_not_compared_with_percents() -> None:
    shares = {("loans", "rate"): ("0.05", "0.1"), ("loans", "title"): ("A",)}
    columns = (Column("id", "int", False), Column("title", "text", False), Column("rate", "real", False))
    catalog = catalog_of(Schema("sqlite", (Table("loans", columns, primary_key=("id",)),), "1", {}), shares)
    assert not isinstance(draft("loans with a rate above 7 percent", catalog, TODAY), Draft)
    assert isinstance(draft("loans with a rate above 0.07", catalog, TODAY), Draft)
