"""Questions to the built-in generator, and the rows that its SQL gives."""

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from storage.sources.source import Dialect
from tests.tools.text2sql.generated import SHOP, TODAY, Row, ask, drafted, rows, rows_of_duckdb, shop
from tools.text2sql.generator.drafting import Draft, Unclear, Unsure, draft
from tools.text2sql.generator.linking import links

ADA, BEN, CLEO, DAG = (("Ada", "Stone"), ("Ben", "Frost"), ("Cleo", "Marsh"), ("Dag", "Vale"))

ANSWERS: list[tuple[str, list[Row]]] = [
    ("How many customers do we have?", [(4,)]),
    ("how many customers are from Berlin", [(2,)]),
    ("number of orders placed in 2024", [(3,)]),
    ("How many orders were placed last month?", [(1,)]),
    ("count of pending orders", [(2,)]),
    ("how many different countries are there?", [(3,)]),
    ("Which customers live in Berlin or Paris?", [ADA, BEN, CLEO]),
    ("Please list the German customers", [ADA, BEN]),
    ("active customers", [ADA, CLEO, DAG]),
    ("inactive customers", [BEN]),
    ("customers who are not active", [BEN]),
    ("customers who are not from Germany", [CLEO, DAG]),
    ("customers without an email", [BEN, DAG]),
    ("customers who signed up between 1 May 2024 and 30 June 2024", [BEN, CLEO]),
    ("customers whose last name starts with F", [BEN]),
    ("What is Ada Stone's email?", [("ada@x.example",)]),
    ("products over $20", [("Robot",), ("Atlas",)]),
    ("products with a stock quantity between 3 and 7", [("Robot",), ("Atlas",)]),
    ("products that are out of stock", [("Kite",)]),
    ("products in the toys category", [("Kite",), ("Robot",)]),
    ("show the titles and prices of products in Books", [("Atlas", 30.0)]),
    (
        "list products with their category",
        [("Kite", "Toys"), ("Robot", "Toys"), ("Atlas", "Books"), ("Rake", "Garden")],
    ),
    ("list all cities", [("Berlin",), ("Paris",), ("Oslo",)]),
    ("total revenue in 2024", [(215.0,)]),
    ("What is the average salary in Sales?", [(4600.0,)]),
    ("highest salary", [(5000.0,)]),
    ("What was the latest order date?", [("2025-03-01",)]),
    ("how much did Ada Stone spend in 2024?", [(135.0,)]),
    ("How many orders per status?", [("shipped", 2), ("pending", 2), ("cancelled", 1)]),
    ("average price by category", [("Toys", 46.25), ("Books", 30.0), ("Garden", 18.0)]),
    ("orders by country", [("Germany", 4), ("France", 1)]),
    ("revenue per month in 2024", [("2024-01", 105.0), ("2024-03", 30.0), ("2024-04", 80.0)]),
    ("number of employees per department", [("Sales", 2), ("Warehouse", 1)]),
    ("departments and their average salary", [("Sales", 4600.0), ("Warehouse", 3900.0)]),
    ("Which customer has placed the most orders?", [(*ADA, 3)]),
    ("top 2 customers by revenue", [(*ADA, 147.5), (*BEN, 80.0)]),
    ("most expensive product", [("Robot", 80.0)]),
    ("the 2 cheapest products", [("Kite", 12.5), ("Rake", 18.0)]),
    ("which product has the highest average rating", [("Kite", 4.0)]),
    ("who has the lowest salary?", [("Hal Kerr", 3000.0)]),
    ("which city has the most customers", [("Berlin", 2)]),
    ("which month had the highest revenue in 2024?", [("2024-01", 105.0)]),
    ("customers with more than 2 orders", [ADA]),
    ("customers with at least 2 orders in 2024", [ADA]),
    ("customers with more than 1 pending order", [ADA]),
    ("show order 3", [(3, 2, 1, "2024-04-01", "2024-04-03", "shipped", 80.0)]),
    ("What is the status of order 4?", [("cancelled",)]),
    ("revenue from orders shipped in April 2024", [(80.0,)]),
    ("total amount of orders placed by customers from Berlin", [(227.5,)]),
    ("sales by employee", [("Eve Hill", 197.5), ("Fay Reed", 72.5)]),
    ("customers who spent more than 100", [ADA]),
    ("cities with at least 2 customers", [("Berlin",)]),
    ("customers who never ordered anything", [DAG]),
    ("customers without orders in 2024", [CLEO, DAG]),
    ("products that were never reviewed", [("Atlas",), ("Rake",)]),
    ("employees without a department", [("Hal Kerr",)]),
    ("customers who bought an Atlas", [ADA, CLEO]),
    ("employees hired before 2021", [("Eve Hill",)]),
    ("when was our last order?", [("2025-03-01",)]),
    ("how many orders are not yet shipped", [(3,)]),
]


