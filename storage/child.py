"""Runs a module of ours in a process of its own, with little memory and little time, on bytes nobody trusts.

Bytes go in by standard input, and come back by standard output. The child gets no environment, writes no file, and is
killed with all it started when it is late, writes too much, or its caller is cancelled.
"""

import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from subprocess import DEVNULL, PIPE
from typing import Literal

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, Process

from storage.confined import OUT_OF_MEMORY

Reason = Literal["timeout", "memory", "crashed", "too_much_output"]

ENVIRONMENT = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
"""No keys, no paths; Windows cannot start Python without the one."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use. Where the system cannot limit memory or CPU, the wall clock alone does."""

    memory_bytes: int = 512 << 20
    cpu_seconds: int = 20
    wall_seconds: float = 30.0
    file_bytes: int = 0
    """The longest file it may write."""


DEFAULT_LIMITS = ChildLimits()


class ChildFailed(Exception):
    """The child gave no answer. ``crashed`` is any end of its own that is neither time nor memory."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


async def run_limited(module: str, data: bytes, limits: ChildLimits = DEFAULT_LIMITS, *, output_bytes: int) -> bytes:
    """What ``python -m module`` writes when it is given ``data``, at most ``output_bytes``. Raises ChildFailed."""
    process = await start(module, limits)
    has_ended = False
    try:
        with anyio.fail_after(limits.wall_seconds):
            output = await _exchange(process, data, output_bytes)
            if len(output) > output_bytes:
                raise ChildFailed("too_much_output")
            code = await process.wait()
        has_ended = True
    except TimeoutError as error:
        raise ChildFailed("timeout") from error
    finally:
        with anyio.CancelScope(shield=True):
            if not has_ended:
                kill(process)
            await process.aclose()
    if code != 0:
        raise ChildFailed(reason_of(code))
    return output


async def start(module: str, limits: ChildLimits) -> Process:
    """The child, running. Cannot be cancelled: whoever starts it has to be there to end it."""
    # -B: a library that came without bytecode would try to write it, which the child may not
    command = [sys.executable, "-I", "-B", "-m", "storage.confined"]
    arguments = [module, str(limits.memory_bytes), str(limits.cpu_seconds), str(limits.file_bytes)]
    process: Process | None = None
    with anyio.CancelScope(shield=True):
        process = await anyio.open_process(
            command + arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=ENVIRONMENT, start_new_session=True
        )
    assert process is not None
    return process


async def _exchange(process: Process, data: bytes, output_bytes: int) -> bytes:
    """The child's output, or a little more than ``output_bytes`` of it."""
    assert process.stdin is not None
    assert process.stdout is not None
    output = bytearray()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_feed, process.stdin, data)
        await _drain(process.stdout, output, output_bytes)
        tasks.cancel_scope.cancel()  # a child that has said everything need not have read everything
    return bytes(output)


async def _feed(stdin: ByteSendStream, data: bytes) -> None:
    with suppress(anyio.BrokenResourceError, OSError):  # a child that ended early says why by its exit code
        await stdin.send(data)
    await stdin.aclose()


async def _drain(stdout: ByteReceiveStream, output: bytearray, output_bytes: int) -> None:
    with suppress(anyio.EndOfStream):
        while len(output) <= output_bytes:
            output += await stdout.receive()


def kill(process: Process) -> None:
    """End the child and what it started: its session is a process group of that number."""
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def reason_of(code: int) -> Reason:
    """Why a child ended that was not asked to, by its exit code."""
    if sys.platform != "win32" and code == -signal.SIGXCPU:
        return "timeout"
    if sys.platform != "win32" and code == -signal.SIGKILL:
        return "memory"  # not by us: the system ran out of it first
    return "memory" if code == OUT_OF_MEMORY else "crashed"
