"""Tokens of an identity provider that runs on loopback and signs with real keys."""

import hashlib
import hmac
import logging
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from server.identity import Principal
from server.web.oauth.claims import NotTaken
from server.web.oauth.signing_keys import KINDS
from server.web.oauth.tokens import LONGEST_TOKEN, shown
from tests.server.web.issuing import (
    ALICE,
    AUDIENCE,
    NOW,
    Issuer,
    encoded,
    issuer,
    jwk,
    private_key,
    rsa_key,
    signed,
    tokens,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("few_certificates")]

ROOT = Path(__file__).resolve().parents[4]
LETTERS = st.text("JWTatRS256+/\n\ud800", max_size=9)


@pytest.mark.parametrize("algorithm", KINDS)
async def test_a_token_of_each_algorithm_says_who_it_speaks_for(algorithm: str) -> None:
    key = private_key(KINDS[algorithm])
    async with issuer() as place:
        place.publish(jwk(key))
        assert await tokens(place).verify(place.token(key, algorithm)) == ALICE


@pytest.mark.parametrize(
    ("changed", "scopes"),
    [
        ({"scope": "read"}, {"read"}),
        ({"scope": "satchel:admin openid  satchel:read"}, {"admin", "read"}),
        ({"scope": None, "scp": ["read", "satchel:write", 5]}, {"read", "write"}),
        ({"scope": None, "scp": "read write"}, {"read", "write"}),
        ({"scope": "profile", "scp": ["read"]}, {"read"}),
    ],
)
async def test_scopes_come_in_the_shapes_that_providers_use(changed: dict[str, Any], scopes: set[str]) -> None:
    async with issuer() as place:
        found = await tokens(place).verify(place.token(rsa_key(), **changed))
    assert found == Principal("acme", "oauth:alice", frozenset(scopes))


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": ["https://other.example.org", AUDIENCE]},
        {"exp": NOW - 59},
        {"exp": NOW + 0.5},
        {"nbf": NOW + 60, "iat": NOW + 60},
        {"iat": None},
        {"jti": 7, "nonce": "n", "typ": "Bearer"},
    ],
)
async def test_what_may_vary_may_vary(changed: dict[str, Any]) -> None:
    async with issuer() as place:
        assert await tokens(place).verify(place.token(rsa_key(), **changed)) == ALICE


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://login.example.org"},
        {"iss": None},
        {"iss": ["x"]},
        {"aud": "https://satchel.example.org/mcp/"},
        {"aud": None},
        {"aud": []},
        {"aud": {AUDIENCE: 1}},
        {"exp": None},
        {"exp": NOW - 60},
        {"exp": str(NOW + 300)},
        {"exp": True},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": 10**400},
        {"nbf": NOW + 61},
        {"iat": NOW + 61},
        {"iat": "now"},
        {"nbf": [NOW]},
        {"nbf": True},
        {"sub": None},
        {"sub": ""},
        {"sub": "  "},
        {"sub": 7},
        {"sub": "alice\nadmin"},
        {"sub": "alice\u202e"},
        {"sub": "\ud800"},
        {"tenant": None},
        {"tenant": ""},
        {"tenant": "acme\n"},
        {"tenant": "a/../b"},
        {"tenant": ["acme"]},
        {"tenant": "a" * 65},
        {"scope": None},
        {"scope": "openid profile READ"},
        {"scope": {"read": True}},
        {"scope": "read,write"},
        {"at_hash": "x"},
        {"token_use": "id"},
        {"typ": "ID"},
        {"typ": "Refresh"},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(changed: dict[str, Any]) -> None:
    async with issuer() as place:
        claims = {name: value for name, value in (place.claims() | changed).items() if value is not None}
        token = signed({"alg": "RS256", "kid": "k1"}, claims)
        assert await tokens(place).verify(token) is None
        assert await tokens(place).verify(signed({"alg": "RS256", "kid": "k1"}, place.claims())) == ALICE


@pytest.mark.parametrize("type_", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT"])
async def test_types_of_access_tokens_are_taken(type_: str) -> None:
    async with issuer() as place:
        token = signed({"alg": "RS256", "kid": "k1", "typ": type_}, place.claims())
        assert await tokens(place).verify(token) == ALICE


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "logout+jwt"},
        {"typ": "dpop+jwt"},
        {"typ": None},
        {"typ": ["JWT"]},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"b64": True, "crit": ["b64"]},
        {"b64": True},
        {"kid": 1},
        {"kid": "k" * 257},
        {"kid": "k\n1"},
        {"kid": "K1"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS384"},
        {"alg": "PS256"},
        {"alg": "ES256"},
        {"alg": "ES256K"},
        {"alg": "rs256"},
        {"alg": ["RS256"]},
        {"alg": None},
    ],
)
async def test_a_token_with_a_wrong_header_is_refused(header: dict[str, Any]) -> None:
    async with issuer() as place:
        token = signed({"alg": "RS256", "kid": "k1", **header}, place.claims())
        assert await tokens(place).verify(token) is None


