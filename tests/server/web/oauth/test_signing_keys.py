"""When an issuer is asked for its keys, what of its answers is believed, and for how long."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from jwt.algorithms import RSAAlgorithm

from server.identity import Principal
from server.web.oauth.reading import LARGEST_ANSWER
from tests.server.receiving import certified
from tests.server.web.issuing import (
    ALICE,
    KEYS,
    METADATA,
    NOW,
    Clock,
    Issuer,
    answer,
    issuer,
    jwk,
    private_key,
    rsa_key,
    signed,
    tokens,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("few_certificates")]


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [vars(record)["reason"] for record in caplog.records]


def resolves_to(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


async def test_the_issuer_is_asked_once_and_only_for_tokens_that_may_be_its_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with issuer() as place:
        checked = tokens(place)
        for changed in ({"iss": "https://evil.example.org"}, {"aud": "x"}, {"exp": NOW - 900}, {"alg": "HS256"}):
            header = {"alg": changed.pop("alg", "RS256"), "kid": "new"}
            assert await checked.verify(signed(header, place.claims(**changed))) is None
        assert place.asked == []
        assert [await checked.verify(place.token(rsa_key())) for _ in range(3)] == [ALICE] * 3
        assert place.asked == [METADATA, KEYS]


async def test_a_flood_of_unknown_keys_asks_the_issuer_once_a_minute() -> None:
    clock = Clock()
    async with issuer() as place:
        checked = tokens(place, clock)
        for minute in (1, 2, 3):
            async with anyio.create_task_group() as group:
                for number in range(20):
                    group.start_soon(checked.verify, place.token(rsa_key(1), kid=f"{minute}-{number}"))
            assert place.asked.count(KEYS) == minute
            assert await checked.verify(place.token(rsa_key())) == ALICE
            clock.forward(60)


async def test_callers_at_once_wait_for_one_answer() -> None:
    found: list[Principal | None] = []
    async with issuer() as place:
        checked, token = tokens(place), place.token(rsa_key())
        place.gate.clear()

        async def verify() -> None:
            found.append(await checked.verify(token))

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(verify)
                while not place.asked:
                    await anyio.lowlevel.checkpoint()
                place.gate.set()
    assert found == [ALICE] * 10
    assert place.asked == [METADATA, KEYS]


async def test_who_hangs_up_does_not_use_up_the_one_try() -> None:
    async with issuer() as place:
        checked = tokens(place)
        place.gate.clear()
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(checked.verify, place.token(rsa_key(1), kid="unknown"))
                while not place.asked:
                    await anyio.lowlevel.checkpoint()
                group.cancel_scope.cancel()
                place.gate.set()
        assert await checked.verify(place.token(rsa_key())) == ALICE
        assert place.asked == [METADATA, KEYS]


async def test_new_keys_are_found_and_withdrawn_ones_forgotten() -> None:
    clock = Clock()
    async with issuer() as place:
        checked = tokens(place, clock)
        old, new = place.token(rsa_key(), exp=NOW + 9_000), place.token(rsa_key(1), kid="k2", exp=NOW + 9_000)
        assert await checked.verify(old) == ALICE
        place.publish(jwk(rsa_key(1), "k2"))
        clock.forward(61)
        assert await checked.verify(new) == ALICE
        assert await checked.verify(old) is None


async def test_keys_are_fetched_again_every_hour() -> None:
    clock = Clock()
    async with issuer() as place:
        checked = tokens(place, clock)
        token = place.token(rsa_key(), exp=NOW + 9_000)
        assert await checked.verify(token) == ALICE
        clock.forward(3_599)
        assert await checked.verify(token) == ALICE
        assert place.asked.count(KEYS) == 1
        place.publish()
        clock.forward(1)
        assert await checked.verify(token) is None
        assert place.asked.count(KEYS) == 2


async def test_while_the_issuer_is_down_its_last_keys_stay_good_for_a_day(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    async with issuer() as place:
        checked = tokens(place, clock)
        token = place.token(rsa_key(), exp=NOW + 200_000)
        assert await checked.verify(token) == ALICE
        place.pages = {METADATA: answer(503), KEYS: answer(503)}
        for _ in range(3):
            clock.forward(7 * 3_600)
            assert await checked.verify(token) == ALICE
        clock.forward(3 * 3_600 - 1)
        assert await checked.verify(token) == ALICE
        clock.forward(1)
        assert await checked.verify(token) is None
    assert reasons(caplog)[:1] == ["metadata: answered 503; answered 404"]


async def test_while_one_waits_for_new_keys_the_others_go_on_with_the_old() -> None:
    clock = Clock()
    async with issuer() as place:
        checked = tokens(place, clock)
        token = place.token(rsa_key(), exp=NOW + 9_000)
        assert await checked.verify(token) == ALICE
        place.gate.clear()
        clock.forward(3_600)
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(checked.verify, token)
                while place.asked.count(METADATA) < 2:
                    await anyio.lowlevel.checkpoint()
                assert await checked.verify(token) == ALICE
                assert not place.gate.is_set()
                place.gate.set()


async def test_a_clock_that_is_set_back_does_not_keep_keys_for_ever() -> None:
    clock = Clock()
    async with issuer() as place:
        checked = tokens(place, clock)
        assert await checked.verify(place.token(rsa_key())) == ALICE
        clock.forward(-40)
        place.publish(jwk(rsa_key(1), "k2"))
        assert await checked.verify(place.token(rsa_key(1), kid="k2")) == ALICE


async def test_where_nobody_listens_tokens_are_refused_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    async with issuer() as place:
        pass
    assert await tokens(place).verify(place.token(rsa_key())) is None
    assert reasons(caplog) == ["metadata: no connection"]


async def test_an_issuer_that_does_not_answer_is_given_up(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.web.oauth.signing_keys.TIMEOUT_SECONDS", 0.1)
    async with issuer() as place:
        place.gate.clear()
        with anyio.fail_after(5):
            assert await tokens(place).verify(place.token(rsa_key())) is None
        place.gate.set()
    assert reasons(caplog) == ["no answer within 0.1 s"]


async def test_metadata_is_found_where_rfc_8414_has_it() -> None:
    async with issuer() as place:
        for path in ("", "/realms/acme", "/realms/acme/"):
            name = place.url + path
            place.pages.pop(METADATA, None)
            content = {"issuer": name, "jwks_uri": place.url + KEYS}
            place.page("/.well-known/oauth-authorization-server" + path.rstrip("/"), content)
            checked = tokens(place, issuer=name)
            assert await checked.verify(place.token(rsa_key(), iss=name)) == ALICE
            assert await checked.verify(place.token(rsa_key(), iss=place.url + "/other")) is None


async def test_where_the_address_of_the_keys_is_set_no_metadata_is_asked() -> None:
    async with issuer() as place:
        checked = tokens(place, issuer="https://login.example.org/", jwks_url=place.url + KEYS)
        assert await checked.verify(place.token(rsa_key(), iss="https://login.example.org/")) == ALICE
        assert await checked.verify(place.token(rsa_key(), iss="https://login.example.org")) is None
    assert place.asked == [KEYS]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (
            {"issuer": "https://evil.example.org"},
            "is of another issuer; the setting must be that one, letter by letter",
        ),
        ({"issuer": None}, "is of another issuer; the setting must be that one, letter by letter"),
        ({"jwks_uri": None}, "names no place for keys that can be used"),
        ({"jwks_uri": "http://192.168.1.1/keys"}, "names no place for keys that can be used"),
        ({"jwks_uri": "file:///keys"}, "names no place for keys that can be used"),
        ({"jwks_uri": ["https://x"]}, "names no place for keys that can be used"),
    ],
)
async def test_metadata_that_cannot_be_used_is_not(
    caplog: pytest.LogCaptureFixture, metadata: dict[str, Any], reason: str
) -> None:
    async with issuer() as place:
        place.page(METADATA, {"issuer": place.url, "jwks_uri": place.url + KEYS} | metadata)
        assert await tokens(place).verify(place.token(rsa_key())) is None
        assert place.asked.count(KEYS) == 0
    assert reasons(caplog) == [f"metadata: {reason}; answered 404"]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (answer(500), "answered 500"),
        (answer(302, b"", "Location: /elsewhere"), "answered 302"),
        (answer(200, b"<html>"), "answered something else than a JSON object"),
        (answer(200, b"[" * 100_000), "answered something else than a JSON object"),
        (answer(200, b"\xff"), "answered something else than a JSON object"),
        (answer(200, b"[]"), "answered something else than a JSON object"),
        (answer(200, b'{"keys": {}}'), "answered something else than a JWK set"),
        (answer(200, b" " * (LARGEST_ANSWER + 1)), "answered more than 262,144 bytes"),
        (b"SSH-2.0-x\r\n\r\n", "no answer: RemoteProtocolError"),
    ],
)
async def test_an_answer_that_is_no_key_set_is_a_failure(
    caplog: pytest.LogCaptureFixture, page: bytes, reason: str
) -> None:
    async with issuer() as place:
        place.page("/elsewhere", {"keys": [jwk(rsa_key())]})
        place.pages[KEYS] = page
        assert await tokens(place).verify(place.token(rsa_key())) is None
        assert "/elsewhere" not in place.asked
    assert reasons(caplog) == [f"keys: {reason}"]


@pytest.mark.parametrize(
    "odd",
    [
        7,
        {},
        {"kty": "RSA", "kid": "k1"},
        {"kty": "RSA", "kid": "k1", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "kid": "k1", "n": "ééé", "e": "AQAB"},
        {"kty": ["RSA"], "kid": "k1"},
        {"kty": "EC", "crv": "P-256", "kid": "k1", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "Ed25519", "kid": "k1", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": {}, "kid": "k1", "x": "AA"},
        {"kty": "oct", "kid": "k1", "k": "AA"},
        jwk(rsa_key(1), use="enc"),
        jwk(rsa_key(1), use=None, key_ops=["encrypt"]),
        jwk(rsa_key(1), key_ops="verify"),
        jwk(rsa_key(1), alg="RSA-OAEP"),
        jwk(rsa_key(1), alg="PS256"),
        jwk(rsa_key(1), d="AA"),
        jwk(private_key("P-256")),
    ],
)
async def test_an_odd_member_of_the_set_is_passed_over(odd: Any) -> None:
    async with issuer() as place:
        place.publish(odd, jwk(rsa_key()))
        assert await tokens(place).verify(place.token(rsa_key())) == ALICE


async def test_a_key_verifies_only_what_it_is_for() -> None:
    async with issuer() as place:
        place.publish(jwk(rsa_key(), alg="RS512"))
        checked = tokens(place)
        assert await checked.verify(place.token(rsa_key(), "RS256")) is None
        assert await checked.verify(place.token(rsa_key(), "RS512")) == ALICE


async def test_a_key_whose_private_half_is_published_is_not_trusted() -> None:
    async with issuer() as place:
        place.publish(RSAAlgorithm.to_jwk(rsa_key(), as_dict=True) | {"kid": "k1", "key_ops": ["verify"]})
        assert await tokens(place).verify(place.token(rsa_key())) is None


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_weak_key_is_not_trusted() -> None:
    async with issuer() as place:
        place.publish(jwk(rsa_key(0, 1024)))
        assert await tokens(place).verify(place.token(rsa_key(0, 1024))) is None


async def test_a_token_that_names_no_key_is_for_the_only_one_of_its_kind() -> None:
    async with issuer() as place:
        place.publish(jwk(rsa_key(), kid=None), jwk(private_key("P-256"), kid=None))
        token = place.token(rsa_key(), kid=None)
        assert await tokens(place).verify(token) == ALICE
        place.publish(jwk(rsa_key()), jwk(rsa_key(1), "k2"))
        assert await tokens(place).verify(token) is None


async def test_an_encrypted_issuer_is_read_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also inside a private network; not without a certificate that is trusted."""
    tls, trusted = certified("login.example.org", tmp_path)
    place = Issuer(0)
    place.gate.set()
    server = await asyncio.start_server(place.serve, "127.0.0.1", 0, ssl=tls)
    place.port = server.sockets[0].getsockname()[1]
    name = f"https://login.example.org:{place.port}"
    place.page(METADATA, {"issuer": name, "jwks_uri": name + KEYS})
    place.page(KEYS, {"keys": [jwk(rsa_key())]})
    token = place.token(rsa_key(), iss=name)
    async with server:
        assert await tokens(place, issuer=name, resolve=resolves_to("127.0.0.1")).verify(token) is None
        assert place.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert await tokens(place, issuer=name, resolve=resolves_to("127.0.0.1")).verify(token) == ALICE
        async with issuer() as plain:
            place.page(METADATA, {"issuer": name, "jwks_uri": plain.url + KEYS})
            assert await tokens(place, issuer=name, resolve=resolves_to("127.0.0.1")).verify(token) is None
        assert plain.asked == []


async def test_no_proxy_of_the_environment_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    async with issuer() as proxy, issuer() as place:
        for name in ("ALL_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert await tokens(place).verify(place.token(rsa_key())) == ALICE
    assert proxy.asked == []


async def test_without_encryption_only_this_machine_is_asked(caplog: pytest.LogCaptureFixture) -> None:
    async with issuer() as place:
        name = f"http://localhost:{place.port}"
        checked = tokens(place, issuer=name, resolve=resolves_to("127.0.0.1", "192.168.1.1"))
        assert await checked.verify(place.token(rsa_key(), iss=name)) is None
    assert place.asked == []
    assert reasons(caplog) == ["metadata: the address is not of this machine"]
