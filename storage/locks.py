"""An advisory lock between processes that dies with its owner: the operating system lets go, however the owner ends."""

import threading
from pathlib import Path

from filelock import FileLock, Timeout


class OwnerLock:
    """Held by one process at a time. Thread-safe, never waits, and may be taken again by whoever holds it:
    every successful `try_acquire` is owed one `release`, and the last one lets other processes in.

    That count is what lets work which outlives its caller (a cancelled task's thread) keep the lock until it ends.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path, thread_local=False)
        self._guard = threading.Lock()

    def try_acquire(self) -> bool:
        """Whether this process has the lock now. Raises OSError when the lock file cannot be made."""
        with self._guard:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return False
            return True

    def release(self) -> None:
        """Give back one `try_acquire`; without one, nothing."""
        with self._guard:
            self._lock.release()

    @property
    def is_held(self) -> bool:
        return self._lock.is_locked
