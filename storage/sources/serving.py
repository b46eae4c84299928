"""The worker's side: opens one source and answers one job after the other, until nobody listens any more.

The first frame is the source, each further one a job; each job gets one frame back. Standard output is for frames
alone.
"""

import importlib
import json
import os
import queue
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

from storage.confined import OUT_OF_MEMORY
from storage.sources.engine import TOO_MUCH_MEMORY, Engine, EngineFailed, Limits
from storage.sources.frames import HEADER_BYTES, body_length, packed, source_of
from storage.sources.schema import as_record
from storage.sources.scrubbing import scrubbed
from storage.sources.source import EngineName, Source

IDLE_SECONDS = 300.0
MODULES: dict[EngineName, str] = {"duckdb": "duck"}
EXTRAS: dict[EngineName, str] = {"duckdb": "duckdb", "folder": "duckdb", "postgres": "postgres", "mysql": "mysql"}


class Service:
    """A source and its engine, opened by the first job that needs it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._engine: Engine | None = None

    def answer(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """The frame for a job: its value, or how it failed."""
        try:
            if self._engine is None:
                self._engine = open_engine(self._source)
            return {"value": perform(self._engine, job)}
        except EngineFailed as error:
            return failed(error)
        except MemoryError:
            return failed(EngineFailed("memory", TOO_MUCH_MEMORY)) | {"is_last": True}
        except Exception as error:  # the outermost loop: a driver's fault is an answer too
            return failed(EngineFailed("other", scrubbed(f"{type(error).__name__}: {error}")))


def open_engine(source: Source) -> Engine:
    """The source's engine. Raises EngineFailed, ``down`` where its driver is not installed."""
    module = MODULES.get(source.engine, source.engine)
    try:
        engine: Engine = importlib.import_module(f"storage.sources.engines.{module}").open_engine(source)
    except ImportError as error:
        extra = EXTRAS.get(source.engine, source.engine)
        raise EngineFailed("down", f"needs the extra: pip install 'satchel-mcp[{extra}]'") from error
    return engine


def perform(engine: Engine, job: Mapping[str, Any]) -> Any:
    """What the job asks for, as JSON can hold it. Raises EngineFailed."""
    match job["call"]:
        case "version":
            return engine.version()
        case "describe":
            return as_record(engine.describe())
        case "values":
            return engine.values(job["table"], job["columns"], job["most"], job["seconds"])
        case "plan":
            return engine.plan(job["sql"], Limits(**job["limits"]))
        case "run":
            return asdict(engine.run(job["sql"], Limits(**job["limits"]), reads_masked=job["reads_masked"]))
        case "rights":
            return engine.rights()
        case unknown:
            raise ValueError(unknown)


def failed(error: EngineFailed) -> dict[str, Any]:
    return {"failure": error.failure, "detail": error.detail, "name": error.name}


def read_frames(stream: BinaryIO, frames: "queue.SimpleQueue[bytes]") -> None:
    """Hand on each frame's body. The process ends with the stream, in the middle of a query too: its owner is gone."""
    while len(header := stream.read(HEADER_BYTES)) == HEADER_BYTES:
        frames.put(stream.read(body_length(header)))
    os._exit(0)


def private_stdout() -> BinaryIO:
    """Standard output for us alone: what a driver prints goes nowhere."""
    private = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return private


def main() -> None:
    output = private_stdout()
    frames: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=read_frames, args=(sys.stdin.buffer, frames), daemon=True).start()
    service = Service(source_of(json.loads(frames.get())))
    while True:
        try:
            job = json.loads(frames.get(timeout=IDLE_SECONDS))
        except queue.Empty:
            os._exit(0)  # nobody needs it
        answer = service.answer(job)
        output.write(packed(answer))
        output.flush()
        if "is_last" in answer:
            os._exit(OUT_OF_MEMORY)


if __name__ == "__main__":
    main()
