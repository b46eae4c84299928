"""`python -m benchmarks [NAME …]`: measure, print a table, and write JSON where asked."""

import os
from pathlib import Path

import click

from benchmarks import escalating, ingesting, load, passages, quality, questioning, searching, speed, startup
from benchmarks.report import Figure, table, write_json

SUBJECTS = ("startup", "speed", "quality", "search", "ingest", "passages", "escalation", "sql", "load")


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(SUBJECTS))
@click.option("--quick", is_flag=True, help="Small sizes and few rounds: does it run?")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures here too.")
@click.option("--conversations", type=click.Path(path_type=Path, exists=True), help="quality: another set of chats.")
@click.option("--questions", type=click.Path(path_type=Path, exists=True), help="passages: documents and questions.")
@click.option(
    "--model", default="static", show_default=True, help="quality, passages: static, none or a transformer's folder."
)
@click.option(
    "--file", "files", type=click.Path(path_type=Path, exists=True), multiple=True, help="escalation: labelled turns."
)
@click.option(
    "--sql-questions",
    "sql_folders",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    multiple=True,
    help="sql: a folder of databases and questions; repeatable.",
)
@click.option(
    "--statements",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="sql: statements to refuse and to accept; repeatable.",
)
@click.option(
    "--fixture",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="sql: the tables that statements are run on, a script for SQLite.",
)
@click.option("--misses", is_flag=True, help="escalation, sql: print what was judged wrongly.")
@click.option("--size", "sizes", type=int, multiple=True, help="search: so many chunks, such as 1000000; repeatable.")
def main(
    names: tuple[str, ...],
    quick: bool,
    json_file: Path | None,
    conversations: Path | None,
    questions: Path | None,
    model: str,
    files: tuple[Path, ...],
    sql_folders: tuple[Path, ...],
    statements: tuple[Path, ...],
    fixture: Path | None,
    misses: bool,
    sizes: tuple[int, ...],
) -> None:
    """Measure Satchel beside named baselines of the same run."""
    for setting in [name for name in os.environ if name.startswith("SATCHEL_")]:
        del os.environ[setting]  # nobody's own store is written to, and everyone measures the same server
    figures: list[Figure] = []
    for name in names or SUBJECTS:
        click.echo(f"measuring {name} …", err=True)
        match name:
            case "startup":
                figures += startup.run(quick)
            case "speed":
                figures += speed.run(quick)
            case "quality":
                figures += quality.run(quick, conversations, model)
            case "search":
                figures += searching.run(quick, sizes)
            case "ingest":
                figures += ingesting.run(quick)
            case "escalation":
                figures += escalating.run(quick, files, misses)
            case "load":
                figures += load.run(quick)
            case "sql":
                figures += questioning.run(quick, sql_folders, statements, fixture, misses)
            case _:
                figures += passages.run(quick, questions, model)
    click.echo(table(figures))
    if json_file is not None:
        write_json(figures, json_file)


if __name__ == "__main__":
    main()
