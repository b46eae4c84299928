"""What the words of a statement, and the server's own text of it, say."""

import pytest

from storage.sources.engines.mysql_statement import explained, objection, relations, touched, words


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "VALUES (1), (2)",
        "SELECT 'into' AS `into`, \"a -- b\", 'it''s \\' @x; /*', `sleep`, `for update`",
        "SELECT 5 - -1, sleeping(1), `load_file`.x FROM `load_file`",
    ],
)
def test_a_query_in_plain_words_has_no_objection(sql: str) -> None:
    assert objection(sql) == ""


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("", "it is not a query"),
        ("SELECTED", "it is not a query"),
        ("SELECT 1; SELECT 2", "it is more than one statement"),
        ("SELECT 1 --x", "it has a comment"),
        ("SELECT 1 /*! + 1 */", "it has a comment"),
        ("SELECT 1#", "it has a comment"),
        ("SELECT 'a\\\\' -- '", "it has a comment"),
        ("SELECT 'a", "a quote is not closed"),
        ("SELECT `a", "a quote is not closed"),
        ("SELECT @a", "it reads or sets a variable"),
        ("SELECT 1 INTO\tOUTFILE 'x'", "it does more than read"),
        ("SELECT 1 FROM t FOR\nUPDATE", "it does more than read"),
        ("SELECT `Sleep` (1)", "it calls sleep, which does more than compute"),
        ("SELECT LOAD_FILE('x')", "it calls load_file, which does more than compute"),
    ],
)
def test_what_acts_or_hides_has_an_objection(sql: str, reason: str) -> None:
    assert objection(sql) == reason


def test_tables_are_found_in_the_servers_text_by_their_real_names() -> None:
    text = (
        "with c as (select `shop`.`secrets`.`id` AS `id` from `shop`.`secrets`)/* select#1 */ select `c`.`id` AS `id`,"
        "'from `no`.`literal`' AS `x` from `shop`.`a``b` `o` left join (`shop`.`two` join `more`.`three` `t`)"
        " on(`shop`.`o`.`id` = `c`.`id`) semi join (`shop`.`four`) where `o`.`id` in (select `shop`.`f`.`id` from"
        " (`shop`.`five` `f`))"
    )
    found = {("shop", name) for name in ("secrets", "a`b", "two", "four", "five")}
    assert relations(text) == found | {("more", "three")}


def test_a_value_that_is_taken_from_a_call_is_no_table() -> None:
    text = (
        "select extract(year_month from `q`.`day`) AS `m`,trim(both concat('(',`q`.`a`) from (`q`.`b`)) AS `t`,"
        "trim(`q`.`c`) AS `from (` from (select trim(both 'x' from (select `s`.`key` from `shop`.`secrets` `s`)) AS `a`"
        " from `shop`.`orders` straight_join `shop`.`two` `extract`) `q`"
    )
    assert relations(text) == {("shop", "secrets"), ("shop", "orders"), ("shop", "two")}


def test_a_quote_in_a_name_hides_no_table() -> None:
    text = "select 1 AS `it's`,`shop`.`secrets`.`id` AS `x` from `shop`.`secrets` where 'a' = `shop`.`secrets`.`key`"
    assert relations(text) == {("shop", "secrets")}
    assert "secrets" in words("SELECT 1 AS `it's` FROM secrets WHERE 'a' = 'b'")


def test_a_leading_explain_is_taken_off_once() -> None:
    assert explained(" explain SELECT 1") == "SELECT 1"
    assert explained("EXPLAIN EXPLAIN SELECT 1") == "EXPLAIN SELECT 1"
    assert explained("EXPLAIN FORMAT=JSON SELECT 1") == "EXPLAIN FORMAT=JSON SELECT 1"


def test_the_words_of_a_statement_are_all_its_names() -> None:
    assert words("SELECT `My Table`.id, 'secrets' FROM Shop.`My Table`") == {"select", "my table", "id", "from", "shop"}


def test_rows_multiply_within_a_select_and_add_up_over_several() -> None:
    plan = [
        (1, "PRIMARY", 10, 100.0, ""),
        (1, "PRIMARY", "5", 100.0, ""),
        (2, "UNION", 7, 1.0, ""),
        (3, "", None, 1, ""),
    ]
    assert touched(plan) == 58.0
