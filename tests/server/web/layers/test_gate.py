"""Who is let in over HTTP, and to what: a real server, real keys, every door."""

import json
import sqlite3
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path

import anyio
import httpx2
import pytest
import uvicorn
from uvicorn.lifespan.on import LifespanOn

from server.web.app import create_application
from server.web.layers import rights
from server.web.limits import STREAMS_PER_KEY
from tests.client import Mode, settings
from tests.server.web.running import (
    ACCEPT,
    Served,
    command,
    headers_of,
    message,
    modern_headers,
    new_key,
    over_http,
    over_sse,
    post,
    served,
)

pytestmark = pytest.mark.anyio

MODES: list[Mode] = ["auto", "legacy"]
DOORS = ["/mcp", "/sse", "/messages/?session_id=0", "/metrics", "/viewer", "/docs", "/.env", "/health/more"]
READS = [
    ("tools/call", {"name": "memory_retrieve", "arguments": {}}),
    ("resources/read", {"uri": "satchel://stats"}),
    ("prompts/get", {"name": "recall", "arguments": {}}),
    (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "recall"}, "argument": {"name": "session_id", "value": ""}},
    ),
]
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("gate")) as running:
        yield running


@pytest.fixture(scope="module")
def both(server: Served) -> str:
    return new_key(server.home)


@pytest.fixture(scope="module")
def reading(server: Served) -> str:
    return new_key(server.home, "acme", "read")


@pytest.fixture(scope="module")
def writing(server: Served) -> str:
    return new_key(server.home, "acme", "write")


@pytest.fixture(scope="module")
def other(server: Served) -> str:
    return new_key(server.home, "globex", "read,write,admin")


@pytest.fixture
async def http() -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        yield client


def key_id(server: Served, tenant: str) -> str:
    """The name of the tenant's only key."""
    (listed,) = json.loads(command(server.home, "keys", "list", "--tenant", tenant, "--json"))
    return str(listed["key_id"])


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_no_door_opens_without_a_key(server: Served, http: httpx2.AsyncClient, path: str, method: str) -> None:
    answer = await http.request(method, server.url + path)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"] == "invalid_token"
    assert "server" not in answer.headers


@pytest.mark.parametrize("header", ["Bearer", "Basic abc", "Bearer satchel_wrong", "Bearer " + "x" * 40_000])
async def test_what_is_no_key_is_refused(server: Served, http: httpx2.AsyncClient, header: str) -> None:
    answer = await http.post(f"{server.url}/mcp", headers={"Authorization": header})
    assert answer.status_code in (401, 431)  # the last is too long for headers


async def test_a_key_counts_in_its_header_only(server: Served, http: httpx2.AsyncClient, both: str) -> None:
    answer = await http.get(f"{server.url}/mcp?access_token={both}&key={both}")
    assert answer.status_code == 401
    twice = [("Authorization", f"Bearer {both}"), ("Authorization", f"Bearer {both}")]
    assert (await http.post(f"{server.url}/mcp", headers=twice)).status_code == 401


async def test_probes_tell_strangers_one_word(server: Served, http: httpx2.AsyncClient, other: str) -> None:
    assert (await http.get(f"{server.url}/health")).json() == {"status": "ok"}
    assert (await http.get(f"{server.url}/ready")).json() == {"status": "ready"}
    told = (await http.get(f"{server.url}/health", headers=headers_of(other))).json()
    assert "embedding_model" in told


async def test_a_connection_does_not_remember_who_used_it_before(
    server: Served, http: httpx2.AsyncClient, other: str
) -> None:
    """A proxy sends many callers over one connection; a large body has the transport resumed from inside a request."""
    large = {"content": "x" * 8_000_000}
    refused = await post(http, server.url, other, "tools/call", name="memory_store", arguments=large)
    assert refused.json()["result"]["isError"]
    assert (await http.get(f"{server.url}/health")).json() == {"status": "ok"}


async def test_numbers_are_for_admins(server: Served, http: httpx2.AsyncClient, both: str, other: str) -> None:
    refused = await http.get(f"{server.url}/metrics", headers=headers_of(both))
    assert (refused.status_code, 'scope="admin"' in refused.headers["www-authenticate"]) == (403, True)
    assert "satchel_calls" in (await http.get(f"{server.url}/metrics", headers=headers_of(other))).text


async def test_a_revoked_key_is_refused_by_the_next_request(server: Served, http: httpx2.AsyncClient) -> None:
    key = new_key(server.home, "revoked")
    assert (await post(http, server.url, key, "tools/list")).status_code == 200
    command(server.home, "keys", "revoke", key_id(server, "revoked"))
    refused = await post(http, server.url, key, "tools/list")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


