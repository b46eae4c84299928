"""What a plan of PostgreSQL's says: relations, calls, cost."""

from typing import Any

from storage.sources.engines.postgres_plan import own_calls, read


def plan_of(**node: Any) -> Any:
    """An explanation with one node, or with those below it."""
    return [{"Plan": {"Node Type": "Result", "Total Cost": 1.0, **node}}]


def test_relations_are_found_at_every_depth() -> None:
    scan = {"Node Type": "Seq Scan", "Schema": "public", "Relation Name": "orders", "Alias": "o"}
    below = {"Node Type": "Sort", "Plans": [scan]}
    plan = read(plan_of(Plans=[below, scan | {"Relation Name": "secrets"}]))
    assert plan is not None
    assert plan.relations == {("public", "orders"), ("public", "secrets")}
    assert (plan.cost, plan.writes) == (100.0, False)


def test_the_tables_of_another_servers_join_count() -> None:
    relations = 'Aggregate on ((public.orders o) INNER JOIN ("my schema"."a ""b""" t))'
    plan = read(plan_of(Relations=relations))
    assert plan is not None
    assert plan.relations == {("public", "orders"), ("my schema", 'a "b"')}


def test_calls_are_names_before_a_parenthesis_outside_of_texts() -> None:
    output = ["count(*)", "'pg_sleep(1)'::text", "x.\"odd\" + pg_catalog.\"pg_sleep\"('1''('::text)", '"column(x)"']
    plan = read(plan_of(Output=output, Filter="(md5 (t.a) = E'\\\\''lower('::text)"))
    assert plan is not None
    assert plan.calls == {"count", "pg_sleep", "md5"}


def test_what_a_view_calls_is_excused_unless_the_statement_names_it_too() -> None:
    plan = read(plan_of(Output=["current_setting('x'::text)", "pg_sleep('1'::double precision)"]))
    assert plan is not None
    excused = frozenset({"current_setting"})
    assert own_calls(plan, "SELECT * FROM mine", excused) == {"pg_sleep"}
    assert own_calls(plan, "SELECT Current_Setting('x')", excused) == plan.calls
    assert own_calls(plan, 'SELECT U&"\\0063urrent_setting"(1)', excused) == plan.calls


def test_a_change_of_rows_is_seen_at_every_depth() -> None:
    plan = read(plan_of(Plans=[{"Node Type": "ModifyTable"}]))
    assert plan is not None
    assert plan.writes


def test_a_command_without_a_plan_has_none() -> None:
    assert read(["Utility Statement"]) is None