async def test_a_token_that_brings_its_own_key_is_not_believed() -> None:
    """Nor is the place asked that it names."""
    async with issuer() as place:
        place.page("/evil", {"keys": [jwk(rsa_key(1), "evil")]})
        brought = {"jwk": jwk(rsa_key(1), "evil"), "jku": f"{place.url}/evil", "x5u": f"{place.url}/evil"}
        for kid in ("k1", "evil", None):
            token = jwt.encode(place.claims(), rsa_key(1), "RS256", brought | ({"kid": kid} if kid else {}))
            assert await tokens(place).verify(token) is None
        assert "/evil" not in place.asked
        assert await tokens(place).verify(jwt.encode(place.claims(), rsa_key(), "RS256", brought)) == ALICE


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_the_public_key_is_no_secret_to_sign_with(algorithm: str) -> None:
    """Algorithm confusion: whoever knows the public key could write tokens."""
    pem = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    async with issuer() as place:
        place.publish(jwk(rsa_key()), {"kty": "oct", "kid": "k2", "k": encoded(pem), "use": "sig"})
        for kid in ("k1", "k2"):
            signing = f"{encoded({'alg': algorithm, 'kid': kid})}.{encoded(place.claims())}"
            digest = hmac.digest(pem, signing.encode(), hashlib.new(f"sha{algorithm[2:]}").name)
            assert await tokens(place).verify(f"{signing}.{encoded(digest)}") is None


async def test_a_token_without_a_signature_is_refused() -> None:
    async with issuer() as place:
        token = place.token(rsa_key())
        body = token.rpartition(".")[0]
        for wrong in (f"{body}.", body, f"{encoded({'alg': 'none'})}.{encoded(place.claims())}."):
            assert await tokens(place).verify(wrong) is None


async def test_a_token_that_was_changed_or_signed_by_another_is_refused() -> None:
    async with issuer() as place:
        checked = tokens(place)
        header, claims, signature = place.token(rsa_key()).split(".")
        admin = encoded(place.claims(scope="admin"))
        assert await checked.verify(f"{header}.{admin}.{signature}") is None
        assert await checked.verify(f"{header}.{claims}.{encoded(bytes(256))}") is None
        assert await checked.verify(place.token(rsa_key(1))) is None
        assert await checked.verify(f"{header}.{claims}.{signature}") == ALICE


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "sk_live_abc",
        "é.é.é",
        "e30.e30.e30",
        f"{encoded({'alg': 'RS256'})}.{encoded([])}.",
        f"{encoded({'alg': 'RS256'})}.{encoded(b'[' * 9_000)}.",
        f"{encoded(b'[' * 9_000)}.e30.",
        f"{encoded({'alg': 'RS256'})}.{encoded(b'9' * 5_000)}.",
    ],
)
async def test_what_is_no_token_is_refused_and_asks_nobody(token: str) -> None:
    async with issuer() as place:
        assert await tokens(place).verify(token) is None
    assert place.asked == []


async def test_a_token_that_is_too_long_is_refused() -> None:
    async with issuer() as place:
        long = place.token(rsa_key(), pad="p" * LONGEST_TOKEN)
        fitting = place.token(rsa_key(), pad="p" * 10_000)
        assert await tokens(place).verify(long) is None
        assert await tokens(place).verify(fitting) == ALICE


@given(header=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit"]), st.none() | st.integers() | LETTERS))
def test_whatever_a_header_holds_it_is_shown_or_refused(header: dict[str, Any]) -> None:
    with suppress(NotTaken):
        assert shown(f"{encoded(header)}.{encoded({})}.").claims == {}


def test_the_name_of_a_key_has_an_end() -> None:
    """It goes into the log."""
    assert shown(signed({"alg": "RS256", "kid": "k" * 256}, {})).kid == "k" * 256
    with pytest.raises(NotTaken):
        shown(signed({"alg": "RS256", "kid": "k" * 257}, {}))


async def test_a_long_subject_is_cut_and_stays_its_own() -> None:
    async with issuer() as place:
        checked = tokens(place)
        found = [await checked.verify(place.token(rsa_key(), sub="s" * n)) for n in (128, 129, 130)]
    keys = {each.key for each in found if each}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {len("oauth:") + 128}


async def test_the_log_names_the_reason_and_the_key_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with issuer() as place:
        checked = tokens(place)
        token = place.token(rsa_key(1), sub="sesame", scope="sesame read", tenant="sesame")
        assert await checked.verify(token) is None
        assert await checked.verify(place.token(rsa_key(), tenant="sésame")) is None
        assert await checked.verify(place.token(rsa_key(), sub="sesame")) is not None
    records = [vars(record) for record in caplog.records if record.name == "satchel.oauth"]
    refused = [record for record in records if record["msg"] == "oauth.token_refused"]
    assert [(record["reason"], record["kid"], record["alg"]) for record in refused] == [
        ("its signature is wrong, or its key too weak", "k1", "RS256"),
        ("it names no tenant, or one that cannot be", "k1", "RS256"),
    ]
    texts = [str(vars(record)) for record in caplog.records if record.name.startswith("satchel")]
    assert not any("sesame" in text or "sésame" in text or token.split(".")[2] in text for text in texts)


@pytest.mark.parametrize("changed", [{"audience": ""}, {"tenant_claim": ""}, {"issuer": "x"}, {"jwks_url": "x"}])
def test_settings_that_cannot_be_used_stop_the_start(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|needs"):
        tokens(Issuer(1), **changed)


def test_without_the_package_the_start_says_what_to_install() -> None:
    """In a process of its own: here, the package is loaded already."""
    made = "IssuerTokens('https://x.example.org', 'a', 't', lambda: 0)"
    code = f"import sys; sys.modules['cryptography'] = None; from server.web.oauth.tokens import IssuerTokens; {made}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == ('ValueError: OAuth needs a package more: pip install "satchel-mcp[oauth]"')


def test_the_modules_load_nothing_before_oauth_is_configured() -> None:
    code = "import sys, server.web.oauth.tokens; print(*{'jwt', 'cryptography', 'httpx2', 'mcp'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
