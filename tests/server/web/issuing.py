"""An identity provider on loopback: it publishes what a test says, and signs tokens with real keys."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from server.identity import Principal
from server.web.oauth.tokens import IssuerTokens

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

AUDIENCE = "https://satchel.example.org/mcp"
KEYS = "/keys"
METADATA = "/.well-known/openid-configuration"
CURVES: dict[str, type[ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
START_MS = 1_800_000_000_000
NOW = START_MS // 1000
ALICE = Principal("acme", "oauth:alice", frozenset({"read", "write"}))
"""Who a good token speaks for."""


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.ms = START_MS

    def __call__(self) -> int:
        return self.ms

    def forward(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Made once, as that takes long; another number is another key."""
    return rsa.generate_private_key(65537, bits)


@cache
def private_key(kind: str) -> Private:
    """A key of a kind that `KINDS` names."""
    if kind == "RSA":
        return rsa_key()
    return ed25519.Ed25519PrivateKey.generate() if kind == "Ed25519" else ec.generate_private_key(CURVES[kind]())


def jwk(key: Private, kid: str | None = "k1", **more: Any) -> dict[str, Any]:
    """The public half, as a member of a JWK set; None takes a member out."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        made = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        made = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        made = OKPAlgorithm.to_jwk(public, as_dict=True)
    named = {name: value for name, value in made.items() if name != "key_ops"} | {"kid": kid, "use": "sig"} | more
    return {name: value for name, value in named.items() if value is not None}


@dataclass
class Issuer:
    """Answers what stands under a path, 404 elsewhere. ``asked`` holds the paths in order."""

    port: int
    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """Answers wait for it; it is open unless a test closes it."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def publish(self, *keys: dict[str, Any]) -> None:
        """These keys, and metadata that says where they are."""
        self.page(METADATA, {"issuer": self.url, "jwks_uri": self.url + KEYS})
        self.page(KEYS, {"keys": list(keys)})

    def page(self, path: str, content: object) -> None:
        self.pages[path] = answer(200, json.dumps(content).encode())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request. It hangs up second."""
        start = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")
        self.asked.append(start[1])
        await self.gate.wait()
        writer.write(self.pages.get(start[1], answer(404)))
        await reader.read()
        writer.close()

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Those of a good token; None takes one out."""
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "alice",
            "iat": NOW,
            "exp": NOW + 300,
            "scope": "openid satchel:read write",
            "tenant": "acme",
        }
        return {name: value for name, value in (good | changed).items() if value is not None}

    def token(self, key: Private, alg: str = "RS256", kid: str | None = "k1", **changed: Any) -> str:
        """A token signed with this key; further arguments change its claims."""
        headers = {"kid": kid} if kid is not None else {}
        return jwt.encode(self.claims(**changed), key, alg, headers)


def answer(status: int, body: bytes = b"", *headers: str) -> bytes:
    """An answer as it goes over the wire."""
    lines = "".join(f"{header}\r\n" for header in (f"Content-Length: {len(body)}", *headers))
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + body


@asynccontextmanager
async def issuer() -> AsyncGenerator[Issuer]:
    """An issuer that listens, and publishes the RSA key under the name k1."""
    made = Issuer(0)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    made.gate.set()
    made.publish(jwk(rsa_key()))
    async with server:
        yield made


def tokens(place: Issuer, now: Callable[[], int] | None = None, **changed: Any) -> IssuerTokens:
    """What checks the tokens of this issuer."""
    given: dict[str, Any] = {"issuer": place.url, "audience": AUDIENCE, "tenant_claim": "tenant", "now": now or Clock()}
    return IssuerTokens(**given | changed)


def encoded(content: object) -> str:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(header: object, claims: object) -> str:
    """A token with a good signature over anything."""
    signing = f"{encoded(header)}.{encoded(claims)}"
    signature = jwt.get_algorithm_by_name("RS256").sign(signing.encode(), rsa_key())
    return f"{signing}.{encoded(signature)}"
