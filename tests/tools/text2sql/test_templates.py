"""A verified question with other values is answered by its own query, or not at all."""

from dataclasses import replace
from datetime import date

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from storage.sources.source import Dialect
from tests.tools.text2sql.learned import ASKED, catalog, pattern
from tools.text2sql.catalog import catalog_of
from tools.text2sql.templating.templates import fit, similar, template_of

DIALECTS: tuple[Dialect, ...] = ("sqlite", "duckdb", "postgres", "mysql")
PAID = ("How many paid orders are there?", "SELECT COUNT(*) FROM orders WHERE status = 'paid'")
CITIES = ("Customers in Berlin or Paris", "SELECT name FROM customers AS c WHERE c.city IN ('Berlin', 'Paris')")
TOP = (
    "Top 5 customers with more than 5 orders over 1,000",
    "SELECT c.name FROM customers AS c JOIN orders AS o ON o.customer_id = c.id WHERE o.amount > 1000 "
    "GROUP BY c.name HAVING COUNT(*) > 5 LIMIT 5",
)
MARCH = (
    "Revenue in March 2024",
    "SELECT SUM(amount) FROM orders WHERE placed_at >= '2024-03-01' AND placed_at < '2024-04-01'",
)


def fitted(verified: tuple[str, str], question: str, *, dialect: Dialect = "sqlite", today: date = ASKED) -> str | None:
    """The query for the question; None for no answer."""
    known = catalog(dialect)
    found = fit(question, pattern(*verified, known), known, today)
    return found.sql if found else None


def swapped(verified: tuple[str, str], *pairs: str) -> str:
    """The verified query with each ``old>new`` exchanged."""
    sql = pattern(*verified).sql
    for pair in pairs:
        old, _, new = pair.partition(">")
        assert old in sql
        sql = sql.replace(old, new)
    return sql


@pytest.mark.parametrize(
    "question",
    [
        "How many paid orders are there?",
        "how many PAID orders are there",
        "Can you please tell me how many paid orders are there? Thanks",
        "I would like to know how many “paid” orders are there.",
    ],
)
def test_the_same_question_keeps_its_query(question: str) -> None:
    assert fitted(PAID, question) == PAID[1]


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many cancelled orders are there?", "cancelled"),
        ("how many in progress orders are there", "in_progress"),
        ("how many pending orders are there", "PENDING"),
    ],
)
def test_another_stored_value_takes_the_place_of_the_first(question: str, value: str) -> None:
    assert fitted(PAID, question) == swapped(PAID, f"paid>{value}")


@pytest.mark.parametrize(
    "question",
    [
        "How many refunded orders are there?",  # stored nowhere
        "How many Berlin orders are there?",  # stored in another column
        "How many paid customers are there?",  # another word
        "How many paid orders are there in Berlin?",  # more words
        "How many orders are there?",
        "How many unpaid orders are there?",
        "How many paid orders are not there?",
        "",
        "?" * 50_000,
    ],
)
def test_what_is_no_value_of_the_column_or_another_question_gets_no_answer(question: str) -> None:
    assert fitted(PAID, question) is None


def test_several_values_are_exchanged_at_once() -> None:
    expected = swapped(CITIES, "'Berlin', 'Paris'>'The Hague', 'San José'")
    assert fitted(CITIES, "Customers in the Hague or San Jose") == expected
    assert fitted(CITIES, "customers in Paris or Berlin") == swapped(CITIES, "'Berlin', 'Paris'>'Paris', 'Berlin'")
    assert fitted(CITIES, "customers in New York or York") == swapped(CITIES, "'Berlin', 'Paris'>'New York', 'York'")


def test_the_column_of_the_literal_decides_where_a_value_has_to_be_stored() -> None:
    """Rome is a city of orders, not of customers."""
    assert fitted(CITIES, "Customers in Rome or Paris") is None
    orders = ("Orders in Berlin", "SELECT o.id FROM orders AS o JOIN customers AS c ON TRUE WHERE o.city = 'Berlin'")
    assert fitted(orders, "Orders in Rome") == swapped(orders, "Berlin>Rome")
    assert fitted(orders, "Orders in York") is None


