"""A path in front of ours, whether or not the proxy takes it away."""

import anyio
import pytest
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.web.layers.prefix import Prefix
from tests.server.web.listening import listening

pytestmark = pytest.mark.anyio


async def told(request: Request) -> JSONResponse:
    return JSONResponse({"path": request.url.path})


ROUTED = Starlette(routes=[Route("/mcp", told), Route("/", told), Mount("/messages", routes=[Route("/", told)])])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/mcp", 200),
        ("/satchel/mcp", 200),
        ("/", 200),
        ("/satchel/", 200),
        ("/satchel", 307),
        ("/messages/", 200),
        ("/satchel/messages/", 200),
        ("/satchel/satchel/mcp", 404),
        ("/other/mcp", 404),
        ("/other/satchel/mcp", 404),
        ("/satchels/mcp", 404),
        ("//satchel/mcp", 404),
        ("/Satchel/mcp", 404),
    ],
)
async def test_the_prefix_may_be_there_or_taken_away(path: str, status: int) -> None:
    async with listening(Prefix(ROUTED, "/satchel/")) as place:
        assert (await place.ask(path=path)).status == status


async def test_an_address_of_ours_is_told_with_the_prefix_both_ways() -> None:
    async with listening(Prefix(ROUTED, "/a/satchel")) as place:
        answers = [await place.ask(path=path) for path in ("/mcp", "/a/satchel/mcp")]
    assert [answer.json for answer in answers] == [{"path": "/a/satchel/mcp"}] * 2


async def test_what_a_client_says_of_a_proxy_is_not_believed() -> None:
    async with listening(Prefix(ROUTED, "/satchel")) as place:
        answer = await place.ask(path="/mcp", X_Forwarded_Prefix="/evil", Forwarded="host=evil.example")
    assert answer.json == {"path": "/satchel/mcp"}


@pytest.mark.parametrize("path", ["/sse", "/satchel/sse"])
async def test_sse_clients_are_told_to_post_below_the_prefix(path: str) -> None:
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app = MCPServer("prefixed", version="0", log_level="ERROR").sse_app(transport_security=security)
    async with listening(Prefix(app, "/satchel")) as place:
        reader, writer = await place.connect()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        with anyio.fail_after(10):
            said = await reader.readuntil(b"session_id=")
        writer.close()
    assert b"event: endpoint\r\ndata: /satchel/messages/?session_id=" in said


async def test_the_undecoded_path_has_the_prefix_too() -> None:
    seen: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["raw_path"])
        await JSONResponse({})(scope, receive, send)

    wrapped: ASGIApp = Prefix(app, "/ä")
    async with listening(wrapped) as place:
        await place.ask(path="/b%20c")
        await place.ask(path="/%C3%A4/b%20c")
    assert seen == [b"/%C3%A4/b%20c"] * 2


@pytest.mark.parametrize("wrong", ["", "/", "satchel", "//"])
def test_what_is_no_prefix_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="write it like /satchel"):
        Prefix(ROUTED, wrong)
