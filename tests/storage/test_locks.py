"""The lock between processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.locks import OwnerLock

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from storage.locks import OwnerLock
lock = OwnerLock(Path(sys.argv[1]))
print(lock.try_acquire(), flush=True)
sys.stdin.read()
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    """Another process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = OwnerLock(tmp_path / "lock"), OwnerLock(tmp_path / "lock")
    assert first.try_acquire()
    assert not second.try_acquire()
    assert (first.is_held, second.is_held) == (True, False)
    first.release()
    assert second.try_acquire()
    second.release()


def test_the_last_release_lets_others_in(tmp_path: Path) -> None:
    """Work that outlives its caller keeps the lock."""
    first, second = OwnerLock(tmp_path / "lock"), OwnerLock(tmp_path / "lock")
    assert first.try_acquire()
    assert first.try_acquire()
    first.release()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()


def test_a_release_too_many_does_nothing(tmp_path: Path) -> None:
    lock = OwnerLock(tmp_path / "lock")
    lock.release()
    assert lock.try_acquire()
    lock.release()
    assert not lock.is_held


def test_the_folder_is_made(tmp_path: Path) -> None:
    lock = OwnerLock(tmp_path / "new" / "lock")
    assert lock.try_acquire()
    lock.release()


@pytest.mark.crash
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    lock = OwnerLock(tmp_path / "lock")
    with holder(tmp_path / "lock") as process:
        assert not lock.try_acquire()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert lock.try_acquire()
    lock.release()
