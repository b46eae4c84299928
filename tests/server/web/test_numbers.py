"""The numbers that operators and clients are promised, where they are wired together."""

from pathlib import Path

import httpx2
import pytest

from server.config import Settings
from server.keys import RANDOM_BYTES
from server.web.app import BODY_SECONDS, LARGEST_BODY
from server.web.connections import Patience
from server.web.limits import STREAMS_PER_KEY
from tests.server.web.running import headers_of, message, modern_headers, new_key, served

pytestmark = pytest.mark.anyio


def test_waits_queues_and_keys_are_as_promised(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert (Patience().header_seconds, BODY_SECONDS, LARGEST_BODY) == (10, 30, 16 * 2**20)
    assert (settings.calls_per_key, settings.calls_at_once, STREAMS_PER_KEY) == (16, 128, 32)
    assert RANDOM_BYTES * 8 >= 128


async def test_a_body_may_take_sixteen_mebibytes_and_no_more(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    headers = {**headers_of(key), **modern_headers("tools/call", "memory_store")}
    whole = message("tools/call", name="memory_store", arguments={"content": "x"})
    with served(tmp_path) as server:
        async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
            body = httpx2.Request("POST", server.url, json=whole).content
            padded = body[:-1] + b" " * (LARGEST_BODY - len(body)) + body[-1:]
            headers["Content-Type"] = "application/json"
            fits = await http.post(f"{server.url}/mcp", content=padded, headers=headers)
            larger = await http.post(f"{server.url}/mcp", content=padded + b" ", headers=headers)
    assert fits.json()["result"]["structuredContent"]["action"] == "created"
    assert (larger.status_code, "16,777,216 bytes" in larger.text) == (413, True)


async def test_headers_that_name_another_call_than_the_body_are_refused(tmp_path: Path) -> None:
    """Proxies decide by headers."""
    key = new_key(tmp_path)
    body = message("tools/call", name="memory_store", arguments={"content": "x"})
    with served(tmp_path) as server:
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
            for headers in (modern_headers("tools/call", "memory_retrieve"), modern_headers("tools/list")):
                answer = await http.post(f"{server.url}/mcp", json=body, headers={**headers_of(key), **headers})
                assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32020)
