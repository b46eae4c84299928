"""`satchel sql QUESTION…`: ask a database as an agent does."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from server.cli import sql_views as views
from server.cli.failures import Failure, failures
from server.cli.options import json_option, settings_from, settings_options, tenant_option
from server.cli.printing import note, one_line, out_json
from server.cli.running import checked, in_house, refuse_existing
from server.cli.sources_command import configured, known
from server.config import Settings
from storage import durable
from tools.services import Caller
from tools.text2sql.models import Answer, AskArguments

if TYPE_CHECKING:
    from server.house import House

WRITE_IT = "nobody here could write the SQL. Write a SELECT from what is shown above and give it with --sql."
SAY_WHICH = "ask again and say which of these is meant, or give a SELECT with --sql."
PICTURE = ".png"
CHARTS = (PICTURE, ".json")


def _chart_file(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in CHARTS:
        raise click.BadParameter("its name ends in .png for a picture, or in .json for its Vega-Lite specification.")
    return value


@click.command("sql")
@click.argument("question", nargs=-1, required=True, metavar="QUESTION…")
@click.option("--source", metavar="NAME", help="Which data source, if there are several.")
@click.option("--sql", metavar="SELECT", help="Run this, in answer to the question.")
@click.option("--max-rows", type=click.IntRange(1, 1_000), default=100, show_default=True, help="How many at most.")
@click.option(
    "--chart",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_chart_file,
    help="Write the chart of the rows to this .png or .json file.",
)
@click.option("--force", is_flag=True, help="Write over that file if it is there.")
@click.option("--no-run", is_flag=True, help="Only the SQL.")
@json_option
@tenant_option
@settings_options
def command(
    question: tuple[str, ...],
    source: str | None,
    sql: str | None,
    max_rows: int,
    chart: Path | None,
    force: bool,
    no_run: bool,
    as_json: bool,
    tenant: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Ask a database a question, or give the SELECT; read-only, as agents do it.

    Prints the rows, how the question was read, the SQL, and what stands out. Ends with 1 when there is no answer.
    """
    if chart and no_run:
        raise click.UsageError("--chart shows the rows: leave out --no-run.")
    settings = settings_from(config, **flags)
    asked = checked(
        AskArguments,
        question=" ".join(question),
        data_source=_chosen(settings, source),
        sql=sql,
        execute=not no_run,
        max_rows=max_rows,
    )
    if chart:
        refuse_existing(chart, force=force)
    answer = in_house(settings, lambda house: _ask(house, tenant, asked), create=True)
    _tell(answer, chart, as_json=as_json)


def _tell(answer: Answer, chart: Path | None, *, as_json: bool) -> None:
    """Print the answer and write its chart. Raises Failure where there is none."""
    if as_json:
        out_json(answer.model_dump(mode="json"))
    elif answer.status != "refused":
        views.print_answer(answer)
    if answer.status != "answered":
        raise Failure(_advice(answer))
    if chart:
        _write(chart, answer)


def _advice(answer: Answer) -> str:
    """Why there are no rows, and what to do."""
    if answer.status == "refused":
        return f"not run, by the rule {one_line(answer.explanation)}"
    return WRITE_IT if answer.status == "needs_sql" else SAY_WHICH


def _chosen(settings: Settings, source: str | None) -> str:
    """The data source that is named, or the only one."""
    sources = configured(settings)
    if source is not None:
        return known(sources, source).name
    if len(sources) > 1:
        raise click.UsageError(f"--source: say which. There is: {', '.join(sorted(sources))}.")
    return next(iter(sources))


async def _ask(house: "House", tenant: str, asked: AskArguments) -> Answer:
    from tools.text2sql.answering import ask

    return await ask(house.services.databases, Caller(tenant, "cli"), asked)


def _write(file: Path, answer: Answer) -> None:
    """The chart to its file, whole or not at all."""
    if answer.chart is None:
        raise Failure(f"{file}: was not written, as no chart fits these rows.")
    content = _drawn(answer.chart) if file.suffix.lower() == PICTURE else _specified(answer.chart)
    with failures(), durable.partial(file) as path:
        path.write_bytes(content)
    note(f"Chart: {file}")


def _specified(chart: dict[str, Any]) -> bytes:
    import json

    return f"{json.dumps(chart, indent=2)}\n".encode()


def _drawn(chart: dict[str, Any]) -> bytes:
    from storage.chart_image import ChartImageFailed, png

    try:
        return anyio.run(png, chart)
    except ChartImageFailed as error:
        if error.reason == "unavailable":
            advice = "pip install 'satchel-mcp[charts]' draws pictures; a .json file takes the chart as data without."
        else:
            advice = "A .json file takes the chart as data."
        raise Failure(f"the chart was not drawn ({error.reason}). {advice}") from error
