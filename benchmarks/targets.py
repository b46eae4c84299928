"""What must be reached, a row each, and the figures that answer it. A row without its figures is an error."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.report import Gap, Outcome

NOT_MEASURED = "not measured in this run"


@dataclass(frozen=True, slots=True)
class Row:
    """A target in words, the subject that measures it, and the names of its figures. ``options`` leave the rest of the
    subject out."""

    what: str
    must: str
    subject: str
    figures: tuple[str, ...]
    options: str = ""

    @property
    def command(self) -> str:
        """What makes the figures of this row alone."""
        return " ".join(filter(None, ("python -m benchmarks", self.subject, self.options)))


ROWS = (
    Row(
        "process start → `initialize` answered (stdio)",
        "≤ 1.15 × the bare SDK server with one trivial tool",
        "startup",
        ("start → initialize",),
    ),
    Row("`tools/list`", "≤ 2,500 tokens, all families on", "startup", ("tools/list as models read it",)),
    Row(
        "tool call overhead (trivial tool against ours minus its own work)",
        "≤ 1.3 × the bare SDK",
        "startup",
        ("memory_graph on an empty graph, without it",),
    ),
    Row(
        "`memory_store`, acknowledged and durable, model loaded",
        "p50 ≤ embedding one text + 5 ms; ≥ 150/s from one client pipelining",
        "speed",
        tuple(
            f"memory_store, {model}, {what}"
            for model in ("built-in", "transformer")
            for what in ("p50", "one client pipelining")
        ),
    ),
    Row(
        "`memory_retrieve` with query, 10,000 memories",
        "p50 ≤ embedding one query + 5 ms (built-in table: ≤ 6 ms in all)",
        "speed",
        ("memory_retrieve, 10,000 memories, p50", "memory_retrieve, 10,000 memories, transformer, p50"),
    ),
    Row(
        "the same at 1,000,000 chunks",
        "p95 ≤ 60 ms with recall@10 ≥ 0.95 of exact",
        "search",
        ("rag_search, 1,000,000 chunks, p95", "rag_search, 1,000,000 chunks, recall@10"),
        "--size 1000000",
    ),
    Row(
        "ingest",
        "≥ 0.9 × the documents/s of fastembed alone on the same chunks",
        "ingest",
        ("ingest, transformer, files of 1,500 words",),
    ),
    Row(
        "text2sql, learned pattern or built-in, SQLite",
        "p95 ≤ 50 ms + the query itself",
        "sql",
        (
            "a learned pattern with other values, p95 beside the query itself",
            "a built-in answer, p95 beside the query itself",
        ),
    ),
    Row(
        "escalation_check, 50 messages of history",
        "p95 ≤ 10 ms",
        "escalation",
        (
            "judging a message and 50 turns never read before, p95",
            "escalation_check with 50 turns, p95",
            "escalation_check that puts one into the queue, p95",
        ),
    ),
    Row(
        "idle memory (largest process)",
        "transformer loaded ≤ 450 MB; built-in table only ≤ 250 MB",
        "startup",
        ("idle, transformer", "idle, built-in table"),
    ),
    Row(
        "32 clients over HTTP, 30 % writes",
        "≥ 0.5 × the bare SDK's calls/s, p99 ≤ 500 ms, no errors",
        "load",
        tuple(
            f"32 clients of the SDK, {era} era, {what}"
            for era in ("handshake", "modern")
            for what in ("calls", "p99", "failed")
        ),
    ),
    Row(
        "two processes on one directory",
        "every acknowledged write kept, none refused",
        "speed",
        ("acknowledged writes kept", "writes refused"),
    ),
)


def answers(row: Row, measured: Sequence[Outcome] | None) -> Iterator[Outcome]:
    """The row's figures among its subject's outcomes, and what there is instead of those that are missing; without
    outcomes the subject was not asked for. Raises LookupError when a figure is missing for no reason."""
    if measured is None:
        yield from (Gap(row.subject, name, NOT_MEASURED) for name in row.figures)
        return
    failure = next((each for each in measured if isinstance(each, Gap) and each.is_failure), None)
    for name in row.figures:
        found = [each for each in measured if each.what == name]
        if not found and failure is None:
            raise LookupError(f"{row.what}: {row.subject} has no figure {name!r}")
        yield from found or [Gap(row.subject, name, failure.why if failure else "")]
