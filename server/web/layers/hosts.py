"""Host and Origin, looked at before anything else on every path.

A page that rebinds its name to this machine sends its own name as Host, and a page of another site its own Origin:
both are refused unless they are on the lists. CORS is answered for the origins that were configured, and only for them.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.answers import refuse
from server.web.headers import Header, values, with_headers

logger = logging.getLogger("satchel.http")

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
LOOPBACK_ORIGINS = tuple(f"{scheme}://{host}:*" for scheme in ("http", "https") for host in LOOPBACK_HOSTS)

AUTHORITY = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9._-]{0,252}))(?::(\d{1,5}|\*))?", re.ASCII)
ORIGIN = re.compile(r"([a-z][a-z0-9+.-]{0,30})://(.+)", re.ASCII)
TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,128}", re.ASCII)
DEFAULT_PORTS = {"http": 80, "https": 443}
LOGGED = 100

METHODS = "GET, POST, DELETE"
HEADERS = (
    "authorization",
    "content-type",
    "accept",
    "mcp-session-id",
    "mcp-protocol-version",
    "mcp-method",
    "mcp-name",
    "last-event-id",
)
PARAMETER_HEADERS = "mcp-param-"
MOST_PARAMETER_HEADERS = 32
EXPOSED = "Mcp-Session-Id, WWW-Authenticate, Retry-After, X-Request-ID"
PREFLIGHT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Authority:
    """A name with its port; without one as a rule, any port."""

    name: str
    port: int | None

    def covers(self, other: "Authority") -> bool:
        return self.name == other.name and self.port in (None, other.port)


@dataclass(frozen=True, slots=True)
class Origin:
    """A scheme, a name and a port, the scheme's own filled in; a rule without port means any."""

    scheme: str
    authority: Authority

    def covers(self, other: "Origin") -> bool:
        return self.scheme == other.scheme and self.authority.covers(other.authority)


NULL = Origin("null", Authority("", None))  # what a sandboxed page or a local file sends


class Hosts:
    """Lets through what is addressed to ``allowed_hosts`` and comes from no page, one of ``own_origins`` or one of
    ``allowed_origins``; these alone may read the answers from another site (CORS).

    A host without a port allows any port. An origin's port may be ``*``. Raises ValueError for what is neither.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_hosts: Iterable[str],
        allowed_origins: Iterable[str] = (),
        own_origins: Iterable[str] = (),
    ) -> None:
        self._app = app
        self._hosts = [host_rule(each) for each in allowed_hosts]
        self._foreign = [origin_rule(each) for each in allowed_origins]
        self._own = [origin_rule(each) for each in own_origins]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hosts, origins = _texts(scope, b"host"), _texts(scope, b"origin")
        if not self._is_addressed(hosts):
            logger.warning("host.refused", extra={"host": ",".join(hosts)[:LOGGED]})
            await refuse(send, 421, "misdirected_request", "This server does not answer for that Host.")
            return
        origin = parsed_origin(origins[0]) if len(origins) == 1 else None
        if origins and not self._is_let_in(origin):
            logger.warning("origin.refused", extra={"origin": ",".join(origins)[:LOGGED]})
            await refuse(send, 403, "forbidden_origin", "Pages of that origin may not call this server.")
            return
        if not self._foreign:
            await self._app(scope, receive, send)
        elif origin is None or not _is_covered(origin, self._foreign):
            await self._app(scope, receive, _adding(send, [(b"vary", b"Origin")]))
        elif scope["method"] == "OPTIONS" and values(scope, b"access-control-request-method"):
            await _answer_preflight(scope, send, origins[0])
        else:
            await self._app(scope, receive, _adding(send, _cors(origins[0])))

    def _is_addressed(self, hosts: Sequence[str]) -> bool:
        host = parsed_authority(hosts[0]) if len(hosts) == 1 else None
        return host is not None and any(rule.covers(host) for rule in self._hosts)

    def _is_let_in(self, origin: Origin | None) -> bool:
        return origin is not None and (_is_covered(origin, self._own) or _is_covered(origin, self._foreign))


def parsed_authority(text: str) -> Authority | None:
    """A name, an IPv4 address or an IPv6 one in brackets, with or without a port; None for anything else."""
    if (match := AUTHORITY.fullmatch(text.lower())) is None or match[2] == "*":
        return None
    name, port = match[1], int(match[2]) if match[2] else None
    if port is not None and not 0 < port < 65536:
        return None
    if name.startswith("["):
        try:
            name = f"[{IPv6Address(name[1:-1])}]"
        except ValueError:
            return None
    return Authority(name, port)


def parsed_origin(text: str) -> Origin | None:
    """What a browser sends as Origin; None for what it would not send."""
    if text == "null":
        return NULL
    if (match := ORIGIN.fullmatch(text.lower())) is None or (authority := parsed_authority(match[2])) is None:
        return None
    port = authority.port or DEFAULT_PORTS.get(match[1])
    return Origin(match[1], Authority(authority.name, port))


def host_rule(text: str) -> Authority:
    """A host as it stands in the settings. Raises ValueError."""
    if (rule := parsed_authority(text.strip())) is None:
        raise ValueError(f"{text!r} is no host: write a name or an address, with or without a port, IPv6 in brackets")
    return rule


def origin_rule(text: str) -> Origin:
    """An origin as it stands in the settings. Raises ValueError."""
    plain = text.strip().removesuffix("/")
    rule = parsed_origin(plain.removesuffix(":*"))
    if rule is None:
        raise ValueError(f"{text!r} is no origin: write it as the browser sends it, like https://app.example.com")
    return Origin(rule.scheme, Authority(rule.authority.name, None)) if plain.endswith(":*") else rule


def _is_covered(origin: Origin, rules: Sequence[Origin]) -> bool:
    return any(rule.covers(origin) for rule in rules)


def _texts(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for value in values(scope, name)]


def _cors(origin: str) -> list[Header]:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", EXPOSED.encode()),
        (b"vary", b"Origin"),
    ]


def _adding(send: Send, headers: Sequence[Header]) -> Send:
    """A `send` that puts these on the answer as well."""

    async def wrapped(message: Message) -> None:
        await send(with_headers(message, *headers))

    return wrapped


async def _answer_preflight(scope: Scope, send: Send, origin: str) -> None:
    wanted = ",".join(_texts(scope, b"access-control-request-headers")).lower().split(",")
    parameters = [each for each in map(str.strip, wanted) if each.startswith(PARAMETER_HEADERS)]
    named = [each for each in parameters if TOKEN.fullmatch(each)][:MOST_PARAMETER_HEADERS]
    headers: list[Header] = [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-methods", METHODS.encode()),
        (b"access-control-allow-headers", ", ".join([*HEADERS, *named]).encode()),
        (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        (b"vary", b"Origin, Access-Control-Request-Headers"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body"})
