"""When a vector table is compacted and the write-ahead log emptied: decisions over counts and times, no clock here."""

from dataclasses import dataclass

COMMITS = 32  # each leaves a version and a few files
ROWS = 20_000
QUIET_SECONDS = 600.0

WAL_PASSIVE = 4 << 20
WAL_TRUNCATE = 64 << 20


@dataclass(slots=True)
class Upkeep:
    """What happened to one table since it was last maintained."""

    since: float
    commits: int = 0
    rows: int = 0
    owes_pruning: bool = True
    """The versions of the last minute were spared, or a predecessor died: one more round after a quiet while."""

    def moved(self, rows: int) -> None:
        self.commits += 1
        self.rows += rows

    def is_due(self, now: float) -> bool:
        """Soon after many changes, ten minutes after few, never again after none."""
        if self.commits >= COMMITS or self.rows >= ROWS:
            return True
        return (self.commits > 0 or self.owes_pruning) and now - self.since >= QUIET_SECONDS

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
