"""The HTTP application, layer by layer. A request passes them from the outside in:

Requests   a name for it, and a count
Hosts      is it meant for us, and from no foreign page
Prefix     the path a proxy has in front of ours
Gate       who calls: 401; too often: 429
Bodies     too large, too slow, no JSON: 413, 408, 400
Rights     no scope for it: 403; too much at once: 429
routes     /mcp, /sse, /messages/, the probes, the viewer
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from server.app import create_shared_server
from server.background import supervised
from server.calls import SatchelServer
from server.config import Settings
from server.identity import Principal
from server.keys import Keys, looks_like_key
from server.lifespan import Runtime, milliseconds
from server.outgoing.addresses import is_loopback
from server.web.admission import Admissions
from server.web.layers.bodies import Bodies
from server.web.layers.gate import Gate, Verify
from server.web.layers.hosts import LOOPBACK_HOSTS, LOOPBACK_ORIGINS, Hosts
from server.web.layers.prefix import Prefix
from server.web.layers.requests import Requests
from server.web.layers.rights import Rights
from server.web.limits import Limits
from server.web.metrics import Metrics
from server.web.oauth.metadata import metadata_path, metadata_url, resource_metadata
from server.web.oauth.tokens import IssuerTokens
from server.web.probes import routes as probe_routes
from server.web.streams import Streams
from server.web.viewer.pages import pages

LARGEST_BODY = 16 * 2**20  # 10 MiB of attachment in Base64 and its envelope
BODY_SECONDS = 30.0
TOLD_SECONDS = 1.0
"""Calls that are ended with the server have so long to say so."""
PROBES = frozenset({"/health", "/ready"})
OURS = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""`Hosts` looks at every path; the SDK would look at its own only."""


@dataclass(frozen=True, slots=True)
class Application:
    """What is served, and what has to be told when it is about to stop."""

    asgi: ASGIApp
    server: SatchelServer
    streams: Streams
    metrics: Metrics

    async def stop(self, seconds: float) -> None:
        """Be ready no more, let calls in flight finish, so many seconds at most, and end every open stream."""
        self.streams.are_ending = True
        inner = self.server._lowlevel_server  # pyright: ignore[reportPrivateUsage]  # there is no public way to it
        listening = inner.get_request_handler("subscriptions/listen")
        if listening is not None:
            listening.handler.close()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        await self.server.in_flight.finish(seconds)
        await self.server.in_flight.give_up(TOLD_SECONDS)
        self.streams.end()


def create_application(settings: Settings, *, host: str, allow_anonymous: bool) -> Application:
    """The application for the address it listens on. Raises ValueError for settings that cannot be used."""
    limits = Limits(settings.rate_limit, settings.calls_per_key, settings.calls_at_once)
    admissions, streams = Admissions(limits), Streams()
    prefix = urlsplit(settings.public_url).path
    metrics = Metrics(admissions, streams, prefix=prefix)
    server, runtime = create_shared_server(settings, admission=admissions.held, observers=(metrics.observe,))
    resource = f"{settings.public_url}/mcp" if settings.public_url else ""
    well_known = _well_known(settings, resource)
    metadata = f'resource_metadata="{metadata_url(resource)}"' if well_known else ""
    fixed: Mapping[str, Response] = {**pages(), **well_known}
    app: ASGIApp = _routed(server, runtime, streams, metrics, fixed)
    app = Rights(
        app, server=server, limits=limits, sessions=_sessions(server), metadata=metadata, refused=metrics.refused
    )
    app = Bodies(app, limit_bytes=LARGEST_BODY, seconds=BODY_SECONDS, json_paths=("/mcp", "/messages"))
    app = Gate(
        app,
        verify=_verifier(settings, runtime, resource),
        limits=limits,
        streams=streams,
        open_paths=PROBES | fixed.keys(),
        metadata=metadata,
        allow_anonymous=allow_anonymous,
        refused=metrics.refused,
    )
    if prefix:
        app = Prefix(app, prefix)
    app = _addressed(app, settings, host)
    return Application(Requests(app, metrics.answered), server, streams, metrics)


def _addressed(app: ASGIApp, settings: Settings, host: str) -> Hosts:
    """Who may be called by which name: this machine's own names, the public one, and those of the settings."""
    public = urlsplit(settings.public_url)
    bound = () if host in ("0.0.0.0", "::") else (f"[{host}]" if ":" in host else host,)
    return Hosts(
        app,
        allowed_hosts=[*LOOPBACK_HOSTS, *bound, *filter(None, [public.netloc]), *settings.allowed_hosts],
        allowed_origins=settings.allowed_origins,
        own_origins=[
            *(LOOPBACK_ORIGINS if is_loopback(host) else ()),
            *([f"{public.scheme}://{public.netloc}"] if public.netloc else ()),
        ],
    )


def _sessions(server: SatchelServer) -> Callable[[Principal], int]:
    """How many sessions of the handshake era a principal has. The SDK has a limit for all together only."""

    def count(principal: Principal) -> int:
        owners = server.session_manager._session_owners.values()  # pyright: ignore[reportPrivateUsage]  # as above
        return sum((each["client_id"], each["subject"]) == (principal.key, principal.tenant) for each in owners)

    return count


def _verifier(settings: Settings, runtime: Runtime, resource: str) -> Verify:
    keys = Keys(runtime.find_key, milliseconds)
    if not settings.oauth_issuer:
        return keys.verify
    tokens = IssuerTokens(
        settings.oauth_issuer,
        settings.oauth_audience or resource,
        settings.oauth_tenant_claim,
        milliseconds,
        settings.oauth_jwks_url,
    )

    async def verify(text: str) -> Principal | None:
        return await (keys if looks_like_key(text) else tokens).verify(text)

    return verify


def _well_known(settings: Settings, resource: str) -> Mapping[str, JSONResponse]:
    """What tells clients where tokens come from, by path."""
    if not settings.oauth_issuer or not resource:
        return {}
    return {metadata_path(resource): JSONResponse(resource_metadata(resource, settings.oauth_issuer))}


def _routed(
    server: SatchelServer, runtime: Runtime, streams: Streams, metrics: Metrics, fixed: Mapping[str, Response]
) -> Starlette:
    """The paths there are; those in ``fixed`` always have the same answer."""
    http = server.streamable_http_app(max_request_body_size=LARGEST_BODY, transport_security=OURS)
    sse = server.sse_app(max_request_body_size=LARGEST_BODY, transport_security=OURS)
    constant: list[BaseRoute] = [Route(path, _always(answer)) for path, answer in fixed.items()]
    return Starlette(
        routes=[
            *http.routes,
            *sse.routes,
            *constant,
            *probe_routes(runtime, metrics, lambda: streams.are_ending),
        ],
        lifespan=_lifespan(server, runtime, streams, metrics),
    )


def _lifespan(
    server: SatchelServer, runtime: Runtime, streams: Streams, metrics: Metrics
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """What runs while the application is served."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with runtime.lifespan(server), server.session_manager.run(), anyio.create_task_group() as tasks:
            runtime.want()  # no host waits for a first answer here, and keys are kept in the store
            tasks.start_soon(supervised, lambda: metrics.watch(runtime))
            tasks.start_soon(supervised, streams.watch)
            yield
            tasks.cancel_scope.cancel()

    return lifespan


def _always(answer: Response) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return answer

    return endpoint