def test_a_value_used_for_two_columns_has_to_be_stored_in_both() -> None:
    both = (
        "Orders from Berlin",
        "SELECT o.id FROM orders AS o JOIN customers AS c ON c.id = o.customer_id "
        "WHERE o.city = 'Berlin' OR c.city = 'Berlin'",
    )
    assert fitted(both, "Orders from Paris") == swapped(both, "Berlin>Paris")
    assert fitted(both, "Orders from Rome") is None


def test_a_value_that_is_stored_twice_is_none_unless_it_is_written_alike() -> None:
    price = ("Price of iPhone 12", "SELECT price FROM products WHERE name = 'iPhone 12'")
    assert fitted(price, "price of galaxy s20") == swapped(price, "iPhone 12>Galaxy S20")
    assert fitted(price, "price of Desk") == swapped(price, "iPhone 12>Desk")
    assert fitted(price, "price of DESK") is None
    assert fitted(price, "price of iPhone 13") is None


def test_a_label_of_the_old_value_gives_no_answer() -> None:
    assert (
        fitted(
            (PAID[0], f"SELECT 'paid' AS kind, {PAID[1].removeprefix('SELECT ')}"),
            "How many cancelled orders are there",
        )
        is None
    )


@pytest.mark.parametrize(
    "test",
    [
        "status IN ('paid', 'in_progress')",
        "(status = 'paid' OR status = 'in_progress')",
        "status = 'paid' AND status <> 'x'",
    ],
)
def test_a_value_that_implies_others_of_its_column_gets_no_answer(test: str) -> None:
    assert (
        fitted((PAID[0], f"SELECT COUNT(*) FROM orders WHERE {test}"), "How many cancelled orders are there?") is None
    )


def test_a_value_of_another_column_that_nobody_named_stays() -> None:
    paid = ("Paid orders", "SELECT id FROM orders WHERE status = 'paid' AND city <> 'Rome'")
    assert fitted(paid, "cancelled orders") == swapped(paid, "paid>cancelled")


def test_a_value_is_written_in_the_case_that_the_query_compares() -> None:
    lower = ("How many laptops?", "SELECT COUNT(*) FROM products WHERE LOWER(category) = 'laptops'")
    assert fitted(lower, "How many phones?") == swapped(lower, "laptops>phones")
    assert fitted(lower, "How many home decor?") == swapped(lower, "laptops>home decor")


def test_figures_that_are_stored_texts_are_values() -> None:
    zips = ("Customers in zip 10115", "SELECT name FROM customers WHERE zip = '10115'")
    assert fitted(zips, "customers in zip 75001") == swapped(zips, "10115>75001")
    assert fitted(zips, "customers in zip 99999") is None


def test_what_both_questions_quote_may_be_anything() -> None:
    named = ('Price of "iPhone 12"', "SELECT price FROM products WHERE name = 'iPhone 12'")
    assert fitted(named, 'Price of "x\' OR 1=1 --"') == "SELECT price FROM products WHERE name = 'x'' OR 1=1 --'"
    assert fitted(named, "Price of nothing") is None


def test_a_single_word_may_be_looked_for_inside_of_texts() -> None:
    inside = ("Products containing phone", "SELECT name FROM products WHERE name LIKE '%phone%'")
    assert fitted(inside, "products containing tablet") == swapped(inside, "phone>tablet")
    assert fitted(inside, "products containing tablet or desk") is None
    assert fitted(inside, 'products containing "100%"') is None