async def test_an_expired_key_is_refused(server: Served, http: httpx2.AsyncClient) -> None:
    key = new_key(server.home, "expired", "read", "--expires", "1h")
    assert (await post(http, server.url, key, "tools/list")).status_code == 200
    with closing(sqlite3.connect(server.home / "data" / "satchel.sqlite")) as db, db:
        db.execute("UPDATE api_keys SET expires_at = 1 WHERE tenant = 'expired'")
    assert (await post(http, server.url, key, "tools/list")).status_code == 401


@pytest.mark.parametrize(("method", "parameters"), READS)
async def test_a_key_that_writes_does_not_read(
    server: Served, http: httpx2.AsyncClient, writing: str, method: str, parameters: dict[str, object]
) -> None:
    refused = await post(http, server.url, writing, method, **parameters)
    assert refused.status_code == 403
    assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="read"'


@pytest.mark.parametrize("tool", ["memory_store", "memory_forget", "rag_add_documents", "attachment_save"])
async def test_a_key_that_reads_does_not_write(
    server: Served, http: httpx2.AsyncClient, reading: str, tool: str
) -> None:
    refused = await post(http, server.url, reading, "tools/call", name=tool, arguments={"content": "no"})
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    body = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
    legacy = await http.post(f"{server.url}/mcp", json=body, headers={**ACCEPT, **headers_of(reading)})
    messages = await http.post(f"{server.url}/messages/?session_id={'0' * 32}", json=body, headers=headers_of(reading))
    assert (legacy.status_code, messages.status_code) == (403, 403)


async def test_a_refusal_is_in_the_audit_trail(server: Served, http: httpx2.AsyncClient) -> None:
    key = new_key(server.home, "audited", "read")
    refused = await post(http, server.url, key, "tools/call", name="memory_store", arguments={})
    with anyio.fail_after(20):
        while not (  # noqa: ASYNC110 - another process writes it
            lines := command(server.home, "audit", "--tenant", "audited", "--outcome", "denied", "--json")
        ):
            await anyio.sleep(0.1)
    line = json.loads(lines)
    assert (line["action"], line["key"]) == ("memory_store", key_id(server, "audited"))
    assert line["request_id"] == refused.headers["x-request-id"]


@pytest.mark.parametrize("mode", MODES)
async def test_a_key_is_shown_the_tools_it_may_call(server: Served, reading: str, writing: str, mode: Mode) -> None:
    async with over_http(server.url, reading, mode) as agent:
        may_read = {tool.name for tool in (await agent.client.list_tools()).tools}
    async with over_http(server.url, writing, mode) as agent:
        may_write = {tool.name for tool in (await agent.client.list_tools()).tools}
    assert {"memory_retrieve", "rag_search"} <= may_read
    assert {"memory_store", "rag_add_documents"} <= may_write
    assert not may_read & may_write


@pytest.mark.parametrize("mode", MODES)
async def test_what_one_tenant_keeps_another_never_sees(server: Served, both: str, other: str, mode: Mode) -> None:
    session = f"shared-{mode}"
    async with over_http(server.url, both, mode) as acme, over_http(server.url, other, mode) as globex:
        ours = await acme.store("The vault code is 4711", session_id=session)
        assert await globex.contents("vault code", session_id=session, scope="tenant") == []
        foreign = await globex.refused("memory_update", memory_id=ours, importance=1.0)
        unknown = await globex.refused("memory_update", memory_id="zzzzzzzzzz", importance=1.0)
        assert foreign.replace(ours, "ID") == unknown.replace("zzzzzzzzzz", "ID")
    async with over_sse(server.url, both, mode) as acme:
        assert await acme.contents("vault code", session_id=session) == ["The vault code is 4711"]


