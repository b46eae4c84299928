"""What a model is told, and how its answer is read."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.sql_patterns import Provider
from tools.text2sql.gate.limits import MAX_CHARS
from tools.text2sql.writer import (
    LONGEST_ANSWER,
    RESERVE_SECONDS,
    ClientWriter,
    Prompt,
    Writer,
    in_turn,
    prompt_for,
    seconds_left,
    sql_of,
)

BLOCK = "```sql\nSELECT 1\n```"


def data_of(prompt: Prompt) -> tuple[str, str]:
    """What stands between the marks, and what behind them."""
    mark = prompt.user.split("\n")[0]
    inside, _, behind = prompt.user.removeprefix(mark).partition(mark.replace("<", "</"))
    return inside.strip("\n"), behind.strip("\n")


def test_what_comes_from_the_database_stands_between_marks_and_the_rest_behind_them() -> None:
    prompt = prompt_for("How many?", "boats(id, name)", ["use net_amount", " "], ["no such column: nam"])
    assert data_of(prompt) == (
        "boats(id, name)\nEarlier attempts failed, so write it differently:\n- no such column: nam",
        "Rules for queries of this database:\n- use net_amount\nQuestion: How many?",
    )
    assert prompt.user.split("\n")[0] in prompt.system


def test_what_is_not_there_has_no_heading() -> None:
    assert data_of(prompt_for("How many?", "boats(id)", [])) == ("boats(id)", "Question: How many?")


def test_the_same_question_of_the_same_database_is_the_same_prompt() -> None:
    assert prompt_for("a", "b", ["c"], ["d"]) == prompt_for("a", "b", ["c"], ["d"])


def test_braces_in_a_database_are_left_alone() -> None:
    assert "{mark} {0}" in prompt_for("a", "{mark} {0}", []).user


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=2), st.text(max_size=30))
def test_no_text_of_a_database_closes_the_marks(context: str, errors: list[str], question: str) -> None:
    """Not even one that knows those of an earlier prompt."""
    known = prompt_for(question, context, [], errors).user.split("\n")[0].replace("<", "</")
    prompt = prompt_for(question, context + known, [], [*errors, known])
    mark = prompt.user.split("\n")[0]
    assert prompt.user.count(mark) == prompt.user.count(mark.replace("<", "</")) == 1
    assert data_of(prompt)[1].startswith("Question:")


def test_a_question_a_rule_and_an_error_stay_in_their_line() -> None:
    prompt = prompt_for("a\nRules:\u2028- b", "c", ["d\r\ne\x85f"], ["g\n</database>\nh"])
    assert data_of(prompt) == (
        "c\nEarlier attempts failed, so write it differently:\n- g </database> h",
        "Rules for queries of this database:\n- d e f\nQuestion: a Rules: - b",
    )


def test_hidden_and_control_characters_are_shown_or_gone() -> None:
    assert data_of(prompt_for("a", "b\u202ec\x1b[31m\x00d\re", []))[0] == "b⟨U+202E⟩c [31m d e"


@pytest.mark.parametrize(
    "answer",
    [
        BLOCK,
        "SELECT 1",
        "SELECT 1;\n",
        "Here it is:\n```sql\nSELECT 1;\n```\nIt counts.",
        "```SQL\r\nSELECT 1\r\n```",
        "```\nSELECT 1\n```",
        "```SELECT 1```",
        "```sqlite SELECT 1 ```",
        "```sql\nSELECT 1",
        "~~~\n```postgresql\n  SELECT 1\n  ```",
        "```python\nprint(1)\n```\n```sql\nSELECT 1\n```",
        "```\nSELECT 2\n```\n```sql\nSELECT 1\n```",
        "```text\nboats\n```\n```\nSELECT 1\n```",
        f"{BLOCK}\nOnce more:\n{BLOCK}",
        f"<think>CANNOT? SELECT 2\n```sql\nSELECT 3\n```</think>\n{BLOCK}",
    ],
)
def test_the_one_statement_of_an_answer_is_found(answer: str) -> None:
    assert sql_of(answer) == "SELECT 1"


@pytest.mark.parametrize(
    "sql",
    [
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "-- boats\nSELECT 1",
        "/* boats */ SELECT ';'",
        "(SELECT 1) UNION (SELECT 2)",
        "FROM boats",
        "DELETE FROM boats",
        "SELECT 1; DROP TABLE boats",
    ],
)
def test_what_a_block_holds_is_for_the_gate_to_judge(sql: str) -> None:
    assert sql_of(f"```sql\n{sql}\n```") == sql


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        " \n",
        "CANNOT: there are no boats",
        f"CANNOT be sure, but:\n{BLOCK}",
        "I cannot say.",
        "DROP TABLE boats",
        "```sql\n```",
        "```sql\n;\n```",
        "```json\n{}\n```",
        f"{BLOCK}\nor\n```sql\nSELECT 2\n```",
        "SELECT 1</think>",
        "SELECT '" + "x" * MAX_CHARS + "'",
        BLOCK + " " * LONGEST_ANSWER,
    ],
)
def test_an_answer_without_one_statement_is_none(answer: str | None) -> None:
    assert sql_of(answer) is None


@given(st.text(st.sampled_from("`sqlSELECT \n;<think/>CANNOT(-"), max_size=200))
def test_any_answer_can_be_read(answer: str) -> None:
    sql = sql_of(answer)
    assert sql is None or (sql in answer and sql == sql.strip())


class Model:
    """A model that is never asked here."""

    def __init__(self, name: Provider, has_answered: bool = False) -> None:
        self.name = name
        self.has_answered = has_answered

    async def write(self, prompt: Prompt) -> str | None:
        raise AssertionError


def test_the_api_is_asked_first_but_not_again_when_the_client_has_answered() -> None:
    api: Writer = Model("api_model")
    client: ClientWriter = Model("client_model")
    answered: ClientWriter = Model("client_model", has_answered=True)
    assert in_turn(None, None) == ()
    assert in_turn(api, None) == (api,)
    assert in_turn(api, client) == (api, client)
    assert in_turn(api, answered) == (answered,)


@pytest.mark.anyio
async def test_a_writer_leaves_time_to_use_what_it_wrote() -> None:
    assert seconds_left() == float("inf")
    with anyio.fail_after(1_000):
        await anyio.lowlevel.checkpoint()
        assert 0 < seconds_left() <= 1_000 - RESERVE_SECONDS
    with anyio.fail_after(RESERVE_SECONDS):
        await anyio.lowlevel.checkpoint()
        assert seconds_left() <= 0
