"""What a caller may do, asked of each message before it is taken in: 403 for what its key has no scope for, 429 when
too much of it is in flight. The server asks again before it handles the message."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from server.calls import SatchelServer
from server.identity import Principal, current
from server.permissions import WORK, refusal
from server.web.answers import challenge, refuse, refuse_excess
from server.web.layers.bodies import PEEK
from server.web.layers.messages import Peek
from server.web.limits import SESSIONS_PER_KEY, Limits, TooMany

LISTEN = "subscriptions/listen"
INITIALIZE = "initialize"


class Rights:
    """Lets pass what the key of the request may send now. ``sessions`` counts the sessions that a principal has."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        server: SatchelServer,
        limits: Limits,
        sessions: Callable[[Principal], int],
        metadata: str,
        refused: Callable[[str], None],
    ) -> None:
        self._app = app
        self._server = server
        self._limits = limits
        self._sessions = sessions
        self._metadata = metadata
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peek: Peek | None = scope.get(PEEK)
        request = current()
        if peek is None or request is None:
            await self._app(scope, receive, send)
            return
        who = request.principal
        if missing := self._server.permissions.missing(peek.method, peek.name, who.scopes):
            self._refused("scope")
            self._server.denied(peek.method, peek.name)
            asked = challenge(self._metadata, 'error="insufficient_scope"', f'scope="{missing}"')
            await refuse(send, 403, "insufficient_scope", refusal(missing), [asked])
        elif peek.method == INITIALIZE and self._sessions(who) >= SESSIONS_PER_KEY:
            told = f"This key has {SESSIONS_PER_KEY:,} open sessions, the most it may have. End some of them."
            await self._full(send, "sessions", told)
        elif peek.method in WORK and (full := self._fullness(who)):
            await self._full(send, "concurrency", f"{full} Wait for one to end.")
        elif peek.method == LISTEN:
            await self._listen(who.key, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _fullness(self, who: Principal) -> str:
        """What keeps a further call of this key out; empty if nothing does. The call takes its place when it is
        handled."""
        try:
            with self._limits.held(who.key, who.tenant):
                return ""
        except TooMany as error:
            return str(error)

    async def _listen(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A message whose answer is a stream; the gate counts the others, which are asked for by GET."""
        try:
            with self._limits.stream(key):
                await self._app(scope, receive, send)
        except TooMany as error:
            await self._full(send, "streams", str(error))

    async def _full(self, send: Send, reason: str, told: str) -> None:
        self._refused(reason)
        await refuse_excess(send, told)
