"""What a key wrote, and what was taken back, as lines for a person."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from server.cli.printing import note, one_line, out, table
from server.cli.times import second
from storage.written_by_key import How, Kind, Written

if TYPE_CHECKING:
    from tools.undoing import Undone

LEFT_SHOWN = 20
FATES: dict[tuple[Kind, How], str] = {
    ("memory", "created"): "forgotten; agents can bring them back",
    ("memory", "changed"): "get back what they were",
    ("memory", "deleted"): "come back",
    ("document", "created"): "deleted",
    ("document", "changed"): "deleted; the text they replaced cannot come back",
    ("attachment", "created"): "deleted, files too",
    ("rule", "created"): "deleted",
    ("pattern", "created"): "deleted",
    ("feedback", "created"): "deleted",
    ("escalation", "created"): "left as they are",
    ("escalation", "changed"): "left as they are",
}
ERASED = "erased from every file, for good"


def named(key: str) -> str:
    """A key's id as it may be printed."""
    return one_line(key)


def print_written(found: Sequence[Written]) -> None:
    """One line each."""
    rows = [
        (
            each.kind,
            each.how,
            second(each.at),
            one_line(each.id),
            one_line(each.where),
            one_line(each.what),
            one_line(each.about),
        )
        for each in found
    ]
    table(("KIND", "HOW", "WHEN", "ID", "WHERE", "TYPE", "ABOUT"), rows)
    note(f"{len(found):,} in all.")


def print_plan(found: Sequence[Written], *, purge: bool) -> None:
    """A line for each kind: how many, when, and what happens to them. Memories that are rules have one of their own."""
    groups: defaultdict[tuple[Kind, How, bool], list[Written]] = defaultdict(list)
    for each in found:
        groups[each.kind, each.how, each.kind == "memory" and each.what == "rule"].append(each)
    rows: list[tuple[str, ...]] = []
    for (kind, how, is_rule), held in groups.items():
        fate = ERASED if purge and (kind, how) == ("memory", "created") else FATES[kind, how]
        times = [each.at for each in held]
        things = f"{len({each.id for each in held}):,}"
        name = "memory (rule)" if is_rule else kind
        rows.append((name, how, things, second(min(times)), second(max(times)), fate))
    table(("KIND", "HOW", "COUNT", "FIRST", "LAST", "WHAT HAPPENS"), rows)


def print_undone(undone: "Undone") -> None:
    """A line for each thing that was done, then what was left and why."""
    counts = {
        "memories restored": undone.restored,
        "memories forgotten": undone.forgotten,
        "memories erased": undone.purged,
        "documents deleted": undone.documents,
        "attachments deleted": undone.attachments,
        "rules deleted": undone.rules,
        "learned queries deleted": undone.patterns,
        "judgements deleted": undone.feedback,
        "memories left": len(undone.left),
    }
    table(("DONE", "COUNT"), [(what, f"{count:,}") for what, count in counts.items()])
    for each in undone.left[:LEFT_SHOWN]:
        out(f"left: {one_line(each.memory_id)}  {one_line(each.reason)}")
    if len(undone.left) > LEFT_SHOWN:
        out(f"left: {len(undone.left) - LEFT_SHOWN:,} more, for the same reasons")
    if undone.replaced:
        note(f"{undone.replaced:,} of the documents had replaced an earlier text, which is not kept: add it again.")
