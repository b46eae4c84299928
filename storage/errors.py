"""What can go wrong where things are kept.

* StorageError
  x NotFound       no such row for this tenant
  x Conflict       the change would make two rows of one identity
  x Busy           another process holds the database; nothing was changed
  x DiskFull       no room to write; nothing was changed, reads go on
  x ReadOnly       the data directory cannot be written
  x NewerData      the data directory was written by a newer version
  x Corrupt        the database file is damaged
  x WrongKey       the data is encrypted under another key, or is and should not be, or is not and should be
  x IndexLost      a vector table is unreadable; it can be rebuilt from the database
  x Invalid        a file given to be read does not hold what it should
  x QuotaExceeded  the tenant would keep more than it may; nothing was changed
"""


class StorageError(Exception):
    """The base of everything storage raises on purpose."""


class NotFound(StorageError):
    """No such row for this tenant; another tenant's row is not found either."""

    def __init__(self, noun: str, name: str) -> None:
        super().__init__(f"no {noun} {name!r}")
        self.noun = noun
        self.name = name


class Conflict(StorageError):
    """The change would give two rows one identity; ``holder`` names the row that has it."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"already held by {holder}")
        self.holder = holder


class Busy(StorageError):
    """Another process holds the database; nothing was changed and a retry may succeed."""


class DiskFull(StorageError):
    """There is no room to write; nothing was changed and reads go on."""


class ReadOnly(StorageError):
    """The data directory cannot be written."""


class NewerData(StorageError):
    """The data directory was written by a newer version of this program."""


class Corrupt(StorageError):
    """The database file is damaged."""


class WrongKey(StorageError):
    """The data is encrypted, and not under this key; or it is not, and a key was given. Nothing was changed."""


class IndexLost(StorageError):
    """A vector table is unreadable and has been put aside; rebuild it from the database."""


class Invalid(StorageError):
    """A file given to be read does not hold what it should."""


class QuotaExceeded(StorageError):
    """The tenant would keep more than it may; nothing was changed. ``what`` is memories, chunks or bytes."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"the quota is {limit:,} {what}")
        self.what = what
        self.limit = limit