@pytest.mark.parametrize(("question", "expected"), ANSWERS, ids=lambda each: str(each)[:60])
def test_an_everyday_question_gives_its_rows(question: str, expected: list[Row]) -> None:
    assert sorted(rows(drafted(question)), key=str) == sorted(expected, key=str)


NO_ANSWERS = (
    "Why did revenue drop?",
    "What will revenue be next month?",
    "Which customers are happy?",
    "What percentage of orders was cancelled?",
    "Which supplier delivers the Kite?",
    "customers from Wakanda",
    "delete all orders",
    "the best customers",
    "for each category the most expensive product",
    "average number of orders per customer",
    "How many products were sold in 2024?",
    "customers who bought a Kite and an Atlas",
    "orders in 2023 and 2024",
    "orders in March",
    "second most expensive product",
    "how many used products do we have",
    "available products",
    "orders by company",
    "customers who bought more than 2 products",
    "reviews longer than 3 days",
    "products more expensive than the average",
    "",
    "?",
)


@pytest.mark.parametrize("question", NO_ANSWERS)
def test_a_question_beyond_the_data_or_the_generator_gets_no_answer(question: str) -> None:
    assert not isinstance(ask(question), Draft)


def test_the_words_that_were_not_understood_are_told() -> None:
    assert ask("Which customers from Berlin are happy?") == Unsure(("happy",))


def test_readings_that_compete_are_named_rather_than_chosen_from() -> None:
    found = ask("total reviews and their price")
    assert not isinstance(found, Draft)
    assert ask("average price") == Unclear(("price of order_items", "price of products"))


def test_a_reading_says_in_words_what_the_sql_does() -> None:
    assert drafted("how many orders are pending").reading == "counts rows of orders where orders.status = 'pending'"
    assert drafted("top 2 customers by revenue").reading.startswith("finds the sum of orders.total_amount for each")


def test_values_are_written_as_they_are_stored() -> None:
    assert drafted("orders that are SHIPPED").sql == "SELECT * FROM orders WHERE status = 'shipped'"


def test_a_reading_of_one_table_is_surer_than_one_of_several() -> None:
    assert drafted("active customers").confidence > drafted("customers who bought an Atlas").confidence


def test_values_of_masked_columns_are_not_known_and_not_shown() -> None:
    masked = shop(masked=("customers.email", "orders.total_amount"))
    assert not isinstance(draft("customers with the email ada@x.example", masked, TODAY), Draft)
    found = draft("show all pending orders", masked, TODAY)
    assert isinstance(found, Draft)
    assert "total_amount" not in found.sql
    assert "*" not in found.sql


FOLLOWING = (
    ("revenue in 2024", "and in 2025?", [(55.0,)]),
    ("revenue in 2024", "what about Paris?", [(None,)]),
    ("How many orders per status?", "by country instead", [("Germany", 4), ("France", 1)]),
    ("customers from Berlin", "only the active ones", [ADA]),
    ("customers from Berlin", "and from Oslo?", [DAG]),
    ("top 2 customers by revenue", "top 1 instead", [(*ADA, 147.5)]),
    ("revenue per month in 2024", "the same for 2025", [("2025-02", 42.5), ("2025-03", 12.5)]),
)


