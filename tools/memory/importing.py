"""Taking in memories from lines of JSON, as `satchel export` writes them or as another program may.

Each batch is one transaction: all of its memories or none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from storage import usage
from storage.database import Connection
from storage.memories import transfer as memory_transfer
from storage.memories.transfer import Incoming, Link, Taken
from tools.memory.import_lines import incoming
from tools.memory.memories import Memories
from tools.memory.policy import MemoryPolicy

BATCH = 500
BATCH_BYTES = 8 * 2**20
SHOWN = 10  # of the skipped lines; the others are only counted


class BadLine(Exception):
    """A line that holds no memory; nothing of its batch was written. The text says which line, and why."""


@dataclass(slots=True)
class Report:
    """What became of the lines so far. ``examples`` says of the first skipped lines which and why."""

    created: int = 0
    unchanged: int = 0
    skipped: int = 0
    examples: list[str] = field(default_factory=lambda: list[str]())
    links: list[Link] = field(default_factory=lambda: list[Link]())
    """Replaced memories whose replacement has not come yet."""

    def skip(self, number: int, reason: str) -> None:
        """One line was not taken."""
        self.skipped += 1
        if len(self.examples) < SHOWN:
            self.examples.append(f"line {number}: {reason}")


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line of the file and its number; ``text`` is None where it was too long to be read."""

    number: int
    text: bytes | None


async def take_in(
    memories: Memories,
    tenant: str,
    lines: Iterable[RawLine],
    report: Report,
    *,
    skip_invalid: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Store what the lines hold, counting in ``report``. Raises BadLine at the first bad one, unless those are skipped;
    the batches before it stay. So they do when it raises QuotaExceeded."""
    now = memories.now()
    for batch in _batches(lines):
        good, bad = _parsed(batch, memories.policy, now, skip_invalid=skip_invalid)
        taken, report.links = await memories.db.write(
            lambda db, good=good: _write(db, memories, tenant, [each for _, each in good], report.links)  # type: ignore[misc]
        )
        for number, reason in bad:
            report.skip(number, reason)
        _count(report, [number for number, _ in good], taken)
        progress()


def _batches(lines: Iterable[RawLine]) -> Iterator[list[RawLine]]:
    batch: list[RawLine] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.text or b"")
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _parsed(
    batch: list[RawLine], policy: MemoryPolicy, now: int, *, skip_invalid: bool
) -> tuple[list[tuple[int, Incoming]], list[tuple[int, str]]]:
    good: list[tuple[int, Incoming]] = []
    bad: list[tuple[int, str]] = []
    for line in batch:
        try:
            good.append((line.number, incoming(line.text, policy, now)))
        except ValueError as error:
            if not skip_invalid:
                raise BadLine(f"line {line.number}: {error}") from None
            bad.append((line.number, str(error)))
    return good, bad


def _write(
    db: Connection, memories: Memories, tenant: str, batch: list[Incoming], links: list[Link]
) -> tuple[list[Taken], list[Link]]:
    with usage.within(db, tenant, memories.quota(tenant)):
        taken = [memory_transfer.take(db, tenant, each) for each in batch]
    new = [
        (each.memory.memory_id, each.superseded_by)
        for each, done in zip(batch, taken, strict=True)
        if each.memory.memory_id and each.superseded_by and done.outcome != "skipped"
    ]
    return taken, memory_transfer.link(db, tenant, [*links, *new])


def _count(report: Report, numbers: list[int], taken: list[Taken]) -> None:
    outcomes = Counter(each.outcome for each in taken)
    report.created += outcomes["created"]
    report.unchanged += outcomes["unchanged"]
    for number, each in zip(numbers, taken, strict=True):
        if each.outcome == "skipped":
            report.skip(number, each.reason)
