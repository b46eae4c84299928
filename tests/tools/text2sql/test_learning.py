"""What was asked is kept, judged and offered again; only what is verified may answer by itself."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage import sql_charts, sql_rules
from storage.database import Database
from storage.errors import NotFound
from storage.sources.schema import Table
from tests.tools.text2sql.learned import ASKED, catalog
from tools.errors import Refused
from tools.text2sql import learning
from tools.text2sql.catalog import catalog_of
from tools.text2sql.learning import Learned, Run
from tools.text2sql.rules import keeping
from tools.text2sql.templating.templates import fit

pytestmark = pytest.mark.anyio

NOW = 1_718_445_600_000  # noon of ASKED
LATER = NOW + learning.SETTLED_MS
QUESTION = "How many paid orders are there?"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncGenerator[Database]:
    opened = await Database.open(tmp_path)
    yield opened
    await opened.close()


def run(**given: Any) -> Run:
    """A run, plain but for what is given."""
    defaults: dict[str, Any] = {
        "source": "shop", "session_id": "s", "key": "k", "question": QUESTION,
        "sql": "select count(*) from orders where status = 'paid' -- all", "provider": "agent", "reading": "",
        "tables": {"orders"}, "columns": {"orders.status"}, "duration_ms": 1.0, "row_count": 1, "is_truncated": False,
        "success": True,
    }  # fmt: skip
    return Run(**defaults | given)


async def ran(db: Database, now: int = NOW, **given: Any) -> str:
    return await learning.remember_run(db, "acme", run(**given), catalog(), now)


async def known(db: Database, question: str = QUESTION, tenant: str = "acme") -> Learned:
    return await learning.patterns_for(db, tenant, "shop", question, catalog())


async def test_a_query_is_kept_in_one_layout(db: Database) -> None:
    first = await ran(db)
    assert await ran(db, sql="SELECT COUNT(*)\nFROM orders WHERE status='paid'") == first
    row = await learning.fetch_pattern(db, "acme", first)
    assert (row.sql, row.uses) == ("SELECT COUNT(*) FROM orders WHERE status = 'paid'", 2)
    assert (row.normal, row.template) == ("how many paid order are there", "how many {} order are there")


async def test_what_ran_is_an_example_and_does_not_answer(db: Database) -> None:
    pattern_id = await ran(db)
    found = await known(db)
    assert [row.pattern_id for row in found.examples] == [pattern_id]
    assert found.verified == ()


async def test_what_was_confirmed_answers_with_other_values(db: Database) -> None:
    pattern_id = await ran(db)
    await learning.rate(db, "acme", pattern_id, 5, NOW)
    question = "How many cancelled orders are there?"
    (verified,) = (await known(db, question)).verified
    found = fit(question, verified, catalog(), ASKED)
    assert found is not None
    assert found.sql == "SELECT COUNT(*) FROM orders WHERE status = 'cancelled'"


async def test_an_agents_query_that_stood_the_test_of_time_answers(db: Database) -> None:
    await ran(db)
    await ran(db, NOW + 1)
    assert (await known(db)).verified == ()
    await ran(db, LATER)
    assert len((await known(db)).verified) == 1


@pytest.mark.parametrize("provider", ["pattern", "built_in", "api_model", "client_model"])
async def test_what_no_agent_wrote_has_to_be_confirmed(db: Database, provider: str) -> None:
    await ran(db, provider=provider)
    await ran(db, LATER, provider=provider)
    assert (await known(db)).verified == ()


async def test_another_query_for_the_question_stands_against_it(db: Database) -> None:
    await ran(db)
    await ran(db, LATER)
    await ran(db, LATER, sql="SELECT COUNT(*) FROM orders", provider="built_in")
    assert (await known(db)).verified == ()


async def test_the_names_of_a_changed_schema_are_looked_up_once_for_all_patterns(db: Database) -> None:
    """There are hundreds of patterns, and a large schema has thousands of names."""

    class Counted(tuple[Table, ...]):
        walks = 0

        def __iter__(self) -> Iterator[Table]:
            Counted.walks += 1
            return super().__iter__()

    for number in range(3):
        await ran(db, question=f"How many orders {number}?")
    held = catalog()
    changed = catalog_of(replace(held.schema, tables=Counted(held.schema.tables), fingerprint="f2"), held.values)
    Counted.walks = 0
    found = await learning.patterns_for(db, "acme", "shop", QUESTION, changed)
    assert len(found.examples) == 3
    assert Counted.walks <= 2


@pytest.mark.parametrize("given", [{"success": False}, {"is_truncated": True}])
async def test_what_failed_or_was_cut_is_no_example(db: Database, given: dict[str, Any]) -> None:
    await ran(db, **given)
    assert (await known(db)).examples == ()


async def test_a_correction_answers_and_what_it_corrects_is_rejected(db: Database) -> None:
    wrong = await ran(db)
    right = run(sql="SELECT COUNT(id) FROM orders WHERE status = 'paid'")
    row = await learning.correct(db, "acme", wrong, right, catalog(), 1, NOW + 1)
    found = await known(db, "how many PAID orders are there")
    assert (row.state, found.verified) == ("confirmed", (row,))
    assert found.rejected == {"SELECT COUNT(*) FROM orders WHERE status = 'paid'"}
    assert (await known(db, "Other question")).rejected == frozenset()


async def test_patterns_of_names_that_are_gone_are_deleted(db: Database) -> None:
    pattern_id = await ran(db)
    await ran(db, sql="SELECT 1", question="One?", tables=[], columns=[])
    schema = catalog().schema
    changed = replace(schema, fingerprint="f2")
    found = await learning.patterns_for(db, "acme", "shop", QUESTION, catalog_of(changed, {}))
    assert len(found.examples) == 2
    without = replace(changed, tables=tuple(table for table in schema.tables if table.key != "orders"))
    found = await learning.patterns_for(db, "acme", "shop", QUESTION, catalog_of(without, {}))
    assert [row.question for row in found.examples] == ["One?"]
    with pytest.raises(NotFound):
        await learning.fetch_pattern(db, "acme", pattern_id)


async def test_a_session_goes_on_from_its_last_question(db: Database) -> None:
    await ran(db)
    second = await ran(db, question="And cancelled ones?")
    last = await learning.last_question(db, "acme", "s", "shop")
    assert last is not None
    assert last.pattern_id == second
    assert await learning.last_question(db, "acme", "t", "shop") is None


async def test_another_tenant_learns_nothing_of_it(db: Database) -> None:
    pattern_id = await ran(db)
    await learning.rate(db, "acme", pattern_id, 5, NOW)
    assert await known(db, tenant="other") == Learned((), (), frozenset())
    with pytest.raises(NotFound):
        await learning.rate(db, "other", pattern_id, 1, NOW)
    with pytest.raises(NotFound):
        await learning.correct(db, "other", pattern_id, run(), catalog(), None, NOW)


async def test_rules_are_laid_down_and_taken_back(db: Database) -> None:
    rule = await keeping.add(db, "acme", "shop", "preference", " Prefer \n net amounts ", "agent", NOW)
    assert rule.text == "Prefer net amounts"
    assert await keeping.held(db, "acme", "shop") == [rule]
    assert await keeping.held(db, "acme", "crm") == []
    assert await keeping.held(db, "acme", None) == [rule]
    assert await db.write(lambda c: sql_rules.remove(c, "acme", rule.rule_id)) == rule
    assert await keeping.held(db, "acme", None) == []


@pytest.mark.parametrize("text", ["", " \n ", "x" * 501])
async def test_a_rule_has_words_and_not_too_many(db: Database, text: str) -> None:
    with pytest.raises(Refused, match="1 to 500 characters"):
        await keeping.add(db, "acme", "", "preference", text, "agent", NOW)


async def test_too_many_rules_are_refused(db: Database) -> None:
    for at in range(100):
        await keeping.add(db, "acme", "", "preference", f"rule {at}", "agent", NOW)
    with pytest.raises(Refused, match="Remove one first"):
        await keeping.add(db, "acme", "", "preference", "one more", "agent", NOW)


async def test_a_session_keeps_the_chart_it_wanted(db: Database) -> None:
    await db.write(lambda c: sql_charts.put(c, "acme", "s", "date+number", "bar", NOW))
    assert await db.read(lambda c: sql_charts.fetch(c, "acme", "s", "date+number")) == "bar"
    assert await db.read(lambda c: sql_charts.fetch(c, "acme", "s", "number")) is None
