"""Runs the application on a socket until a signal asks to stop: what is in flight may finish, then streams end."""

import logging
import os
import signal
import socket
from types import FrameType

import anyio
import uvicorn
from sse_starlette.sse import AppStatus

from server.config import Settings
from server.web.app import Application
from server.web.connections import Patience, connections

logger = logging.getLogger("satchel.http")

FINISH_SECONDS = 8.0
"""Calls in flight have so long."""
CLOSE_SECONDS = 5
BACKLOG = 512
"""Connections that wait to be accepted."""


class Server(uvicorn.Server):
    """Lets calls finish, then ends open streams, before it waits for connections to close; uvicorn alone would wait
    for streams."""

    def __init__(self, config: uvicorn.Config, application: Application) -> None:
        super().__init__(config)
        self._application = application
        self._is_asked_to_stop = False

    def ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        """Take a signal that comes before uvicorn takes them, or is raised again by it when it is done."""
        self._is_asked_to_stop = True

    async def main_loop(self) -> None:
        if self._is_asked_to_stop:
            self.should_exit = True
        await super().main_loop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()  # or clients that go on would have it wait for one call after the other
        await self._application.stop(FINISH_SECONDS)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal asks to stop, the second one ends the process on the spot, which costs nothing that was
        acknowledged."""
        if self.should_exit:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        super().handle_exit(sig, frame)


def listen(host: str, port: int) -> socket.socket:
    """The listening socket. Raises OSError when the address is in use or not ours.

    It names its protocol, as `socket.create_server` does not: asyncio switches Nagle's algorithm off only where it is
    named, and with it every answer waits 40 ms for the client's delayed acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share an address
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def run(application: Application, listening: socket.socket, settings: Settings) -> None:
    """Serve until a signal asks to stop."""
    proxies = settings.trusted_proxies
    config = uvicorn.Config(
        application.asgi,
        http=connections(Patience(most_connections=settings.max_connections)),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        timeout_graceful_shutdown=CLOSE_SECONDS,
        reset_contextvars=True,  # else who sent one request could be taken for who sends the next on its connection
    )
    # It would end streams before the calls whose answers they carry.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]  # it has no types
    server = Server(config, application)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.ask_to_stop)
    logger.info("http.listening", extra={"address": listening.getsockname()})
    application.metrics.connections = lambda: len(server.server_state.connections)
    anyio.run(server.serve, [listening])