@pytest.mark.parametrize(
    ("question", "over", "orders", "limit"),
    [
        ("Top 3 customers with more than 5 orders over 1000", "1000", "5", "3"),
        ("top five customers with more than ten orders over 1,000", "1000", "10", "5"),
        ("top 3 customers with more than 7 orders over 2.5k", "2500", "7", "3"),
        ("top 5 customers with more than 5 orders over two thousand", "2000", "5", "5"),
        ("top 5 customers with more than 5 orders over 99.95", "99.95", "5", "5"),
    ],
)
def test_numbers_go_where_the_words_put_them(question: str, over: str, orders: str, limit: str) -> None:
    expected = (
        "SELECT c.name FROM customers AS c JOIN orders AS o ON o.customer_id = c.id "
        f"WHERE o.amount > {over} GROUP BY c.name HAVING COUNT(*) > {orders} LIMIT {limit}"
    )
    assert fitted(TOP, question) == expected


def test_a_number_in_two_places_for_two_reasons_gets_no_answer() -> None:
    two = ("Orders over 5", "SELECT id FROM orders WHERE amount > 5 AND customer_id <> 5")
    assert fitted(two, "Orders over 5") == two[1]
    assert fitted(two, "Orders over 6") is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM orders WHERE amount >= 6",
        "SELECT id FROM orders WHERE amount > 2 * 3",
        "SELECT SUM(amount) / 5.0 FROM orders WHERE amount > 5",
        "SELECT id FROM orders",
    ],
)
def test_a_number_that_the_query_does_not_hold_as_such_gets_no_answer(sql: str) -> None:
    assert fitted(("Orders over 5", sql), "Orders over 7") is None


def test_a_percentage_may_be_a_fraction() -> None:
    share = ("Orders over 50% of it", "SELECT id FROM orders WHERE amount > 0.5")
    assert fitted(share, "orders over 75 % of it") == swapped(share, "0.5>0.75")
    assert fitted(share, "orders over 75 of it") is None


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("revenue in April 2023", "2023-04-01", "2023-05-01"),
        ("revenue in december 2024", "2024-12-01", "2025-01-01"),
        ("revenue in 2023", "2023-01-01", "2024-01-01"),
        ("revenue in Q3 2023", "2023-07-01", "2023-10-01"),
        ("revenue in the second half of 2023", "2023-07-01", "2024-01-01"),
        ("revenue in 2023-11", "2023-11-01", "2023-12-01"),
    ],
)
def test_a_half_open_range_takes_another_period(question: str, start: str, end: str) -> None:
    assert fitted(MARCH, question) == swapped(MARCH, f"2024-03-01>{start}", f"2024-04-01>{end}")


@pytest.mark.parametrize(
    ("dialect", "test", "other"),
    [
        ("sqlite", "STRFTIME('%Y', placed_at) = '2024'", "STRFTIME('%Y', placed_at) = '2022'"),
        ("sqlite", "placed_at LIKE '2024-%'", "placed_at LIKE '2022-%'"),
        (
            "sqlite",
            "placed_at BETWEEN '2024-01-01' AND '2024-12-31'",
            "placed_at BETWEEN '2022-01-01' AND '2022-12-31'",
        ),
        ("mysql", "YEAR(placed_at) = 2024", "YEAR(placed_at) = 2022"),
        ("postgres", "EXTRACT(YEAR FROM placed_at) = 2024", "EXTRACT(YEAR FROM placed_at) = 2022"),
        (
            "duckdb",
            "DATE_TRUNC('YEAR', placed_at) = CAST('2024-01-01' AS DATE)",
            "DATE_TRUNC('YEAR', placed_at) = CAST('2022-01-01' AS DATE)",
        ),
        (
            "postgres",
            "placed_at >= CAST('2024-01-01' AS DATE) AND placed_at < CAST('2024-01-01' AS DATE) + INTERVAL '1 YEAR'",
            "placed_at >= CAST('2022-01-01' AS DATE) AND placed_at < CAST('2022-01-01' AS DATE) + INTERVAL '1 YEAR'",
        ),
    ],
)
def test_a_year_is_known_in_the_forms_of_each_dialect(dialect: Dialect, test: str, other: str) -> None:
    year = ("Revenue in 2024", f"SELECT SUM(amount) FROM orders WHERE {test}")
    assert fitted(year, "Revenue in 2022", dialect=dialect) == f"SELECT SUM(amount) FROM orders WHERE {other}"


