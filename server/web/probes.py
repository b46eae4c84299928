"""What orchestrators and Prometheus ask: is it alive, may it be sent requests, what are its numbers.

Strangers are told one word; what is behind it is for keys with the scope ``admin``.
"""

import time
from collections.abc import Callable

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server import identity
from server.health import Report, failing, health
from server.lifespan import Runtime
from server.web.answers import error_body
from server.web.metrics import CONTENT_TYPE, Metrics
from tools.errors import told

FRESH_SECONDS = 1.0
"""A report is told again for so long: strangers may ask as often as they like, and each report asks the database."""
PATIENCE_SECONDS = 5.0
NOT_KEPT = {"Cache-Control": "no-store"}
OPENING: Report = {"status": "degraded", "problems": ["The store is being opened."]}
STOPPING: Report = {"status": "degraded", "problems": ["The server is stopping."]}
SILENT: Report = failing(f"The store did not answer within {PATIENCE_SECONDS:g} s. Look at the disk and at the log.")


def routes(runtime: Runtime, metrics: Metrics, is_stopping: Callable[[], bool]) -> list[Route]:
    """`/health`, `/ready` and `/metrics`, for whoever came through the gate."""
    probes = _Probes(runtime, metrics, is_stopping)
    return [
        Route("/health", probes.health, methods=["GET"]),
        Route("/ready", probes.ready, methods=["GET"]),
        Route("/metrics", probes.metrics, methods=["GET"]),
    ]


class _Probes:
    def __init__(self, runtime: Runtime, metrics: Metrics, is_stopping: Callable[[], bool]) -> None:
        self._runtime = runtime
        self._metrics = metrics
        self._is_stopping = is_stopping
        self._lock = anyio.Lock()
        self._report = OPENING
        self._fresh_until = 0.0

    async def health(self, request: Request) -> Response:
        """Whether the process does its work: 503 only when it cannot."""
        report = STOPPING if self._is_stopping() else await self._recent()
        shown = report if _is_admin() else {"status": report["status"]}
        return JSONResponse(shown, 503 if report["status"] == "failing" else 200, NOT_KEPT)

    async def ready(self, request: Request) -> Response:
        """Whether to send requests here: not while the store is being opened or does not answer, nor at the end."""
        self._runtime.want()
        if self._is_stopping():
            return JSONResponse({"status": "stopping"}, 503, NOT_KEPT)
        if not self._runtime.is_open:
            return JSONResponse({"status": "starting"}, 503, NOT_KEPT)
        status = (await self._recent())["status"]
        if status == "failing":
            return JSONResponse({"status": status}, 503, NOT_KEPT)
        return JSONResponse({"status": "ready" if status == "ok" else status}, 200, NOT_KEPT)

    async def metrics(self, request: Request) -> Response:
        """The numbers, for who may know them."""
        if identity.current() is None:
            advice = "A key with the scope admin is needed. Send it as Authorization: Bearer KEY."
            return _refused(401, "invalid_token", advice, "Bearer")
        if not _is_admin():
            challenge = 'Bearer error="insufficient_scope", scope="admin"'
            return _refused(403, "insufficient_scope", "This key may not do that: it needs the scope admin.", challenge)
        house = None
        if self._runtime.is_open:
            house = await self._runtime.house()
        return Response(await self._metrics.render(house), headers=NOT_KEPT, media_type=CONTENT_TYPE)

    async def _recent(self) -> Report:
        """The report, a moment old at most; many who ask at once wait for one."""
        async with self._lock:
            if time.monotonic() >= self._fresh_until:
                self._report = await self._now()
                self._fresh_until = time.monotonic() + FRESH_SECONDS
            return self._report

    async def _now(self) -> Report:
        self._runtime.want()
        try:
            if self._runtime.opened() is None:
                return OPENING
            with anyio.fail_after(PATIENCE_SECONDS):
                return await health(self._runtime)
        except TimeoutError:
            return SILENT
        except Exception as error:
            if (known := told(error)) is None:
                raise
            return failing(str(known))


def _is_admin() -> bool:
    asked = identity.current()
    return asked is not None and "admin" in asked.principal.scopes


def _refused(status: int, error: str, description: str, challenge: str) -> Response:
    headers = {**NOT_KEPT, "WWW-Authenticate": challenge}
    return Response(error_body(error, description), status, headers, media_type="application/json")
