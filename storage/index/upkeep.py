"""When a vector table is compacted and the write-ahead log emptied: decisions over counts and times, no clock here."""

from dataclasses import dataclass

COMMITS = 32  # each leaves a version and a few files
ROWS = 20_000
QUIET_SECONDS = 600.0
SETTLED_ROWS = 2_000
SETTLED_SECONDS = 60.0

# To maintain a table takes time in proportion to it, some 15 s at a million rows: a large one waits for more changes.
# Until then a search looks through its new rows one by one, 20 ms for vectors and as much for words at 30,000.
ROWS_SHARE = 32
COMMITS_SHARE = 8_192
QUIET_SHARE = 100_000

WAL_PASSIVE = 4 << 20
WAL_TRUNCATE = 64 << 20


@dataclass(slots=True)
class Upkeep:
    """What happened to one table since it was last maintained."""

    since: float
    moved_at: float = 0.0
    commits: int = 0
    rows: int = 0
    owes_pruning: bool = True
    """The versions of the last minute were spared, or a predecessor died: one more round after a quiet while."""

    def moved(self, rows: int, now: float) -> None:
        self.moved_at = now
        self.commits += 1
        self.rows += rows

    def is_due(self, now: float, held: int) -> bool:
        """For a table of ``held`` rows: soon after many changes, or a minute after the last of several; ten minutes
        after few; never again after none."""
        if self.commits >= max(COMMITS, held // COMMITS_SHARE) or self.rows >= max(ROWS, held // ROWS_SHARE):
            return True
        if self.rows >= SETTLED_ROWS and now - self.moved_at >= SETTLED_SECONDS:
            return True
        is_quiet = now - self.since >= QUIET_SECONDS * max(1, held // QUIET_SHARE)
        return (self.commits > 0 or self.owes_pruning) and is_quiet

    def done(self, now: float) -> None:
        self.owes_pruning = self.commits > 0
        self.since, self.commits, self.rows = now, 0, 0


def checkpoint_mode(size: int, last_size: int, *, has_purged: bool) -> bool | None:
    """Whether to truncate the log, False for a checkpoint that waits for nobody, None for neither.

    A truncation waits for readers, so it is for quiet moments, for a log out of bounds, and after a purge, whose text
    the log still holds.
    """
    if has_purged or size >= WAL_TRUNCATE or 0 < size == last_size:
        return True
    return False if size >= WAL_PASSIVE else None
