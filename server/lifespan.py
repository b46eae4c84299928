"""A process's house: opened in the background once the host has its first answer, closed in reverse.

Opening waits until then: numpy, the store and the models come in behind the handshake, and a tool that needs them waits
for them.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from mcp.server.mcpserver import MCPServer

from server.config import Settings
from server.house import House, build
from server.keys import Known
from server.records import Call
from server.rounds import begin, flush_accesses
from storage.errors import StorageError, WrongKey
from tools.services import Services

if TYPE_CHECKING:
    from storage.encryption.data_key import DataKey

logger = logging.getLogger("satchel.lifespan")

HEAVY = (
    "storage.memories.search",
    "storage.backfill",
    "storage.index.indexer",
    "storage.embedding.runtime",
    "tools.memory.storing",
)
AFTER_ANSWER_SECONDS = 0.05  # lets the answer to the handshake leave first
RETRY_SECONDS = 5.0
MOST_UNOPENED = 1_000
"""Calls that are noted while there is no store to write them to."""


def milliseconds() -> int:
    """The time since the epoch."""
    return time.time_ns() // 1_000_000


class Runtime:
    """One process's house: opened in the background once, shared by every connection."""

    def __init__(self, settings: Settings, now: Callable[[], int] = milliseconds) -> None:
        self.settings = settings
        self.now = now
        self._wanted = anyio.Event()
        self._ready = anyio.Event()
        self._closing = anyio.Event()
        self._unwritten: deque[Call] = deque(maxlen=MOST_UNOPENED)
        self._house: House | None = None
        self._failure: StorageError | None = None

    def want(self) -> None:
        """Start opening now, if it has not begun."""
        self._wanted.set()

    def want_soon(self, seconds: float) -> None:
        """Start opening in a moment, from inside the event loop."""
        if not self._wanted.is_set():
            asyncio.get_running_loop().call_later(seconds, self._wanted.set)

    async def house(self) -> House:
        """The open house; waits for it. Raises the StorageError that keeps it shut."""
        self.want()
        await self._ready.wait()
        if self._house is None:
            assert self._failure is not None
            raise self._failure
        return self._house

    async def services(self) -> Services:
        """What handlers work with; waits for it."""
        return (await self.house()).services

    @property
    def is_open(self) -> bool:
        """Whether the house is open now."""
        return self._house is not None

    def opened(self) -> House | None:
        """The house; None while it is being opened. Raises the StorageError that keeps it shut."""
        if self._failure is not None:
            raise self._failure
        return self._house

    def note(self, call: Call) -> None:
        """Have a call written to the audit trail, as soon as there is one."""
        self._unwritten.append(call)
        if self._house is not None:
            self._write_down(self._house)

    async def find_key(self, digest: bytes) -> Known | None:
        """The API key with this digest, as it is kept now. Raises StorageError."""
        from storage import api_keys

        house = await self.house()
        return await house.db.read(lambda db: api_keys.find(db, digest))

    def _write_down(self, house: House) -> None:
        from storage.audit import AuditRow

        while self._unwritten:
            call = self._unwritten.popleft()
            house.audit.note(
                AuditRow(
                    at=house.now(),
                    tenant=call.principal.tenant,
                    key=call.principal.key,
                    action=call.action,
                    outcome=call.outcome,
                    session_id=call.session_id,
                    ids=call.ids,
                    ms=call.elapsed_ms,
                    request_id=call.request_id,
                )
            )

    @asynccontextmanager
    async def lifespan(self, server: MCPServer[None]) -> AsyncGenerator[None]:
        """Hold the house open behind the server; closed, with what is unwritten, however the server ends."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._hold)
            try:
                yield
            finally:
                self._closing.set()
                self._wanted.set()

    async def _hold(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._wanted.wait()
            while not self._closing.is_set():
                try:
                    async with open_house(self.settings, now=self.now) as house:
                        self._house, self._failure = house, None
                        self._ready.set()
                        self._write_down(house)
                        await self._closing.wait()
                except StorageError as error:
                    logger.error("store.shut", extra={"error": repr(error), "cause": repr(error.__cause__)})
                    self._house, self._failure = None, error
                    self._ready.set()
                    with anyio.move_on_after(RETRY_SECONDS):
                        await self._closing.wait()


@asynccontextmanager
async def open_house(
    settings: Settings, *, background: bool = True, now: Callable[[], int] = milliseconds
) -> AsyncGenerator[House]:
    """Open the data directory. With ``background`` off nothing runs beside the caller, as commands want it; ``now``
    is the clock of the memories, in milliseconds since the epoch.

    Raises StorageError.
    """
    await anyio.to_thread.run_sync(lambda: [import_module(name) for name in HEAVY])
    from storage.database import Database, under

    key = _key(settings)
    db = await Database.open(settings.data, under(key))
    house = build(settings, db, key, now)
    try:
        await house.backfill.register()
        async with anyio.create_task_group() as tasks:
            if background:
                begin(tasks.start_soon, house, settings)
            try:
                yield house
            finally:
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await _close(house)


def _key(settings: Settings) -> "DataKey | None":
    from storage.encryption.data_key import data_key

    try:
        return data_key(settings.master_key)
    except ValueError as error:  # the key was there when this started
        raise WrongKey(f"the key cannot be had: {error}") from error


async def _close(house: House) -> None:
    house.models.stop()
    await house.services.databases.catalogs.close()
    await flush_accesses(house.memories)
    await house.audit.close()
    await house.db.close()
