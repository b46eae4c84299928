"""MCP over Streamable HTTP at /mcp, for hosts on the same machine."""

import logging
import signal
import socket
from types import FrameType

import anyio
import uvicorn

from server.calls import SatchelServer

logger = logging.getLogger("satchel.http")

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
SHUTDOWN_SECONDS = 5
LARGEST_BODY = 16 * 2**20


class Server(uvicorn.Server):
    """Ends open listening streams before it waits for connections to close; uvicorn alone would wait for ever."""

    def __init__(self, config: uvicorn.Config, mcp: SatchelServer) -> None:
        super().__init__(config)
        self._mcp = mcp

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        inner = self._mcp._lowlevel_server  # pyright: ignore[reportPrivateUsage]  # there is no public way to it
        listening = inner.get_request_handler("subscriptions/listen")
        if listening is not None:
            listening.handler.close()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        await super().shutdown(sockets)


def _pass_over(number: int, frame: FrameType | None) -> None:
    """Do nothing about a signal."""


def listen(host: str, port: int) -> socket.socket:
    """The listening socket. Raises OSError when the address is in use or not ours."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def run(mcp: SatchelServer, listening: socket.socket, host: str) -> None:
    """Serve until a signal asks to stop. The SDK refuses any Host or Origin that is not this machine's."""
    app = mcp.streamable_http_app(host=host, max_request_body_size=LARGEST_BODY)
    config = uvicorn.Config(
        app,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it is done; that is no failure
        signal.signal(number, _pass_over)
    logger.info("http.listening", extra={"address": listening.getsockname()})
    anyio.run(Server(config, mcp).serve, [listening])
