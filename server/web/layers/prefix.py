"""A path in front of ours: `https://example.com/satchel` leads to this server, through a proxy that may or may not
take the prefix away."""

from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """Gives every request the prefix as its root path, and a path that begins with it, as ASGI wants them.

    What a client is told, such as where to post messages, then begins with the prefix. Whether the proxy took it away
    is seen by the path alone, so the prefix must not be the beginning of a route of ours. Raises ValueError for one
    that does not begin with a slash, or is nothing else.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix.rstrip("/")
        if not self._prefix.startswith("/"):
            raise ValueError(f"{prefix!r} is no path to put in front of ours: write it like /satchel")
        self._raw_prefix = quote(self._prefix).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "root_path": self._prefix}
            if not f"{scope['path']}/".startswith(f"{self._prefix}/"):
                scope["path"] = self._prefix + scope["path"]
                scope["raw_path"] = self._raw_prefix + scope.get("raw_path", b"")
        await self._app(scope, receive, send)
