"""What a caller is given: the record for programs, and a text that stays within the budget."""

from collections.abc import Sequence

import anyio
import anyio.to_thread

from storage import chart_image
from storage.sources.fetched import Fetched
from tools.retrieval.budget import SHARE, shortened, tokens
from tools.retrieval.rendering import fenced, item
from tools.text2sql import text_table as tables
from tools.text2sql.asking import Asking, Outcome
from tools.text2sql.charting.charts import Chart
from tools.text2sql.charting.insights import insights
from tools.text2sql.models import MAX_ROWS, Answer, AskArguments, ReadingPart
from tools.text2sql.rendering import fitting
from tools.text2sql.rules.rules import within
from tools.text2sql.writer import seconds_left

LEAST_FOR_ROWS = 200
SAY_WHICH = "Ask again and say which, or write the SELECT and call again with sql:"
WORDS = {
    "pattern": "as verified before",
    "built_in": "built in",
    "api_model": "by a model",
    "client_model": "by your model",
    "agent": "your SQL",
}


async def answered(asking: Asking, outcome: Outcome, pattern_id: str | None, chart: Chart | None) -> Answer:
    """The rows, how the question was read, and what helps to see what they say."""
    picture, notes = await _picture(asking, chart)
    answer, text = await anyio.to_thread.run_sync(_said, asking, outcome, pattern_id, chart, notes)
    return answer.told(text, picture)


def _said(
    asking: Asking, outcome: Outcome, pattern_id: str | None, chart: Chart | None, notes: Sequence[str]
) -> tuple[Answer, str]:
    """The answer and its text. Many cells take a while."""
    proposal, fetched = outcome.proposal, outcome.fetched
    said = insights(fetched, chart) if fetched and chart else []
    answer = Answer(
        status="answered",
        data_source=asking.shared.name,
        dialect=asking.catalog.schema.dialect,
        sql=outcome.sql,
        provider=proposal.provider,
        columns=list(fetched.columns) if fetched else [],
        rows=[list(row) for row in fetched.rows] if fetched else [],
        row_count=len(fetched.rows) if fetched else 0,
        truncated=fetched.is_truncated if fetched else False,
        explanation=proposal.reading,
        confidence=proposal.confidence,
        warnings=[*outcome.warnings, *(_about(fetched, asking) if fetched else ()), *notes],
        insights=said,
        chart=chart.spec if chart and asking.asked.chart != "off" else None,
        pattern_id=pattern_id,
    )
    kind = chart.kind if chart else ""
    return answer, _text(asking.asked, answer, fetched, kind, asking.databases.policy.max_tokens)


def refused(asking: Asking, reason: str, shown: str, sql: str) -> Answer:
    """The statement that was not run, the rule it broke, and what would do; ``shown`` is that for a model to read."""
    return _empty(asking, "refused", reason, sql=sql).told(f"refused · {asking.shared.name}\n{shown}")


def unclear(asking: Asking, readings: Sequence[ReadingPart]) -> Answer:
    """The readings that compete; a question that says which, or a SELECT, settles it."""
    answer = _empty(asking, "needs_clarification", "The question can be read in more than one way.")
    answer = answer.model_copy(update={"clarification": list(readings)})
    lines = [item(f"{at}.", each.reading) for at, each in enumerate(readings, 1)]
    head = f"needs_clarification · {asking.shared.name}\n{SAY_WHICH}"
    return answer.told(f"{head}\n{fenced('readings', lines)}")


def wanted(asking: Asking, context: str, reasons: Sequence[str]) -> Answer:
    """What to write the SQL from, and why nobody here did."""
    answer = _empty(asking, "needs_sql", " ".join(reasons)).model_copy(update={"context": context})
    head = f"needs_sql · {asking.shared.name}\nWrite the SELECT and call text2sql again with the same question and sql."
    why = fenced("why", [tables.spelled(reason) for reason in reasons]) if reasons else ""
    held = within(asking.rules, asking.databases.policy.max_tokens // SHARE)
    rules = fenced("rules", held) if held else ""
    return answer.told("\n".join(part for part in (head, why, rules, context) if part))


def _empty(asking: Asking, status: str, explanation: str, sql: str = "") -> Answer:
    return Answer.model_validate(
        {
            "status": status,
            "data_source": asking.shared.name,
            "dialect": asking.catalog.schema.dialect,
            "sql": sql,
            "explanation": explanation,
        }
    )


def _about(fetched: Fetched, asking: Asking) -> list[str]:
    said: list[str] = []
    if fetched.is_truncated:
        can_raise = len(fetched.rows) == asking.asked.max_rows < min(asking.target.source.max_rows, MAX_ROWS)
        advice = "Filter, aggregate, or raise max_rows." if can_raise else "Filter or aggregate."
        said.append(f"Only the first {len(fetched.rows)} rows; there are more. {advice}")
    if fetched.cut_cells:
        said.append(f"{fetched.cut_cells} long cells are cut.")
    if not fetched.rows:
        said.append("No row fits.")
    return said


async def _picture(asking: Asking, chart: Chart | None) -> tuple[bytes | None, list[str]]:
    """The chart as a PNG where it was asked for, or why there is none."""
    if asking.asked.chart != "png":
        return None, []
    if chart is None:
        return None, ["No chart fits these rows."]
    try:
        with anyio.move_on_after(max(0, seconds_left())):  # rather no picture than no answer
            return await chart_image.png(chart.spec), []
        return None, ["No picture: there was no time left to draw it."]
    except chart_image.ChartImageFailed as error:
        if error.reason == "unavailable":
            return None, ["No picture: the owner has to install satchel-mcp[charts]."]
        return None, [f"No picture: drawing it failed ({error.reason})."]


def _text(asked: AskArguments, answer: Answer, fetched: Fetched | None, chart: str, max_tokens: int) -> str:
    """How it was read and by which SQL, the rows that fit, and what they say."""
    more, plural = "+" if answer.truncated else "", "" if answer.row_count == 1 else "s"
    rows = f"{answer.row_count}{more} row{plural} · " if fetched else "checked, not run · "
    pattern = f" [{answer.pattern_id}]" if answer.pattern_id else ""
    who = WORDS[answer.provider] if answer.provider == "agent" else f"{WORDS[answer.provider]} {answer.confidence:.2f}"
    head = [f"{rows}{answer.data_source} · {who}{pattern}"]
    if answer.provider != "agent":  # who wrote the SQL knows how it reads the question
        head.append(item("read as:", shortened(answer.explanation, max_tokens // SHARE)))
    if answer.sql != asked.sql:  # rules may have added to the caller's own
        head.append(item("sql:", shortened(answer.sql, max_tokens // SHARE)))
    tail = [fenced("insights", answer.insights)] if answer.insights else []
    tail += [f"chart: {chart}, in the structured content"] if answer.chart else []
    warnings = fitting([tables.spelled(warning) for warning in answer.warnings], max_tokens // SHARE)
    unsaid = len(answer.warnings) - len(warnings)
    tail += [*warnings, *([f"{unsaid} more warnings in the structured content."] if unsaid else [])]
    if fetched and fetched.rows:
        room = max(LEAST_FOR_ROWS, max_tokens - sum(map(tokens, [*head, *tail])))
        table, shown = tables.render(fetched, room)
        left = len(fetched.rows) - shown
        head += [table, *([f"{left} more rows in the structured content."] if left else [])]
    return "\n".join([*head, *tail])
