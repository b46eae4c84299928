"""Names of tables and columns, and the words that mean them."""

from datetime import date

import pytest

from storage.sources.schema import Column, ForeignKey, Schema, Table
from tests.tools.text2sql.generated import SHOP
from tools.text2sql.catalog import Catalog, catalog_of
from tools.text2sql.generator.drafting import Draft, draft
from tools.text2sql.generator.language.words import singular, split_name, stem, tokens
from tools.text2sql.generator.naming.names import name_of, shortens
from tools.text2sql.generator.naming.vocabulary import Vocabulary, vocabulary_of
from tools.text2sql.generator.planning.joins import NoWay, joins_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unit_price", ["unit", "price"]),
        ("unitPrice", ["unit", "price"]),
        ("UnitPrice", ["unit", "price"]),
        ("HTTPCode2", ["http", "code", "2"]),
        ("check_in_date", ["checkin", "date"]),
        ("order details", ["order", "details"]),
    ],
)
def test_a_name_falls_into_its_words(name: str, words: list[str]) -> None:
    assert split_name(name) == words


def test_names_run_together_are_parted_where_both_parts_are_known() -> None:
    assert [word.stems for word in name_of("orderdate", frozenset({"order"}))] == [{"order"}, {"date"}]
    assert len(name_of("ordinary")) == 1


@pytest.mark.parametrize(
    ("plural", "word"),
    [("categories", "category"), ("statuses", "status"), ("boxes", "box"), ("people", "person"), ("bus", "bus")],
)
def test_a_plural_has_a_singular(plural: str, word: str) -> None:
    assert singular(plural) == word


def test_forms_of_a_verb_share_a_stem() -> None:
    assert stem("ordered") == stem("orders") == stem("ordering")
    assert stem("bought") == stem("buys")


def test_contractions_and_hyphens_are_undone() -> None:
    assert [token.word for token in tokens("haven't signed up, Ada's 5-star")] == [
        *("have", "not", "signup", ",", "ada", "'s", "5", "star")
    ]


def test_a_front_or_its_consonants_shorten_a_word() -> None:
    assert shortens("compl", "completed")
    assert shortens("trn", "training")
    assert not shortens("car", "cards")


def found(vocabulary: Vocabulary, phrase: str) -> list[tuple[str, str]]:
    hits = vocabulary.find(phrase.split())
    best = [hit for hit in hits if hit.level == hits[0].level]
    return [(hit.entity.key, hit.field.column if hit.field else "") for hit in best]


def test_words_find_tables_and_columns_by_name_synonym_and_abbreviation() -> None:
    words = vocabulary_of(SHOP)
    assert found(words, "customers") == [("customers", "")]
    assert found(words, "clients") == [("customers", "")]
    assert found(words, "department") == [("dept", "")]
    assert found(words, "salary") == [("employees", "sal")]
    assert found(words, "order date") == [("orders", "order_date")]
    assert found(words, "customer name") == [("customers", "first_name")]
    assert found(words, "hired") == [("employees", "hire_dt")]
    assert words.find(["nonsense"]) == ()


def test_the_shared_start_of_terse_columns_is_no_part_of_their_names() -> None:
    columns = tuple(Column(name, "text") for name in ("xbcustid", "xbcustname", "xbcustcity"))
    words = vocabulary_of(catalog_of(Schema("sqlite", (Table("xbcustomer", columns),), "1", {}), {}))
    assert found(words, "city") == [("xbcustomer", "xbcustcity")]


def of_tables(*tables: Table) -> Catalog:
    return catalog_of(Schema("sqlite", tables, "1", {}), {})


def keyed(name: str, *keys: tuple[str, str], others: str = "") -> Table:
    """A table with a key ``id``, foreign keys as (column, table), and other columns."""
    columns = ("id", *(column for column, _ in keys), *others.split())
    foreign = tuple(ForeignKey((column,), table, ("id",)) for column, table in keys)
    return Table(name, tuple(Column(each, "integer") for each in columns), primary_key=("id",), foreign_keys=foreign)


def test_a_key_named_after_its_table_is_the_way_and_a_role_is_not() -> None:
    joins = joins_of(vocabulary_of(SHOP))
    (step,) = joins.way("employees", "dept")
    assert step.start_columns == ("dept_id",)


def test_two_roles_of_one_table_are_no_way() -> None:
    flights = keyed("flights", ("origin_id", "airports"), ("target_id", "airports"))
    joins = joins_of(vocabulary_of(of_tables(flights, keyed("airports"))))
    with pytest.raises(NoWay):
        joins.way("flights", "airports")


def test_mentioned_tables_choose_between_ways_of_one_length() -> None:
    tables = (
        keyed("customers"),
        keyed("products"),
        keyed("wishes", ("customer_id", "customers"), ("product_id", "products")),
        keyed("reviews", ("customer_id", "customers"), ("product_id", "products")),
    )
    joins = joins_of(vocabulary_of(of_tables(*tables)))
    with pytest.raises(NoWay):
        joins.way("customers", "products")
    assert [step.end for step in joins.way("customers", "products", {"reviews"})] == ["reviews", "products"]


def test_keys_that_nobody_declared_are_guessed_by_name() -> None:
    joins = joins_of(vocabulary_of(of_tables(keyed("customers"), keyed("orders", others="customer_id total"))))
    (step,) = joins.way("orders", "customers")
    assert (step.start_columns, step.end_columns, step.is_to_one) == (("customer_id",), ("id",), True)


def test_a_length_of_time_is_asked_in_the_unit_of_its_column() -> None:
    columns = (Column("title", "text"), Column("duration_minutes", "integer"))
    films = of_tables(Table("films", columns, primary_key=("title",)))
    found = draft("films longer than 2 hours", films, date(2025, 1, 1))
    assert isinstance(found, Draft)
    assert found.sql == "SELECT title FROM films WHERE duration_minutes > 120"
    assert not isinstance(draft("films longer than 2 kg", films, date(2025, 1, 1)), Draft)


def test_names_that_a_dialect_would_fold_are_quoted() -> None:
    columns = (Column("OrderID", "integer"), Column("group", "text"))
    table = Table("Orders", columns, primary_key=("OrderID",))
    catalog = catalog_of(Schema("postgres", (table,), "1", {}), {("orders", "group"): ["east", "west"]})
    found = draft("how many orders per group", catalog, date(2025, 1, 1))
    assert isinstance(found, Draft)
    assert found.sql.startswith('SELECT "group", COUNT(*) AS number_of_orders FROM "Orders" GROUP BY "group"')
