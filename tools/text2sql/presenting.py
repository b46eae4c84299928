"""What a caller is given: the record for programs, and a text that stays within the budget."""

from collections.abc import Sequence

from storage import chart_image
from storage.sources.fetched import Fetched
from tools.retrieval.budget import tokens
from tools.retrieval.rendering import fenced, in_a_line, item
from tools.text2sql import tables
from tools.text2sql.asking import Asking, Outcome
from tools.text2sql.charts import Chart
from tools.text2sql.insights import insights
from tools.text2sql.models import Answer, AskArguments, ReadingPart

LEAST_FOR_ROWS = 200
WORDS = {
    "pattern": "as verified before",
    "built_in": "built in",
    "api_model": "by a model",
    "client_model": "by your model",
    "agent": "your SQL",
}


async def answered(asking: Asking, outcome: Outcome, pattern_id: str | None, chart: Chart | None) -> Answer:
    """The rows, how the question was read, and what helps to see what they say."""
    proposal, fetched = outcome.proposal, outcome.fetched
    picture, notes = await _picture(asking, chart)
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
        warnings=[*outcome.warnings, *(_about(fetched) if fetched else ()), *notes],
        insights=said,
        chart=chart.spec if chart and asking.asked.chart != "off" else None,
        pattern_id=pattern_id,
    )
    kind = chart.kind if chart else ""
    return answer.told(_text(asking.asked, answer, fetched, kind, asking.databases.policy.max_tokens), picture)


def refused(asking: Asking, rule: str, reason: str, sql: str) -> Answer:
    """The statement that was not run, the rule it broke, and what would do."""
    answer = _empty(asking, "refused", f"{rule}: {reason}", sql=sql)
    return answer.told(f"refused · {asking.shared.name}\n{in_a_line(answer.explanation)}")


def unclear(asking: Asking, readings: Sequence[ReadingPart]) -> Answer:
    """The readings that compete; a question that says which, or the SQL of one, settles it."""
    answer = _empty(asking, "needs_clarification", "The question can be read in more than one way.")
    answer = answer.model_copy(update={"clarification": list(readings)})
    lines = [item(f"{at}.", _both(each)) for at, each in enumerate(readings, 1)]
    head = f"needs_clarification · {asking.shared.name}\nAsk again and say which, or call with the sql of one:"
    return answer.told(f"{head}\n{fenced('readings', lines)}")


def wanted(asking: Asking, context: str, reasons: Sequence[str]) -> Answer:
    """What to write the SQL from, and why nobody here did."""
    why = " ".join(reasons)
    answer = _empty(asking, "needs_sql", why).model_copy(update={"context": context})
    head = f"needs_sql · {asking.shared.name}\nWrite the SELECT and call text2sql again with the same question and sql."
    rules = fenced("rules", [item(f"{rule.kind}:", rule.text) for rule in asking.rules]) if asking.rules else ""
    return answer.told("\n".join(part for part in (head, in_a_line(why), rules, context) if part))


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


def _about(fetched: Fetched) -> list[str]:
    said: list[str] = []
    if fetched.is_truncated:
        said.append(f"Only the first {len(fetched.rows)} rows; there are more. Filter, aggregate, or raise max_rows.")
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
        return await chart_image.png(chart.spec), []
    except chart_image.ChartImageFailed as error:
        if error.reason == "unavailable":
            return None, ["No picture: the owner has to install satchel-mcp[charts]."]
        return None, [f"No picture: drawing it failed ({error.reason})."]


def _text(asked: AskArguments, answer: Answer, fetched: Fetched | None, chart: str, max_tokens: int) -> str:
    """How it was read and by which SQL, the rows that fit, and what they say."""
    rows = f"{answer.row_count}{'+' if answer.truncated else ''} rows · " if fetched else "not run · "
    pattern = f" [{answer.pattern_id}]" if answer.pattern_id else ""
    who = f"{WORDS[answer.provider]} {answer.confidence:.2f}"
    head = [f"{rows}{answer.data_source} · {who}{pattern}"]
    if answer.sql != asked.sql:  # its own SQL the caller knows
        head += [item("read as:", answer.explanation), item("sql:", answer.sql)]
    tail = [fenced("insights", answer.insights)] if answer.insights else []
    tail += [f"chart: {chart}, in the structured content"] if answer.chart else []
    tail += [in_a_line(warning) for warning in answer.warnings]
    if fetched and fetched.rows:
        room = max(LEAST_FOR_ROWS, max_tokens - sum(map(tokens, [*head, *tail])))
        table, shown = tables.render(fetched, room)
        left = len(fetched.rows) - shown
        head += [table, *([f"{left} more rows in the structured content."] if left else [])]
    return "\n".join([*head, *tail])


def _both(reading: ReadingPart) -> str:
    return f"{reading.reading}\n{reading.sql}" if reading.sql else reading.reading