@pytest.mark.parametrize(
    ("test", "other"),
    [
        ("placed_at LIKE '2024-03%'", "placed_at LIKE '2023-11%'"),
        ("STRFTIME('%Y-%m', placed_at) = '2024-03'", "STRFTIME('%Y-%m', placed_at) = '2023-11'"),
        (
            "STRFTIME('%Y', placed_at) = '2024' AND STRFTIME('%m', placed_at) = '03'",
            "STRFTIME('%Y', placed_at) = '2023' AND STRFTIME('%m', placed_at) = '11'",
        ),
        (
            "placed_at BETWEEN '2024-03-01' AND '2024-03-31 23:59:59'",
            "placed_at BETWEEN '2023-11-01' AND '2023-11-30 23:59:59'",
        ),
    ],
)
def test_a_month_is_known_in_its_forms(test: str, other: str) -> None:
    month = ("Revenue in March 2024", f"SELECT SUM(amount) FROM orders WHERE {test}")
    assert fitted(month, "Revenue in November 2023") == f"SELECT SUM(amount) FROM orders WHERE {other}"


def test_a_quarter_is_known_by_its_parts() -> None:
    year, quarter = "EXTRACT(YEAR FROM placed_at)", "EXTRACT(QUARTER FROM placed_at)"
    second = ("Revenue in Q2 2024", f"SELECT SUM(amount) FROM orders WHERE {year} = 2024 AND {quarter} = 2")
    expected = f"SELECT SUM(amount) FROM orders WHERE {year} = 2023 AND {quarter} = 1"
    assert fitted(second, "Revenue in the first quarter of 2023", dialect="postgres") == expected


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        # the year stands nowhere
        ("SELECT SUM(amount) FROM orders WHERE STRFTIME('%m', placed_at) = '03'", "Revenue in March 2023"),
        # a part of the year before, of which the question says nothing
        (f"{MARCH[1]} AND STRFTIME('%Y', placed_at) <> '2023'", "Revenue in April 2024"),
        (f"{MARCH[1]} OR placed_at > '2023-07-01'", "Revenue in April 2024"),
        # parts of a month do not say a year
        ("SELECT SUM(amount) FROM orders WHERE placed_at LIKE '2024-03%'", "Revenue in 2024"),
        ("SELECT SUM(amount) FROM orders WHERE DATE_TRUNC('month', placed_at) = '2024-03-01'", "Revenue in 2023"),
        (MARCH[1], "Revenue in March"),
        (MARCH[1], "Revenue in 5"),
    ],
)
def test_a_period_that_the_query_does_not_show_whole_gets_no_answer(sql: str, question: str) -> None:
    assert fitted((MARCH[0], sql), question) is None


def test_two_periods_are_told_apart_by_their_edges() -> None:
    span = (
        "Revenue from 2021 to 2023",
        "SELECT SUM(amount) FROM orders WHERE placed_at BETWEEN '2021-01-01' AND '2023-12-31'",
    )
    expected = swapped(span, "2021-01-01>2019-01-01", "2023-12-31>2020-12-31")
    assert fitted(span, "revenue from 2019 to 2020") == expected


def test_two_periods_that_made_one_range_have_to_meet_again() -> None:
    two = (
        "Orders in January 2024 and February 2024",
        "SELECT id FROM orders WHERE placed_at >= '2024-01-01' AND placed_at < '2024-03-01'",
    )
    expected = swapped(two, "2024-03-01>2024-05-01", "2024-01-01>2024-03-01")
    assert fitted(two, "orders in March 2024 and April 2024") == expected
    assert fitted(two, "orders in March 2024 and May 2024") is None


def test_days_are_read_in_several_ways_of_writing() -> None:
    since = ("Orders since January 15, 2024", "SELECT id FROM orders WHERE placed_at >= '2024-01-15'")
    for written in ("3rd of February 2023", "Feb 3 2023", "2023-02-03", "3 February 2023"):
        assert fitted(since, f"orders since {written}") == swapped(since, "2024-01-15>2023-02-03")
    assert fitted(since, "orders since 2023") == swapped(since, "2024-01-15>2023-01-01")
    assert fitted(since, "orders since 02/03/2023") is None


