"""Measures subjects, each in a process of its own: whatever becomes of one, the others are measured and what it had
found is kept."""

import multiprocessing
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection

from benchmarks.options import Options
from benchmarks.record import Measured
from benchmarks.report import Gap, Outcome
from benchmarks.subjects import SUBJECTS


def measure(name: str, options: Options, measured: Measured) -> Iterator[Outcome]:
    """Yield the subject's outcomes as they come, each once it stands in ``measured``."""
    started = time.perf_counter()
    for outcome in _outcomes(name, options):
        measured.outcomes.append(outcome)
        measured.seconds = time.perf_counter() - started
        yield outcome


def _outcomes(name: str, options: Options) -> Iterator[Outcome]:
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    with receiver:
        process = spawn.Process(target=_send_all, args=(name, options, sender))
        process.start()
        sender.close()  # the process's own is the last one, so that its end is seen here
        yield from _received(receiver)
    process.join()
    if process.exitcode:
        yield Gap(name, "", f"ended with exit code {process.exitcode}")


def _received(receiver: "Connection[None, Outcome]") -> Iterator[Outcome]:
    while True:
        try:
            yield receiver.recv()
        except EOFError:
            return


def _send_all(name: str, options: Options, sender: "Connection[Outcome, None]") -> None:
    """All that the process does."""
    try:
        for outcome in SUBJECTS[name].run(options):
            sender.send(outcome)
    except Exception as error:  # its outermost loop: what failed is told like what was found
        traceback.print_exc()
        sender.send(Gap(name, "", f"failed: {type(error).__name__}"))
