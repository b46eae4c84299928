"""Health, readiness and who may read the numbers: on a real socket, over a real store."""

import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import anyio
import anyio.to_thread
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from server.app import create_shared_server
from server.house import House
from server.identity import Principal, Request, serving
from server.lifespan import Runtime
from server.web import probes
from server.web.admission import Admissions
from server.web.limits import Limits
from server.web.metrics import Metrics
from server.web.streams import Streams
from storage import deliveries, escalations
from storage.database import READERS, Connection
from tests.client import settings
from tests.server.web.listening import Answer, Place, listening
from tests.storage.escalating import found as an_escalation

pytestmark = pytest.mark.anyio

DATA = "data"


class Door:
    """Lets in whoever says what they may do, as the gate does once it has looked at a key."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = dict(scope["headers"]).get(b"scopes")
        if said is None:
            await self._app(scope, receive, send)
            return
        with serving(Request(Principal("acme", "key_1", frozenset(said.decode().split())), "9f31c2d4")):
            await self._app(scope, receive, send)


class Probed:
    """The probes of a server, asked over HTTP."""

    def __init__(self, place: Place, runtime: Runtime, streams: Streams) -> None:
        self.place = place
        self.runtime = runtime
        self.streams = streams

    async def get(self, path: str, scopes: str | None = None, method: str = "GET") -> Answer:
        return await (self.place.ask(method, path) if scopes is None else self.place.ask(method, path, scopes=scopes))

    async def status(self, path: str) -> tuple[int, str]:
        """What a stranger is told, which is one word."""
        answer = await self.get(path)
        assert list(answer.json) == ["status"]
        return answer.status, answer.json["status"]

    async def problems(self) -> list[str]:
        """What an operator is told."""
        found: list[str] = (await self.get("/health", "admin")).json["problems"]
        return found


@asynccontextmanager
async def probed(home: Path, **given: object) -> AsyncGenerator[Probed]:
    server, runtime = create_shared_server(settings(home, **given))
    streams = Streams()
    metrics = Metrics(Admissions(Limits(0, 16, 128)), streams)
    app = Door(Starlette(routes=list(probes.routes(runtime, metrics, lambda: streams.are_ending))))
    async with runtime.lifespan(server), listening(app) as place:
        yield Probed(place, runtime, streams)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[Probed]:
    async with probed(tmp_path) as found:
        await found.runtime.house()
        yield found


async def test_strangers_are_told_one_word(server: Probed) -> None:
    assert await server.status("/health") == (200, "ok")
    assert await server.status("/ready") == (200, "ready")


async def test_only_admins_are_told_what_is_behind_it(server: Probed) -> None:
    assert (await server.get("/health", "read write")).json == {"status": "ok"}
    told = (await server.get("/health", "admin")).json
    assert (told["status"], told["problems"], told["embedding_model"]["wanted"]) == ("ok", [], "static")
    assert told["deliveries"] == {"waiting": 0, "dead": 0}


async def test_answers_are_never_kept_by_a_proxy(server: Probed) -> None:
    for path in ("/health", "/ready", "/metrics"):
        assert (await server.get(path, "admin")).all("cache-control") == ["no-store"]


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
async def test_head_is_answered_without_a_body(server: Probed, path: str) -> None:
    reader, writer = await server.place.connect()
    writer.write(f"HEAD {path} HTTP/1.1\r\nHost: x\r\nscopes: admin\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b""


async def test_it_is_not_ready_before_the_store_is_open(tmp_path: Path) -> None:
    async with probed(tmp_path) as server:
        assert await server.status("/ready") == (503, "starting")
        await server.runtime.house()  # asking has begun it
        assert await server.status("/ready") == (200, "ready")


async def test_it_is_alive_while_the_store_is_being_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "FRESH_SECONDS", 0.0)
    async with probed(tmp_path) as server:
        assert await server.status("/health") == (200, "degraded")
        await server.runtime.house()
        assert await server.status("/health") == (200, "ok")


async def test_at_the_end_it_is_alive_and_not_ready(server: Probed) -> None:
    server.streams.end()
    assert await server.status("/ready") == (503, "stopping")
    assert await server.status("/health") == (200, "degraded")


async def test_a_damaged_store_is_failing_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / DATA).mkdir()
    (tmp_path / DATA / "satchel.sqlite").write_bytes(b"this is no database " * 100)
    async with probed(tmp_path) as server:
        server.runtime.want()
        with pytest.raises(Exception, match="damaged"):
            await server.runtime.house()
        assert await server.status("/health") == (503, "failing")
        assert await server.status("/ready") == (503, "starting")  # it is tried again and again
        (problem,) = await server.problems()
        assert "satchel doctor" in problem
        assert str(tmp_path) not in problem


async def test_a_store_that_does_not_answer_is_failing(server: Probed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PATIENCE_SECONDS", 0.05)
    house, release = await server.runtime.house(), threading.Event()
    async with anyio.create_task_group() as tasks:
        for _ in range(READERS):
            tasks.start_soon(house.db.read, lambda _: release.wait(10))
        await anyio.lowlevel.checkpoint()
        assert await server.status("/health") == (503, "failing")
        assert await server.status("/ready") == (503, "failing")
        assert "did not answer" in (await server.problems())[0]
        release.set()


async def test_a_missing_model_is_degraded_and_not_down(tmp_path: Path) -> None:
    async with probed(tmp_path, embedding_model="auto", offline=True) as server:
        house = await server.runtime.house()
        await anyio.to_thread.run_sync(house.models.settled, 10)
        assert await server.status("/health") == (200, "degraded")
        assert await server.status("/ready") == (200, "degraded")


async def given_up(house: House) -> None:
    """An announcement that nobody could be told."""

    def write(db: Connection) -> None:
        escalations.record(db, "acme", an_escalation(), 1, ["webhook"])
        (found,) = deliveries.listed(db, "acme", None, 10)
        deliveries.failed(db, found.delivery_id, 2, "refused", None)

    await house.db.write(write)


async def test_announcements_that_were_given_up_are_degraded(server: Probed) -> None:
    await given_up(await server.runtime.house())
    assert await server.status("/health") == (200, "degraded")
    (problem,) = await server.problems()
    assert "satchel escalations deliveries" in problem


async def test_a_disk_that_is_nearly_full_is_degraded(server: Probed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(total=1, used=1, free=100 * 2**20))
    assert await server.status("/health") == (200, "degraded")
    assert await server.problems() == ["100 MiB are free on the disk; free some space soon."]


async def test_strangers_cannot_keep_the_database_busy(server: Probed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report is told for a second, and those who come while it is made wait for the same one."""
    looks = 0

    def look(path: object) -> SimpleNamespace:
        nonlocal looks
        looks += 1
        return SimpleNamespace(total=1, used=1, free=2**40)

    monkeypatch.setattr("shutil.disk_usage", look)
    monkeypatch.setattr(probes, "FRESH_SECONDS", 60.0)
    async with anyio.create_task_group() as tasks:
        for _ in range(40):
            tasks.start_soon(server.status, "/health")
    assert looks == 1


async def test_numbers_are_for_admins(server: Probed) -> None:
    stranger, reader, admin = [await server.get("/metrics", scopes) for scopes in (None, "read write", "admin")]
    assert (stranger.status, stranger.all("www-authenticate")) == (401, ["Bearer"])
    assert (reader.status, reader.json["error"]) == (403, "insufficient_scope")
    assert reader.all("www-authenticate") == ['Bearer error="insufficient_scope", scope="admin"']
    assert (admin.status, admin.all("content-type")) == (200, ["text/plain; version=0.0.4; charset=utf-8"])
    assert b"satchel_store_open 1.0" in admin.body


async def test_numbers_can_be_read_while_the_store_is_shut(tmp_path: Path) -> None:
    async with probed(tmp_path) as server:
        told = (await server.get("/metrics", "admin")).body
    assert b"satchel_store_open 0.0" in told
    assert b"satchel_database_bytes" not in told