async def test_a_handshake_session_belongs_to_the_key_that_opened_it(
    server: Served, http: httpx2.AsyncClient, both: str, reading: str, other: str
) -> None:
    opened = await http.post(f"{server.url}/mcp", json=INITIALIZE, headers={**ACCEPT, **headers_of(both)})
    session = {"Mcp-Session-Id": opened.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-06-18"}
    listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
    for key, expected in ((both, 200), (reading, 404), (other, 404)):
        answer = await http.post(f"{server.url}/mcp", json=listing, headers={**ACCEPT, **headers_of(key), **session})
        assert answer.status_code == expected
    unknown = {**session, "Mcp-Session-Id": "0" * 32}
    answer = await http.post(f"{server.url}/mcp", json=listing, headers={**ACCEPT, **headers_of(other), **unknown})
    assert answer.status_code == 404


async def test_an_sse_session_belongs_to_the_key_that_opened_it(
    server: Served, http: httpx2.AsyncClient, both: str, other: str
) -> None:
    async with http.stream("GET", f"{server.url}/sse", headers=headers_of(both)) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: endpoint"
        place = (await anext(lines)).removeprefix("data: ")
        foreign = await http.post(server.url + place, json=INITIALIZE, headers=headers_of(other))
        unknown = await http.post(
            f"{server.url}/messages/?session_id={'0' * 32}", json=INITIALIZE, headers=headers_of(other)
        )
        own = await http.post(server.url + place, json=INITIALIZE, headers=headers_of(both))
    assert (foreign.status_code, foreign.text) == (unknown.status_code, unknown.text) == (404, foreign.text)
    assert own.status_code == 202


async def test_too_many_requests_are_told_when_to_come_again(tmp_path: Path, http: httpx2.AsyncClient) -> None:
    key, quiet = new_key(tmp_path), new_key(tmp_path, "globex")
    with served(tmp_path, SATCHEL_RATE_LIMIT="5") as server:
        answers = [await post(http, server.url, key, "tools/list") for _ in range(7)]
        assert [each.status_code for each in answers] == [200] * 5 + [429] * 2
        assert 0 < int(answers[-1].headers["retry-after"]) <= 12
        assert (await post(http, server.url, quiet, "tools/list")).status_code == 200


async def test_too_many_calls_at_once_are_told_when_to_come_again(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    statuses: list[int] = []
    with served(tmp_path, SATCHEL_CALLS_PER_KEY="2") as server:

        async def call() -> None:
            async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
                documents = ["word " * 9_000] * 3
                arguments = {"documents": documents, "ids": [str(len(statuses)), "b", "c"]}
                answer = await post(http, server.url, key, "tools/call", name="rag_add_documents", arguments=arguments)
                statuses.append(answer.status_code)

        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(call)
    assert {200, 429} == set(statuses)


async def test_streams_that_are_asked_for_by_post_are_counted_too(
    server: Served, http: httpx2.AsyncClient, both: str, other: str
) -> None:
    async def listen(key: str) -> int:
        asked = message("subscriptions/listen", notifications={"toolsListChanged": True})
        headers = {**headers_of(key), **modern_headers("subscriptions/listen")}
        answer = await open_.enter_async_context(http.stream("POST", f"{server.url}/mcp", json=asked, headers=headers))
        return answer.status_code

    async with AsyncExitStack() as open_:
        assert [await listen(both) for _ in range(STREAMS_PER_KEY + 1)] == [200] * STREAMS_PER_KEY + [429]
        assert await listen(other) == 200


async def test_a_key_has_so_many_sessions_and_room_when_one_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "SESSIONS_PER_KEY", 2)
    busy, quiet = new_key(tmp_path), new_key(tmp_path)
    application = create_application(settings(tmp_path), host="127.0.0.1", allow_anonymous=False)
    life = LifespanOn(uvicorn.Config(application.asgi, log_config=None))
    transport = httpx2.ASGITransport(application.asgi)
    await life.startup()
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:

        async def opened(key: str) -> httpx2.Response:
            return await http.post("/mcp", json=INITIALIZE, headers={**ACCEPT, **headers_of(key)})

        answers = [await opened(busy) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert (await opened(quiet)).status_code == 200
        ended = {**headers_of(busy), "Mcp-Session-Id": answers[0].headers["mcp-session-id"]}
        await http.delete("/mcp", headers=ended)
        assert (await opened(busy)).status_code == 200
    await life.shutdown()


async def test_an_anonymous_server_still_looks_at_keys(tmp_path: Path, http: httpx2.AsyncClient) -> None:
    key = new_key(tmp_path, "acme", "read")
    with served(tmp_path, "--allow-anonymous") as server:
        assert (await post(http, server.url, "", "tools/list")).status_code == 200
        assert (await post(http, server.url, "satchel_wrong", "tools/list")).status_code == 401
        denied = await post(http, server.url, key, "tools/call", name="memory_store", arguments={"content": "x"})
        assert denied.status_code == 403
        headers = modern_headers("tools/call", "memory_store")
        assert (await http.post(f"{server.url}/mcp", content=b"{", headers=headers)).json()["error"]["code"] == -32700