def test_last_month_moves_on_with_the_days() -> None:
    last = (
        "Revenue last month",
        "SELECT SUM(amount) FROM orders WHERE placed_at >= '2024-05-01' AND placed_at < '2024-06-01'",
    )
    assert fitted(last, "revenue last month") == last[1]
    august = date(2024, 8, 2)
    assert fitted(last, "revenue last month", today=august) == swapped(
        last, "2024-06-01>2024-08-01", "2024-05-01>2024-07-01"
    )
    year = swapped(last, "2024-05-01>2023-01-01", "2024-06-01>2024-01-01")
    assert fitted(last, "revenue last year", today=august) == year


@pytest.mark.parametrize(
    ("dialect", "since"),
    [
        ("sqlite", "DATE('now', '-7 days')"),
        ("duckdb", "CURRENT_DATE - INTERVAL '7' DAY"),
        ("postgres", "CURRENT_DATE - INTERVAL '7 DAYS'"),
        ("mysql", "DATE_SUB(CURRENT_DATE, INTERVAL '7' DAY)"),
    ],
)
def test_a_query_that_looks_at_the_clock_takes_another_number_of_days(dialect: Dialect, since: str) -> None:
    week = ("Orders in the last 7 days", f"SELECT id FROM orders WHERE placed_at >= {since}")
    later = date(2025, 1, 1)
    assert fitted(week, "orders in the past seven days", dialect=dialect, today=later) == week[1]
    assert fitted(week, "orders in the last 30 days", dialect=dialect, today=later) == week[1].replace("7", "30")
    assert fitted(week, "orders in the last 2 weeks", dialect=dialect) is None


def test_a_span_that_implies_another_gets_no_answer() -> None:
    two = (
        "Growth in the last 7 days",
        "SELECT COUNT(*) FROM orders WHERE placed_at >= DATE('now', '-7 days') OR placed_at < DATE('now', '-14 days')",
    )
    assert fitted(two, "growth in the last 30 days") is None


def test_a_month_without_a_year_is_of_the_year_of_the_query_and_never_to_come() -> None:
    march = ("Orders in March", "SELECT id FROM orders WHERE placed_at >= '2024-03-01' AND placed_at < '2024-04-01'")
    assert fitted(march, "orders in May") == swapped(march, "2024-04-01>2024-06-01", "2024-03-01>2024-05-01")
    assert fitted(march, "orders in October") is None
    assert fitted(march, "orders in March", today=date(2025, 4, 1)) is None
    any_year = ("Orders in March", "SELECT id FROM orders WHERE STRFTIME('%m', placed_at) = '03'")
    assert fitted(any_year, "orders in October", today=date(2025, 4, 1)) == swapped(any_year, "03>10")


def test_dates_that_were_right_on_another_day_get_no_answer() -> None:
    overdue = ("Overdue orders", "SELECT id FROM orders WHERE placed_at < '2024-06-15'")
    assert fitted(overdue, "overdue orders") == overdue[1]
    assert fitted(overdue, "overdue orders", today=date(2024, 6, 16)) is None


def test_names_that_hold_the_old_value_follow() -> None:
    """A count of cancelled orders must not be headed paid_orders."""
    named = (PAID[0], "SELECT COUNT(*) AS paid_orders FROM orders WHERE status = 'paid' ORDER BY paid_orders")
    expected = (
        "SELECT COUNT(*) AS in_progress_orders FROM orders WHERE status = 'in_progress' ORDER BY in_progress_orders"
    )
    assert fitted(named, "how many in progress orders are there") == expected
    year = (
        "Revenue in 2024",
        "SELECT SUM(amount) AS revenue_2024 FROM orders WHERE STRFTIME('%Y', placed_at) = '2024'",
    )
    assert fitted(year, "Revenue in 2023") == swapped(year, "2024>2023")


