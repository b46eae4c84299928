"""Much of it and odd: long monotonous texts, a thousand calls at once, lines too long to take."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from tests.faults import truth
from tests.faults.process import Answer, Process, serving

pytestmark = pytest.mark.anyio

LONGEST = 10_000
PATIENCE_SECONDS = 10
LINE_LIMIT = 16 * 2**20

MONOTONY = {
    "letter": "a",
    "capital": "A",
    "camel": "aB",
    "camelDigits": "a1B",
    "underscore": "_",
    "snake": "a_",
    "apostrophe": "'",
    "clitic": "a's",
    "curly": "a’",
    "blank": "a ",
    "blanks": "  a",
    "tab": "\ta",
    "newline": "a\n",
    "newlines": "a\n\n\n",
    "speaker": "A.",
    "speakers": "A: ",
    "dash": "A-",
    "fence": "```\n",
    "tildes": "~~~",
    "tag": "<a>",
    "open": "<",
    "entity": "&lt;",
    "comment": "<!--",
    "quote": '"',
    "brackets": "[",
    "braces": "{",
    "star": "*",
    "percent": "%",
    "words": "or ",
    "near": "NEAR(a b) ",
    "han": "漢",
    "kana": "かな",
    "thai": "ก",
    "mixed": "a漢",
    "combining": "e\u0301",
    "marks": "\u0301",
    "joiner": "a\u200d",
    "bidi": "\u202e",
    "emoji": "👩‍👩‍👧",
    "ligature": "\ufdfa",
    "turkish": "İ",
    "sharp": "ß",
    "digits": "1",
    "decimal": "1.1",
    "syllables": "ing",
    "doubled": "ness",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("volume") / "home"


@pytest.fixture(scope="module")
async def server(home: Path) -> AsyncGenerator[Process]:
    async with serving(home) as opened:
        await opened.health()
        yield opened


@pytest.mark.parametrize("kind", MONOTONY)
async def test_a_long_monotonous_text_is_stored_and_asked_for_at_once(server: Process, kind: str) -> None:
    """Each of the letters that some regular expression, tokenizer or parser of ours treats in a way of its own."""
    unit = MONOTONY[kind]
    content = f"{kind} " + (unit * LONGEST)[: LONGEST - len(kind) - 1]
    with anyio.fail_after(PATIENCE_SECONDS):
        stored = await server.call("memory_store", content=content, session_id=kind)
    assert (stored.is_error, stored.data.get("action")) == (False, "created")
    with anyio.fail_after(PATIENCE_SECONDS):
        found = await server.call("memory_retrieve", query=content[:LONGEST], session_id=kind)
    assert found.data["memories"][0]["memory_id"] == stored.data["memory_id"]
    with anyio.fail_after(PATIENCE_SECONDS):
        again = await server.call("memory_store", content=content, session_id=kind)
    assert again.data["action"] == "updated"


@pytest.mark.slow
async def test_a_thousand_calls_sent_at_once_are_all_answered(tmp_path: Path) -> None:
    home, answers = tmp_path / "home", list[Answer]()

    async def store(server: Process, number: int) -> None:
        answers.append(await server.call("memory_store", content=f"Statement {number}", content_type="fact"))

    async with serving(home) as server:
        async with anyio.create_task_group() as tasks:
            for number in range(1_000):
                tasks.start_soon(store, server, number)
        assert {answer.data.get("action") for answer in answers} == {"created"}
        assert (await server.call("memory_retrieve", query="statement 999", limit=1)).data["count"] == 1
    assert truth.kept(home / "data").keys() == {answer.data["memory_id"] for answer in answers}
    await truth.assert_agrees(home / "data")


@pytest.mark.parametrize("size", [LINE_LIMIT + 1, 17 << 20, 50 << 20])
async def test_a_line_too_long_is_answered_once_and_the_next_one_served(server: Process, size: int) -> None:
    """No part of it is taken for a message, though this one's end would do for one."""
    call = json.dumps({"jsonrpc": "2.0", "id": 7_777_777, "method": "tools/list"}).encode()
    await server.write(b" " * (size - len(call)) + call + b"\n")
    refused = await server.stray()
    assert (refused["id"], refused["error"]["code"]) == (None, -32700)
    assert f"{LINE_LIMIT:,}" in refused["error"]["message"]
    assert not (await server.call("memory_store", content="Still there")).is_error
    assert server.strays.empty()


async def test_a_line_just_short_enough_is_a_call_like_any_other(server: Process) -> None:
    """Refused for what it says, not for its length."""
    answer = await server.call("memory_store", content="x" * (LINE_LIMIT - 1_000))
    assert answer.is_error
    assert "10000" in answer.text.replace(",", "")
    assert len(answer.text) < 500


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe\x00garbage",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 100_000,
        b'{"jsonrpc":"2.0","id":' + b"9" * 5_000 + b',"method":"ping"}',
        b'"' + b"\\" * 99_999,
        json.dumps([{"jsonrpc": "2.0", "method": "ping", "id": 1}] * 1_000).encode(),
    ],
    ids=["bytes", "arrays", "objects", "digits", "long id", "escapes", "batch"],
)
async def test_a_line_that_is_no_message_is_refused_and_the_next_one_served(server: Process, line: bytes) -> None:
    await server.write(line + b"\n")
    assert (await server.stray())["error"]["code"] == -32700
    with anyio.fail_after(PATIENCE_SECONDS):
        assert not (await server.call("memory_retrieve", query="still there")).is_error
