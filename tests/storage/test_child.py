"""A child process with little memory and little time: what it does to itself stays its own."""

import os
import sys
from pathlib import Path

import anyio
import psutil
import pytest

from storage.child import ChildFailed, ChildLimits, run_limited

pytestmark = pytest.mark.anyio

UNRULY = "tests.storage.unruly"

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has only the clock")


async def failure(data: bytes, limits: ChildLimits) -> str:
    """Why the child failed."""
    with pytest.raises(ChildFailed) as failed:
        await run_limited(UNRULY, data, limits, output_bytes=1 << 20)
    return failed.value.reason


def children() -> list[int]:
    """The processes this one has started, and theirs."""
    return [child.pid for child in psutil.Process().children(recursive=True)]


async def test_megabytes_pass_through_a_child_unchanged() -> None:
    data = os.urandom(3 << 20).replace(b"\n", b"x")
    assert await run_limited(UNRULY, b"echo " + data + b"\nrest", output_bytes=4 << 20) == data + b"rest"


async def test_a_child_need_not_read_all_it_is_given() -> None:
    await run_limited(UNRULY, b"environment\n" + bytes(3 << 20), output_bytes=1000)


async def test_a_child_has_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATCHEL_SECRET", "key")
    names = await run_limited(UNRULY, b"environment\n", output_bytes=1000)
    assert set(names.split()) <= {b"LC_CTYPE", b"SYSTEMROOT"}  # the first is Python's own, where no locale is set


@posix
async def test_a_child_writes_no_file(tmp_path: Path) -> None:
    target = tmp_path / "new"
    await run_limited(UNRULY, b"write " + os.fsencode(target) + b"\n", output_bytes=0)
    assert not target.exists() or target.stat().st_size == 0


async def test_a_child_that_never_ends_is_stopped_by_the_clock() -> None:
    assert await failure(b"loop\n", ChildLimits(wall_seconds=0.5)) == "timeout"
    assert children() == []


@posix
async def test_a_child_that_never_ends_is_stopped_by_the_processor_time() -> None:
    assert await failure(b"loop\n", ChildLimits(cpu_seconds=1)) == "timeout"


@posix
async def test_a_child_that_takes_all_memory_gets_none_of_ours() -> None:
    assert await failure(b"eat\n", ChildLimits(memory_bytes=128 << 20)) == "memory"


async def test_a_child_that_never_stops_writing_is_cut_off() -> None:
    assert await failure(b"babble\n", ChildLimits()) == "too_much_output"
    assert children() == []


@pytest.mark.parametrize("word", [b"fall\n", b"nonsense\n"])
async def test_a_child_that_breaks_is_told_apart(word: bytes) -> None:
    assert await failure(word, ChildLimits()) == "crashed"


@posix
async def test_what_a_child_started_ends_with_it() -> None:
    assert await failure(b"breed\n", ChildLimits(wall_seconds=0.5)) == "timeout"
    assert children() == []


async def test_a_cancelled_caller_leaves_no_child_behind() -> None:
    with anyio.move_on_after(0.2) as scope:
        await run_limited(UNRULY, b"loop\n", output_bytes=0)
    assert scope.cancelled_caught
    assert children() == []


async def test_a_caller_cancelled_at_any_moment_leaves_no_child_behind() -> None:
    """Also while the child is being started."""
    for milliseconds in range(0, 20, 4):
        with anyio.move_on_after(milliseconds / 1000):
            await run_limited(UNRULY, b"loop\n", output_bytes=0)
        assert children() == []
