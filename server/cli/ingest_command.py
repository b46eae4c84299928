"""`satchel ingest PATH…`: files become documents that agents search."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from server.cli.collection_option import collection_option
from server.cli.failures import failures
from server.cli.interrupts import INTERRUPTED
from server.cli.options import settings_from, settings_options, tenant_option
from server.cli.printing import one_line, out
from server.cli.running import in_database, in_house, prepare
from server.config import Settings
from storage.database import FILE_NAME, Database
from storage.errors import Invalid
from storage.files import ignore_rules
from storage.files.ignore_rules import Rules

if TYPE_CHECKING:
    from tools.rag.ingest_plan import Asked, Plan


def _excluded(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> Rules:
    try:
        return ignore_rules.compiled(value)
    except Invalid as error:
        raise click.BadParameter(f"{error}.") from error


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@collection_option
@click.option(
    "--exclude", multiple=True, callback=_excluded, metavar="PATTERN", help="Leave out, as .gitignore says it."
)
@click.option("--watch", is_flag=True, help="Go on, and follow what happens to the files, until Ctrl-C.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen to each file.")
@tenant_option
@settings_options
def command(
    paths: tuple[str, ...],
    collection: str,
    exclude: Rules,
    watch: bool,
    dry_run: bool,
    tenant: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Read the files, folders and patterns PATH into documents that agents search.

    The same command again reads only what has changed, and deletes documents whose files are gone or excluded now.
    Hidden files, node_modules and virtual environments are left out, and what .gitignore and .satchelignore say.
    """
    from tools.rag.ingest_plan import Asked

    settings = settings_from(config, **flags).model_copy(update={"offline": True})
    asked = Asked(
        named=paths,
        tenant=tenant,
        collection=collection,
        exclude=exclude,
        barred=[settings.data.resolve(), settings.models.resolve()],
        most_bytes=settings.max_file_mb << 20,
    )
    try:
        code = _preview(settings, asked) if dry_run else _ingest(settings, asked, watch=watch)
    except KeyboardInterrupt:
        code = INTERRUPTED
    click.get_current_context().exit(code)


def _preview(settings: Settings, asked: "Asked") -> int:
    """Say what would happen; the exit code."""
    from server.cli.ingest.views import print_details, print_errors
    from tools.rag.ingesting import Outcome, changed

    plan = _planned(settings, asked)
    new = anyio.run(changed, plan.jobs, asked.most_bytes)
    for job in plan.jobs:
        what = "unchanged" if job not in new else "update" if job.known else "add"
        out(f"{what:<10}{one_line(job.document_id)}")
    for name, known in (("unchanged", plan.unchanged), ("delete", plan.deletions)):
        for each in known:
            out(f"{name:<10}{one_line(each.document_id)}")
    print_details(Outcome(skipped=plan.skipped), plan.formats)
    print_errors(plan.errors)
    return 1 if plan.errors else 0


def _planned(settings: Settings, asked: "Asked") -> "Plan":
    """The plan, without making a store where there is none."""
    from tools.rag.ingest_plan import planned

    async def look(db: Database | None) -> "Plan":
        return await planned(db, asked)

    if (settings.data / FILE_NAME).exists():
        return in_database(settings, look)
    prepare(settings)
    with failures():
        return anyio.run(look, None)


def _ingest(settings: Settings, asked: "Asked", *, watch: bool) -> int:
    """One round, or one after the other; the exit code."""
    from server.cli.ingest.rounds import rounds
    from server.cli.ingest.views import print_errors

    if not (settings.data / FILE_NAME).exists() and (errors := _planned(settings, asked).errors):
        print_errors(errors)  # a mistyped path makes no store
        return 1
    return in_house(settings, lambda house: rounds(house, asked, watch=watch), create=True)