def test_a_column_is_traced_through_derived_tables() -> None:
    nested = (
        PAID[0],
        "WITH o AS (SELECT status AS s FROM orders) SELECT COUNT(*) FROM (SELECT * FROM o) AS q WHERE q.s = 'paid'",
    )
    assert fitted(nested, "How many cancelled orders are there?") == swapped(nested, "paid>cancelled")


def test_a_query_that_reads_itself_has_an_end() -> None:
    loop = (PAID[0], "WITH RECURSIVE r AS (SELECT * FROM r) SELECT COUNT(*) FROM r WHERE status = 'paid'")
    assert fitted(loop, "How many cancelled orders are there?") is None


def test_what_was_exchanged_is_told() -> None:
    known = catalog()
    found = fit("Customers in York or Paris", pattern(*CITIES), known, ASKED)
    assert found is not None
    assert found.reading == "verified for 'Customers in Berlin or Paris', with 'York' for 'Berlin'"


def test_a_query_that_cannot_be_read_has_no_template() -> None:
    assert template_of(PAID[0], "SELECT (((", catalog()) == ""
    assert fit(PAID[0], replace(pattern(*PAID), sql="SELECT ((("), catalog(), ASKED) is None


VALUE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(
    str.strip
)


@settings(deadline=None)
@given(value=VALUE, dialect=st.sampled_from(DIALECTS))
def test_a_quoted_value_never_leaves_its_literal(value: str, dialect: Dialect) -> None:
    known = catalog(dialect)
    quoted = pattern('Price of "Desk"', "SELECT price FROM products WHERE name = 'Desk'", known)
    if (found := fit(f'Price of "{value}"', quoted, known, ASKED)) is None:
        return
    tree = sqlglot.parse_one(found.sql, read=dialect)
    (literal,) = tree.find_all(exp.Literal)
    assert literal.is_string
    literal.set("this", "Desk")
    assert tree.sql(dialect=dialect) == quoted.sql


@settings(deadline=None)
@given(
    cities=st.tuples(*[st.sampled_from(["Berlin", "Paris", "New York", "York", "O'Neill's", 'a"b', "c\\d"])] * 2),
    limit=st.integers(2, 10**6),
    dialect=st.sampled_from(DIALECTS),
)
def test_values_put_in_and_taken_back_give_the_first_query(
    cities: tuple[str, str], limit: int, dialect: Dialect
) -> None:
    schema = catalog(dialect).schema
    known = catalog_of(
        schema, {("customers", "city"): ("Berlin", "Paris", "New York", "York", "O'Neill's", 'a"b', "c\\d")}
    )
    first = pattern(
        "Top 9 customers in Rome or in Oslo",
        "SELECT name FROM customers WHERE city = 'Rome' OR city = 'Oslo' ORDER BY id LIMIT 9",
        known,
    )
    known_too = catalog_of(schema, {("customers", "city"): (*known.values["customers", "city"], "Rome", "Oslo")})
    question = f"top {limit} customers in {cities[0]} or in {cities[1]}"
    there = fit(question, first, known_too, ASKED)
    assert there is not None
    strings = [node.this for node in sqlglot.parse_one(there.sql, read=dialect).find_all(exp.Literal) if node.is_string]
    assert sorted(strings) == sorted(cities)
    back = fit(first.question, pattern(question, there.sql, known_too), known_too, ASKED)
    if cities[0] != cities[1]:
        assert back is not None
        assert back.sql == first.sql


def test_the_likest_questions_are_found_first() -> None:
    questions = [
        "How many paid orders are there?",
        "Average price of laptops by category",
        "Which customers have the most orders?",
        "Customers in Berlin",
    ]
    known = [replace(pattern(each, "SELECT 1"), pattern_id=f"sql_{at}") for at, each in enumerate(questions)]
    found = similar("Which customers ordered the most laptops?", known)
    assert [each.pattern_id for each in found][:1] == ["sql_2"]
    assert similar("What is the weather?", known) == []
    assert (
        similar("cancelled orders", [known[0], replace(known[0], pattern_id="sql_9", sql="SELECT 2")], 3) == known[:1]
    )