@pytest.mark.parametrize(("first", "then", "expected"), FOLLOWING)
def test_a_question_that_leans_on_the_one_before_changes_it(first: str, then: str, expected: list[Row]) -> None:
    assert rows(drafted(then, drafted(first))) == expected


def test_a_complete_question_ignores_the_one_before() -> None:
    before = drafted("revenue in 2024")
    then = drafted("and how many customers are there?", before)
    assert then.sql == "SELECT COUNT(*) AS number_of_customers FROM customers"


def test_links_say_what_words_stand_for() -> None:
    found = links("pending orders of customers in Berlin", SHOP)
    assert found.lines() == (
        "'pending' is orders.status = 'pending'",
        "orders is the table orders",
        "customers is the table customers",
        "'Berlin' is customers.city = 'Berlin'",
    )
    assert found.tables == ("orders", "customers")


DUCKDB = shop("duckdb")
MONTHS: dict[Dialect, str] = {
    "sqlite": "STRFTIME('%Y-%m', order_date)",
    "duckdb": "CAST(DATE_TRUNC('month', order_date) AS DATE)",
    "postgres": "CAST(DATE_TRUNC('month', order_date) AS DATE)",
    "mysql": "DATE_FORMAT(order_date, '%Y-%m')",
}


@pytest.mark.parametrize("dialect", MONTHS)
def test_months_are_cut_in_the_manner_of_the_dialect(dialect: Dialect) -> None:
    found = draft("revenue per month in 2024", shop(dialect), TODAY)
    assert isinstance(found, Draft)
    assert f"SELECT {MONTHS[dialect]} AS month, SUM(total_amount) AS sum_total_amount FROM orders" in found.sql


@pytest.mark.parametrize("dialect", MONTHS)
def test_every_answer_is_sql_of_its_dialect(dialect: Dialect) -> None:
    catalog = shop(dialect)
    for question, _ in ANSWERS:
        found = draft(question, catalog, TODAY)
        assert isinstance(found, Draft), question
        assert isinstance(sqlglot.parse_one(found.sql, read=dialect), exp.Select)


def test_duckdb_gives_as_many_rows_as_sqlite() -> None:
    found = [draft(question, DUCKDB, TODAY) for question, _ in ANSWERS]
    answered = rows_of_duckdb([each for each in found if isinstance(each, Draft)])
    assert [len(each) for each in answered] == [len(expected) for _, expected in ANSWERS]


WORDS = sorted(
    {
        "how many",
        "top 3",
        "average",
        "by",
        "per",
        "without",
        "not",
        "more than 2",
        "in 2024",
        "most",
        "each",
        "and",
        "or",
    }
    | {
        "customers",
        "orders",
        "products",
        "revenue",
        "city",
        "price",
        "rating",
        "Berlin",
        "pending",
        "Kite",
        "shipped",
        ",",
    }
    | {"who", "which", "between", "since", "last month", "spent", "never", "highest", "total", "'", '"', "month", "5"}
)


@given(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))
@settings(max_examples=150, deadline=None)
def test_any_words_get_an_answer_that_runs_or_a_reason(question: str) -> None:
    found = ask(question)
    if isinstance(found, Draft):
        rows(found)


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_any_text_gets_an_answer_or_a_reason(question: str) -> None:
    assert isinstance(ask(question), (Draft, Unclear, Unsure))


@pytest.mark.parametrize(
    ("question", "since", "before"),
    [
        ("the same for Q3", "2024-07-01", "2024-10-01"),
        ("and in July?", "2024-07-01", "2024-08-01"),
        ("what about Q2 2023", "2023-04-01", "2023-07-01"),
    ],
)
def test_a_quarter_or_month_is_of_the_year_that_was_talked_of(question: str, since: str, before: str) -> None:
    first = draft("revenue by status in 2024", SHOP, TODAY)
    assert isinstance(first, Draft)
    then = draft(question, SHOP, TODAY, first)
    assert isinstance(then, Draft)
    assert f"order_date >= '{since}' AND order_date < '{before}'" in then.sql
    assert isinstance(draft("revenue by status in July", SHOP, TODAY), Unsure)
