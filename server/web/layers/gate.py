"""Who may come in. One layer in front of every path: without a key or a token only the probes answer."""

import logging
from collections.abc import Awaitable, Callable

from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Receive, Scope, Send

from server.identity import ANONYMOUS, Principal, Request, serving
from server.web.answers import challenge, refuse, refuse_excess, retry_after
from server.web.headers import values
from server.web.limits import Limits, TooMany
from server.web.streams import Streams
from tools.errors import told

logger = logging.getLogger("satchel.http")

Verify = Callable[[str], Awaitable[Principal | None]]
STREAMS = ("/mcp", "/sse")
LONGEST = 16_384  # characters of a token
SHUT_SECONDS = 5.0


class Gate:
    """Finds out who calls: ``verify`` knows keys and tokens; ``metadata`` tells strangers where tokens come from.
    ``open_paths`` answer strangers too; with ``allow_anonymous`` everybody is let in, as nobody but programs on this
    machine can come. ``refused`` is told why a request was turned away."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        verify: Verify,
        limits: Limits,
        streams: Streams,
        open_paths: frozenset[str],
        metadata: str,
        allow_anonymous: bool,
        refused: Callable[[str], None],
    ) -> None:
        self._app = app
        self._verify = verify
        self._limits = limits
        self._streams = streams
        self._open_paths = open_paths
        self._metadata = metadata
        self._allow_anonymous = allow_anonymous
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = values(scope, b"authorization")
        try:
            principal = await self._caller(given)
        except Exception as error:  # the store is shut: nobody can be told from anybody
            if (known := told(error)) is None:
                raise
            logger.warning("store.shut", extra={"error": repr(error)})
            await refuse(send, 503, "temporarily_unavailable", str(known), [retry_after(SHUT_SECONDS)])
            return
        if principal is None and get_route_path(scope) not in self._open_paths:
            await self._challenged(send, is_known_bad=bool(given))
        elif principal is None:
            with serving(None):
                await self._app(scope, receive, send)
        else:
            await self._let_in(principal, given, scope, receive, send)

    async def _caller(self, given: list[bytes]) -> Principal | None:
        """Who presents these; None for a stranger. Raises StorageError."""
        if not given:
            return ANONYMOUS if self._allow_anonymous else None
        scheme, _, token = given[0].decode("latin-1").partition(" ")
        token = token.strip()
        if len(given) > 1 or scheme.lower() != "bearer" or not token or len(token) > LONGEST:
            return None
        return await self._verify(token)

    async def _challenged(self, send: Send, *, is_known_bad: bool) -> None:
        self._refused("key")
        error = 'error="invalid_token"' if is_known_bad else ""
        told = "The key is unknown, expired or revoked." if is_known_bad else "A key is needed."
        advice = f"{told} Send it as Authorization: Bearer KEY; the operator makes one with `satchel keys add`."
        await refuse(send, 401, "invalid_token", advice, [challenge(self._metadata, error)])

    async def _let_in(
        self, principal: Principal, given: list[bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        is_anonymous = principal is ANONYMOUS
        if not is_anonymous and (seconds := self._limits.seconds_over(principal.key)):
            self._refused("rate")
            told = "This key has made too many requests in a minute. Wait, then go on."
            await refuse_excess(send, told, seconds)
            return
        if not is_anonymous:
            _know(scope, principal)
        with serving(Request(principal, scope["state"]["request_id"])):
            user = auth_context_var.set(scope.get("user"))
            try:
                await self._serve(principal, given, scope, receive, send)
            finally:
                auth_context_var.reset(user)

    async def _serve(
        self, principal: Principal, given: list[bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["method"] != "GET" or get_route_path(scope) not in STREAMS:
            await self._app(scope, receive, send)
            return

        async def still() -> bool:
            try:
                return await self._caller(given) == principal
            except Exception as error:  # the store is shut: who was let in stays
                if told(error) is None:
                    raise
                return True

        try:
            with self._limits.stream(principal.key):
                await self._streams.serve(self._app, scope, receive, send, still)
        except TooMany as error:
            self._refused("streams")
            await refuse_excess(send, str(error))


def _know(scope: Scope, principal: Principal) -> None:
    """Tell the SDK who it is: a session belongs to the key and tenant that opened it."""
    token = AccessToken(
        token="",  # never passed on
        client_id=principal.key,
        subject=principal.tenant,
        scopes=sorted(principal.scopes),
    )
    scope["user"] = AuthenticatedUser(token)
