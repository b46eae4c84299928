"""The API model against a real server on loopback that plays the API."""

import gzip
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from server.outgoing.model_api import LARGEST_ANSWER, MAX_TOKENS, ApiModel, Kind, ModelApi
from tests.server.receiving import Hook, answer, certified, hook
from tools.breaker import REST_MS, Breaker
from tools.text2sql.writer import RESERVE_SECONDS, Prompt

pytestmark = pytest.mark.anyio

KEY = "sk-sesame"
PROMPT = Prompt("Write SQL.", "How many boats are there? ⛵")
WRITTEN = {"choices": [{"message": {"role": "assistant", "content": "SELECT 1"}, "finish_reason": "stop"}]}


def said(record: object, **headers: str) -> bytes:
    """An answer of 200 with a record as its body."""
    return carrying(json.dumps(record).encode(), **headers)


def carrying(body: bytes, **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{''.join(lines)}\r\n".encode() + body


class Pauses(list[float]):
    """The waits between tries, which are over at once."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


class Clock:
    """The milliseconds that a test says."""

    time = 0

    def __call__(self) -> int:
        return self.time


def model(place: Hook, **given: Any) -> ApiModel:
    """A model at a local server of the kind openai."""
    api = ModelApi("openai", "boats-1", f"http://127.0.0.1:{place.port}/v1", KEY)
    return ApiModel(api, **{"now": Clock(), "breaker": Breaker(), "pause": Pauses(), **given})


def resolves_to(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


async def test_chat_completions_are_asked_as_openai_has_them() -> None:
    async with hook(said(WRITTEN)) as place:
        assert await model(place).write(PROMPT) == "SELECT 1"
    (heard,) = place.heard
    assert heard.start == "POST /v1/chat/completions HTTP/1.1"
    assert heard.headers["authorization"] == f"Bearer {KEY}"
    assert heard.headers["host"] == f"127.0.0.1:{place.port}"
    assert json.loads(heard.body) == {
        "model": "boats-1",
        "max_tokens": MAX_TOKENS,
        "temperature": 0,
        "messages": [{"role": "system", "content": PROMPT.system}, {"role": "user", "content": PROMPT.user}],
    }


async def test_messages_are_asked_as_anthropic_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, trusted = certified("localhost", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    blocks = [{"type": "thinking", "thinking": "Boats?"}, {"type": "text", "text": "SELECT 1"}]
    async with hook(said({"content": blocks, "stop_reason": "end_turn"}), tls=tls) as place:
        api = ModelApi("anthropic", "boats-1", f"https://localhost:{place.port}/", KEY)
        assert await ApiModel(api, Clock(), Breaker()).write(PROMPT) == "SELECT 1"
    (heard,) = place.heard
    assert heard.start == "POST /v1/messages HTTP/1.1"
    assert (heard.headers["x-api-key"], heard.headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert json.loads(heard.body) == {
        "model": "boats-1",
        "max_tokens": MAX_TOKENS,
        "temperature": 0,
        "system": PROMPT.system,
        "messages": [{"role": "user", "content": PROMPT.user}],
    }


async def test_of_messages_too_only_those_count_that_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, trusted = certified("localhost", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    blocks = [{"type": "text", "text": "SELECT 1"}]
    answers = [{"content": blocks, "stop_reason": reason} for reason in ("max_tokens", "refusal")]
    async with hook(*map(said, answers), said({"content": "SELECT 1"}), tls=tls) as place:
        asked = ApiModel(ModelApi("anthropic", "m", f"https://localhost:{place.port}", KEY), Clock(), Breaker())
        assert [await asked.write(PROMPT) for _ in range(3)] == [None] * 3
    assert len(place.heard) == 3


async def test_a_local_server_needs_no_key() -> None:
    async with hook(said(WRITTEN)) as place:
        api = ModelApi("openai", "boats-1", f"http://127.0.0.1:{place.port}")
        assert await ApiModel(api, Clock(), Breaker()).write(PROMPT) == "SELECT 1"
    assert "authorization" not in place.heard[0].headers


async def test_newer_models_are_asked_without_the_settings_that_they_refuse() -> None:
    async with hook(answer(400), said(WRITTEN), said(WRITTEN)) as place:
        asked = model(place)
        assert [await asked.write(PROMPT) for _ in range(2)] == ["SELECT 1", "SELECT 1"]
    bodies = [json.loads(heard.body) for heard in place.heard]
    assert ["temperature" in body for body in bodies] == [True, False, False]
    assert ["max_tokens" in body for body in bodies] == [True, False, False]
    assert bodies[1] == bodies[2]
    assert bodies[1]["max_completion_tokens"] == MAX_TOKENS


async def test_where_time_is_asked_for_it_is_given() -> None:
    pauses = Pauses()
    async with hook(answer(429, Retry_After="7"), said(WRITTEN)) as place:
        assert await model(place, pause=pauses).write(PROMPT) == "SELECT 1"
    assert pauses == [7.0]


async def test_where_more_time_is_asked_for_than_there_is_it_is_given_up_at_once() -> None:
    pauses = Pauses()
    async with hook(answer(429, Retry_After="60"), said(WRITTEN)) as place:
        assert await model(place, pause=pauses).write(PROMPT) is None
    assert (len(place.heard), pauses) == (1, [])


async def test_failures_that_may_pass_are_tried_again_twice() -> None:
    pauses = Pauses()
    async with hook(answer(500), answer(529), said(WRITTEN)) as place:
        assert await model(place, pause=pauses).write(PROMPT) == "SELECT 1"
    async with hook(answer(503), answer(503), answer(503), said(WRITTEN)) as place:
        assert await model(place, pause=pauses).write(PROMPT) is None
    assert (len(place.heard), pauses) == (3, [0.5, 1.5, 0.5, 1.5])


@pytest.mark.parametrize("status", [307, 401, 403, 404])
async def test_failures_that_stay_are_not_tried_again(status: int) -> None:
    async with hook() as inside, hook(answer(status, Location=inside.url), said(WRITTEN)) as place:
        assert await model(place).write(PROMPT) is None
    assert (len(place.heard), inside.heard) == (1, [])


async def test_where_nobody_listens_it_is_tried_again() -> None:
    async with hook() as place:
        pass
    pauses = Pauses()
    assert await model(place, pause=pauses).write(PROMPT) is None
    assert len(pauses) == 2


@pytest.mark.parametrize("slow", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{", b"HTTP/1.1 200 OK\r\nX: "])
async def test_an_answer_beyond_the_deadline_is_given_up(slow: bytes) -> None:
    async with hook(slow) as place:
        with anyio.fail_after(5):
            assert await model(place, timeout=0.2).write(PROMPT) is None


async def test_it_leaves_the_call_time_to_use_the_answer() -> None:
    async with hook(b"") as place:
        with anyio.fail_after(RESERVE_SECONDS + 0.2):
            assert await model(place).write(PROMPT) is None
        with anyio.fail_after(RESERVE_SECONDS - 0.1):
            assert await model(place).write(PROMPT) is None
    assert len(place.heard) == 1


ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b" " * 0x10000 + b"\r\n"
ENDLESS += (b"10000\r\n" + b" " * 0x10000 + b"\r\n") * 3


@pytest.mark.parametrize("large", [said(WRITTEN | {"pad": " " * LARGEST_ANSWER}), ENDLESS])
async def test_an_answer_that_gets_too_long_is_cut_off(large: bytes) -> None:
    async with hook(large, said(WRITTEN)) as place:
        with anyio.fail_after(5):
            assert await model(place).write(PROMPT) is None
    assert len(place.heard) == 1


async def test_a_packed_answer_is_not_unpacked() -> None:
    packed = gzip.compress(json.dumps(WRITTEN | {"pad": " " * 10_000_000}).encode())
    async with hook(carrying(packed, Content_Encoding="gzip")) as place:
        assert await model(place).write(PROMPT) is None
    assert place.heard[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{"message": {"content": 1}}]}', b"[" * 100_000,
     b"\xff"],
)  # fmt: skip
async def test_an_answer_of_another_format_is_none(body: bytes) -> None:
    async with hook(carrying(body)) as place:
        assert await model(place).write(PROMPT) is None
    assert len(place.heard) == 1


@pytest.mark.parametrize(
    ("message", "reason"),
    [({"content": "SELECT"}, "length"), ({"content": "SELECT 1"}, "content_filter"), ({"content": None}, "stop")],
)
async def test_an_answer_that_is_cut_or_refused_is_none(message: object, reason: str) -> None:
    async with hook(said({"choices": [{"message": message, "finish_reason": reason}]})) as place:
        assert await model(place).write(PROMPT) is None
    assert len(place.heard) == 1


async def test_after_five_failures_in_a_row_it_is_left_alone_for_a_minute() -> None:
    clock, breaker = Clock(), Breaker()
    async with hook(*[answer(401)] * 6, said(WRITTEN), said(WRITTEN)) as place:
        asked = model(place, now=clock, breaker=breaker)
        for _ in range(8):
            assert await asked.write(PROMPT) is None
        assert len(place.heard) == 5
        clock.time = REST_MS
        assert await asked.write(PROMPT) is None
        assert await asked.write(PROMPT) is None
        assert len(place.heard) == 6
        clock.time = 2 * REST_MS
        assert await asked.write(PROMPT) == await asked.write(PROMPT) == "SELECT 1"


async def test_it_is_left_alone_in_the_middle_of_a_call_too() -> None:
    async with hook(*[answer(500)] * 9) as place:
        asked = model(place)
        for _ in range(3):
            assert await asked.write(PROMPT) is None
    assert len(place.heard) == 5


async def test_neither_key_nor_words_are_in_logs_or_representations(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "satchel")
    body = json.dumps({"error": f"wrong key {KEY}", "asked": PROMPT.user}).encode()
    async with hook(carrying(body), answer(401), b"SSH-2.0-sesame\r\n\r\n") as place:
        asked = model(place)
        assert [await asked.write(PROMPT) for _ in range(3)] == [None] * 3
    records = [record for record in caplog.records if record.name == "satchel.model_api"]
    reasons = [vars(record)["reason"] for record in records]
    assert reasons[:3] == ["answered something else", "answered 401", "no answer: RemoteProtocolError"]
    shown = [str(vars(record)) for record in records] + [repr(asked), repr(ModelApi("openai", "m", "", KEY))]
    assert not any("sesame" in text or "boats" in text for text in shown)


async def test_no_proxy_of_the_environment_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hook() as proxy, hook(said(WRITTEN)) as place:
        for name in ("ALL_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert await model(place).write(PROMPT) == "SELECT 1"
    assert proxy.heard == []


@pytest.mark.parametrize(
    ("url", "addresses", "reason"),
    [
        ("https://models.example.org", ["127.0.0.1"], "the address is not public"),
        ("https://models.example.org", ["8.8.8.8", "10.0.0.1"], "the address is not public"),
        ("https://localhost", ["8.8.8.8"], "the address is not of this machine"),
        ("http://localhost", ["127.0.0.1", "192.168.1.1"], "the address is not of this machine"),
        ("https://models.example.org", [], "the name is not found"),
    ],
)
async def test_addresses_that_are_not_what_they_should_be_are_not_connected_to(
    caplog: pytest.LogCaptureFixture, url: str, addresses: list[str], reason: str
) -> None:
    async with hook() as place:
        api = ModelApi("openai", "m", f"{url}:{place.port}", KEY)
        asked = ApiModel(api, Clock(), Breaker(), resolve=resolves_to(*addresses), pause=Pauses())
        assert await asked.write(PROMPT) is None
    assert place.heard == []
    assert {vars(record)["reason"] for record in caplog.records} == {reason}


async def test_a_certificate_that_is_not_trusted_is_told(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    tls, _ = certified("localhost", tmp_path)
    async with hook(tls=tls) as place:
        api = ModelApi("anthropic", "m", f"https://127.0.0.1:{place.port}", KEY)
        assert await ApiModel(api, Clock(), Breaker()).write(PROMPT) is None
    (record,) = caplog.records
    assert vars(record)["reason"] == "the certificate is not trusted"


async def test_certificates_that_cannot_be_read_are_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    api = ModelApi("anthropic", "m", "https://models.example.org", KEY)
    assert await ApiModel(api, Clock(), Breaker(), resolve=resolves_to("8.8.8.8")).write(PROMPT) is None
    assert vars(caplog.records[0])["reason"] == "the trusted certificates cannot be read"


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("openai", "http://models.example.org/v1"),
        ("openai", "http://192.168.1.1/v1"),
        ("openai", "http://0.0.0.0/v1"),
        ("anthropic", "http://127.0.0.1/"),
        ("openai", "ftp://127.0.0.1/"),
        ("openai", "models.example.org/v1"),
        ("openai", "https://user:sesame@models.example.org/"),
        ("openai", "https://models.example.org/?key=sesame"),
        ("openai", "https://models.example.org/#sesame"),
        ("openai", "https://models.example.org/sesame\r\nX: y"),
        ("openai", "https://models.example.org:sesame/"),
        ("openai", "https:///sesame"),
        ("openai", "https://[sesame]/"),
        ("openai", "https://modèles.example.org/sesame"),
        ("openai", "https://models.example.org/sesame" + "e" * 8_000),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_the_start_and_not_repeated(kind: Kind, url: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        ApiModel(ModelApi(kind, "m", url, KEY), Clock(), Breaker())
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [
        ("anthropic", "m", ""),
        ("openai", "m", "sesame\r\nX: y"),
        ("openai", "m", "sésame"),
        ("openai", " ", "sesame"),
    ],
)
def test_a_key_or_name_that_cannot_be_used_is_refused_and_not_repeated(kind: Kind, name: str, key: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        ApiModel(ModelApi(kind, name, "", key), Clock(), Breaker())
    assert "sesame" not in str(refused.value)
