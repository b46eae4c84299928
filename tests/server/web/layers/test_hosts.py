"""Host and Origin are looked at first, on every path; CORS is for the origins that were configured."""

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from server.web.layers.hosts import LOOPBACK_HOSTS, LOOPBACK_ORIGINS, Hosts, host_rule, origin_rule
from tests.server.web.listening import Answer, echo, listening

pytestmark = pytest.mark.anyio

PATHS = ("/", "/mcp", "/sse", "/messages/?session_id=1", "/health", "/metrics", "/nowhere", "http://evil.example/mcp")
APP = "https://app.example.com"


def guarded(app: ASGIApp = echo, *, hosts: tuple[str, ...] = (), origins: tuple[str, ...] = ()) -> Hosts:
    return Hosts(app, allowed_hosts=[*LOOPBACK_HOSTS, *hosts], allowed_origins=origins, own_origins=LOOPBACK_ORIGINS)


def cors(answer: Answer) -> list[str]:
    return [key for key, _ in answer.headers if key.startswith("access-control-")]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
async def test_a_rebound_name_is_refused_on_every_path(method: str) -> None:
    async with listening(guarded(origins=(APP,))) as place:
        for path in PATHS:
            rebound = await place.ask(method, path, Host=f"evil.example:{place.port}")
            foreign = await place.ask(method, path, Origin="https://evil.example")
            assert (rebound.status, foreign.status) == (421, 403), path
            assert rebound.json["error"] == "misdirected_request"
            assert foreign.json["error"] == "forbidden_origin"
            assert cors(rebound) + cors(foreign) == []


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("LocalHost:1", 200),
        ("[::1]:8765", 200),
        ("[0:0::1]", 200),
        ("memory.example.com", 200),
        ("Memory.Example.Com:443", 200),
        ("box.example.com:8443", 200),
        ("box.example.com", 421),
        ("box.example.com:8444", 421),
        ("localhost.", 421),
        ("localhost.evil.example", 421),
        ("evil-localhost", 421),
        ("127.0.0.1.evil.example", 421),
        ("127.0.0.1:", 421),
        ("127.0.0.1:0", 421),
        ("127.0.0.1:99999", 421),
        ("127.0.0.1:*", 421),
        ("127.0.0.1:80:80", 421),
        ("127.0.0.1@evil.example", 421),
        ("evil.example, 127.0.0.1", 421),
        ("127.0.0.1/x", 421),
        ("::1", 421),
        ("[::1", 421),
        ("[::2]", 421),
        ("[:::]", 421),
        ("2130706433", 421),
        ("", 421),
    ],
)
async def test_a_host_is_on_the_list_or_refused(host: str, status: int) -> None:
    async with listening(guarded(hosts=("memory.example.com", "BOX.example.com:8443"))) as place:
        assert (await place.ask(Host=host)).status == status


async def test_a_request_without_a_host_or_with_two_is_refused() -> None:
    """Of HTTP 1.1, h11 refuses both before we see them; 1.0 has no rule of its own."""
    async with listening(guarded()) as place:
        without = await place.say(b"GET / HTTP/1.0\r\n\r\n")
        old = await place.say(b"GET / HTTP/1.1\r\n\r\n")
        two = await place.say(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
    assert (without.status, old.status, two.status) == (421, 400, 400)


async def test_two_hosts_are_refused_whatever_the_server_lets_through() -> None:
    status: list[int] = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        status.append(message.get("status", 0))

    async def receive() -> dict[str, object]:
        raise AssertionError("nothing is read")

    headers = [(b"host", b"localhost"), (b"host", b"localhost")]
    await guarded()({"type": "http", "method": "GET", "path": "/", "headers": headers}, receive, send)
    assert status == [421, 0]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:3000", 200),
        ("https://localhost", 200),
        ("http://[::1]:1", 200),
        (APP, 200),
        ("https://APP.example.com:443", 200),
        ("http://app.example.com", 403),
        ("https://app.example.com:8443", 403),
        ("https://app.example.com.evil.example", 403),
        ("https://app.example.com/", 403),
        ("ftp://localhost", 403),
        ("chrome-extension://abc", 403),
        ("null", 403),
        ("", 403),
        ("*", 403),
        ("localhost", 403),
    ],
)
async def test_an_origin_is_on_a_list_or_refused(origin: str, status: int) -> None:
    async with listening(guarded(origins=(APP,))) as place:
        assert (await place.ask("POST", Origin=origin)).status == status


async def test_two_origins_are_refused() -> None:
    async with listening(guarded()) as place:
        lines = b"Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://localhost\r\n\r\n"
        assert (await place.say(b"GET / HTTP/1.1\r\n" + lines)).status == 403


async def test_the_origin_of_nowhere_is_let_in_where_it_is_listed() -> None:
    async with listening(guarded(origins=("null",))) as place:
        answer = await place.ask(Origin="null")
    assert (answer.status, answer.all("access-control-allow-origin")) == (200, ["null"])


async def test_a_configured_origin_may_read_answers_and_is_told_what_it_may_send() -> None:
    async with listening(guarded(origins=(APP,))) as place:
        answer = await place.ask("POST", "/mcp", Origin=APP)
        wanted = "authorization, Mcp-Param-Query, x-evil, mcp-param-a b"
        preflight = await place.ask(
            "OPTIONS", "/mcp", Origin=APP, Access_Control_Request_Method="POST", Access_Control_Request_Headers=wanted
        )
    assert answer.all("access-control-allow-origin") == [APP]
    assert answer.all("access-control-expose-headers") == [
        "Mcp-Session-Id, WWW-Authenticate, Retry-After, X-Request-ID"
    ]
    assert answer.all("vary") == ["Origin"]
    assert (preflight.status, preflight.body) == (204, b"")
    assert {key: value for key, value in preflight.headers if key.startswith("access-control-")} == {
        "access-control-allow-origin": APP,
        "access-control-allow-methods": "GET, POST, DELETE",
        "access-control-allow-headers": "authorization, content-type, accept, mcp-session-id, mcp-protocol-version, "
        "mcp-method, mcp-name, last-event-id, mcp-param-query",
        "access-control-max-age": "600",
    }


async def test_pages_of_this_machine_are_let_in_without_cors() -> None:
    async with listening(guarded(origins=(APP,))) as place:
        local = await place.ask(Origin="http://localhost:3000")
        none = await place.ask()
        preflight = await place.ask("OPTIONS", Origin="http://localhost:3000", Access_Control_Request_Method="POST")
    assert [each.status for each in (local, none, preflight)] == [200, 200, 200]  # the application's own answer
    assert cors(local) + cors(none) + cors(preflight) == []
    assert [each.all("vary") for each in (local, none)] == [["Origin"], ["Origin"]]


async def test_refusals_further_in_can_be_read_by_a_configured_origin() -> None:
    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Bearer")]})
        await send({"type": "http.response.body"})

    async with listening(guarded(refusing, origins=(APP,))) as place:
        answer = await place.ask("POST", Origin=APP)
    assert (answer.status, answer.all("access-control-allow-origin")) == (401, [APP])


@pytest.mark.parametrize("wrong", ["", "*", "a b", "https://x.example", "x:y", "::1", "x/y", "*.example.com"])
def test_what_is_no_host_is_refused_in_the_settings(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        host_rule(wrong)


@pytest.mark.parametrize("wrong", ["", "*", "app.example.com", "https://", "https://*", "https://a/b", "https://a:b"])
def test_what_is_no_origin_is_refused_in_the_settings(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        origin_rule(wrong)
