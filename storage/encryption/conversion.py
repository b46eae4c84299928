"""Puts a data directory under another key, under one for the first time, or under none.

Everything is written anew beside what is there: the contents of attachments into the new key's folder, then the
database. Its renaming is the one moment at which all of it changes: a kill before leaves the old state, a kill after
the new one, and in both cases files of the other that `leftovers` names and `sweep` erases.
"""

import os
import shutil
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from storage import durable
from storage.attachment_files import UPLOADS, folder_of, name_of
from storage.backup import WAIT_SECONDS, found_damage
from storage.database import FILE_NAME, translated
from storage.database_file import open_file
from storage.encryption.data_key import MARK, PLAIN, DataKey, Unsealed, front_of, mismatch
from storage.errors import Corrupt, WrongKey
from storage.exclusive import alone, sole
from storage.migrate import schema_version

ERASED_AT_ONCE = 1 << 20
TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table'"


def convert(folder: Path, old: DataKey | None, new: DataKey | None) -> int:
    """Put the directory, which is under ``old``, under ``new``; how many files of the old state were erased.

    Raises WrongKey, Busy, Corrupt, DiskFull, ReadOnly; then nothing was changed. Nobody else may have it open.
    """
    path = folder / FILE_NAME
    with translated(), alone(folder):
        with ExitStack() as held:
            db = held.enter_context(_sound(_connect(path, old), path, old))
            _sweep(folder, old)
            _carry_contents(folder, old, new)
            former = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
            held.callback(os.close, former)
            with durable.partial(path) as target:
                _export(db, target, new)
                _compare(db, target, new)
                if os.name == "nt":  # where no file is renamed over one that is open; the locks keep others out
                    held.close()
            if os.name != "nt":
                _overwrite(former)
        return _sweep(folder, new) + 1


def sweep(folder: Path, key: DataKey | None) -> int:
    """Erase what a change that was broken off has left; how many files. Raises WrongKey, Busy, Corrupt."""
    path = folder / FILE_NAME
    with translated(), alone(folder), _sound(open_file(path, key, mode="rw", timeout=WAIT_SECONDS), path, key):
        return _sweep(folder, key)


def leftovers(folder: Path, key: DataKey | None) -> list[Path]:
    """Files of another state than the key's: those that anybody can read, or only who has the former key."""
    found = [file for other in _foreign(folder, key) for file in _files(other)]
    found += [file for file in _files(folder / "backups") if not _belongs(file, key)]
    if key is not None:  # one that was to be plain; what else is not finished harms nobody
        found += folder.glob(f".{FILE_NAME}.*.partial*")
    return found


def _foreign(folder: Path, key: DataKey | None) -> list[Path]:
    """Folders that the directory does not use under the key."""
    others = [each for each in folder.glob(f"{UPLOADS}*") if each != folder_of(folder, key)]
    return others if key is None else [*others, folder / "vectors"]  # Lance encrypts nothing


def _belongs(copy: Path, key: DataKey | None) -> bool:
    """Whether a kept copy is encrypted as the key says. A damaged one says nothing, and may be full of plain text."""
    front = front_of(copy)
    return not front.startswith(MARK) if key is None else front == key.front


def _connect(path: Path, key: DataKey | None) -> sqlite3.Connection:
    """By SQLCipher in any case: it reads plain files too, and writes those it attaches under any key."""
    from storage.encryption.cipher_connection import connect

    return connect(f"{path.absolute().as_uri()}?mode=rw", key, WAIT_SECONDS)


@contextmanager
def _sound(db: sqlite3.Connection, path: Path, key: DataKey | None) -> Generator[sqlite3.Connection]:
    """The connection, which opens the file and has it alone, until it is closed here."""
    with ExitStack() as held:
        try:
            held.enter_context(sole(db))
            damage = found_damage(db, "quick_check")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB and (told := mismatch(path, key)):
                raise WrongKey(f"the data {told}") from error
            raise
        if damage:
            raise Corrupt(f"the database is damaged: {damage}")
        yield db


def _carry_contents(folder: Path, old: DataKey | None, new: DataKey | None) -> None:
    """Write every attachment's content under the new key. One that cannot be read is of no use under the old one."""
    source, target = folder_of(folder, old), folder_of(folder, new)
    for file in _files(source):
        if file.name.startswith("."):  # one that was never finished
            continue
        path = target / file.relative_to(source)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = file.stat().st_mtime_ns
        with suppress(Unsealed):
            content = file.read_bytes() if old is None else old.unseal(file.read_bytes(), name_of(file))
            with durable.partial(path) as unfinished:
                unfinished.write_bytes(content if new is None else new.seal(content, name_of(path)))
                os.utime(unfinished, ns=(written, written))


def _export(db: sqlite3.Connection, target: Path, key: DataKey | None) -> None:
    db.execute("ATTACH ? AS target KEY ?", (str(target), "" if key is None else key.for_sqlcipher))
    db.execute("PRAGMA target.journal_mode = OFF")  # what is not finished is deleted
    db.execute("PRAGMA target.synchronous = OFF")  # it is synced as a whole
    db.execute("SELECT sqlcipher_export('target')").fetchone()
    db.execute(f"PRAGMA target.user_version = {schema_version(db):d}")
    db.execute("DETACH target")


def _compare(db: sqlite3.Connection, target: Path, key: DataKey | None) -> None:
    """Raises Corrupt unless the new file is sound, encrypted as it should be and holds as many rows in every table."""
    if front_of(target) != (PLAIN if key is None else key.front):
        raise Corrupt("the new file is not encrypted as it should be; nothing was changed")
    with closing(open_file(target, key, mode="ro")) as copy:
        damage = found_damage(copy, "integrity_check")
        if damage or _sizes(copy) != _sizes(db):
            raise Corrupt(f"the new file is not like the old one: {damage or 'rows differ'}; nothing was changed")


def _sizes(db: sqlite3.Connection) -> dict[str, int]:
    tables = [row[0] for row in db.execute(TABLES)]
    counts = {name: int(db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in tables}
    return counts | {"user_version": schema_version(db)}


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, links not followed."""
    for where, _, names in os.walk(folder):
        yield from (Path(where, name) for name in sorted(names))


def _sweep(folder: Path, key: DataKey | None) -> int:
    files = leftovers(folder, key)
    for file in files:
        _erase(file)
    for other in _foreign(folder, key):
        shutil.rmtree(other, ignore_errors=True)
    return len(files)


def _erase(file: Path) -> None:
    if not file.is_symlink():
        descriptor = os.open(file, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            _overwrite(descriptor)
        finally:
            os.close(descriptor)
    file.unlink()


def _overwrite(descriptor: int) -> None:
    """Zeros over all of it, down to the disk: as far as a file system that writes in place allows."""
    left = os.fstat(descriptor).st_size
    os.lseek(descriptor, 0, os.SEEK_SET)
    while left > 0:
        left -= os.write(descriptor, bytes(min(left, ERASED_AT_ONCE)))
    os.fsync(descriptor)
