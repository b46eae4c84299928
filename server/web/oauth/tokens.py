"""Bearer tokens of an organisation's identity provider: JSON Web Tokens (RFC 7519) that only it can have signed.

What a token says of its own keys (`jku`, `jwk`, `x5u`, `x5c`) is never looked at; keys come from the issuer's address
in the settings. Who presents a token is not told why it is refused; the log is, without the token.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.identity import Principal
from server.outgoing.addresses import Resolve, resolved
from server.web.oauth.claims import Claims, NotTaken, expect, principal_of
from server.web.oauth.issuer import issuer_url, keys_url
from server.web.oauth.signing_keys import KINDS, SigningKey, SigningKeys

logger = logging.getLogger("satchel.oauth")

LONGEST_TOKEN = 16_000
LONGEST_KID = 256
TYPES = frozenset({"jwt", "at+jwt"})


@dataclass(frozen=True, slots=True)
class Shown:
    """What a token says. Nobody has vouched for it until its signature is verified."""

    algorithm: str
    kid: str | None
    claims: Claims


class IssuerTokens:
    """Says who a token speaks for. Raises ValueError for settings that cannot be used.

    ``audience`` is what tokens for us have in `aud`, ``tenant_claim`` the name of the claim that holds the tenant.
    ``now`` is the time in milliseconds since the epoch; without a ``jwks_url`` the issuer's metadata is asked for it.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        tenant_claim: str,
        now: Callable[[], int],
        jwks_url: str = "",
        resolve: Resolve = resolved,
    ) -> None:
        if not audience or not tenant_claim:
            raise ValueError("OAuth needs an audience and the name of the claim that holds the tenant")
        _require_cryptography()
        import jwt

        self._jws = jwt.PyJWS(list(KINDS), {"verify_signature": True, "enforce_minimum_key_length": True})
        self._issuer = issuer_url(issuer)
        self._audience = audience
        self._tenant_claim = tenant_claim
        self._now = now
        self._keys = SigningKeys(issuer, keys_url(jwks_url) if jwks_url else "", now, resolve)

    async def verify(self, token: str) -> Principal | None:
        """Who it speaks for, or None. It waits for the issuer when it has to, some seconds at most."""
        said: Shown | None = None
        try:
            said = shown(token)
            return await self._principal(token, said)
        except NotTaken as refused:
            facts = {"kid": said.kid, "alg": said.algorithm} if said else {}
            logger.info("oauth.token_refused", extra={"reason": refused.reason, **facts})
            return None

    async def _principal(self, token: str, said: Shown) -> Principal:
        if said.algorithm not in KINDS:
            raise NotTaken("its algorithm is not allowed")
        expect(said.claims, self._issuer, self._audience, self._now())
        key = await self._keys.find(said.kid, said.algorithm)
        if key is None:
            raise NotTaken("no key of the issuer goes with it")
        self._verify(token, key)
        return principal_of(said.claims, self._tenant_claim)

    def _verify(self, token: str, key: SigningKey) -> None:
        import jwt

        try:
            self._jws.decode_complete(token, key.public, sorted(key.algorithms))
        except jwt.PyJWTError as error:
            raise NotTaken("its signature is wrong, or its key too weak") from error


def shown(token: str) -> Shown:
    """What the token says. Raises NotTaken for what is no JSON Web Token of a kind we take."""
    if len(token) > LONGEST_TOKEN or not token.isascii():
        raise NotTaken("it is too long, or not in ASCII")
    import jwt

    try:
        parts = jwt.PyJWS().decode_complete(token, options={"verify_signature": False})
        header, claims = parts["header"], json.loads(parts["payload"])
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise NotTaken("it is no JSON Web Token, or has extensions that are unknown here") from error
    if not isinstance(claims, dict):
        raise NotTaken("its claims are no JSON object")
    if "crit" in header or "b64" in header:
        raise NotTaken("it has extensions that must be understood")
    _check_type(header.get("typ", "JWT"))
    return Shown(_algorithm(header), _kid(header), claims)


def _check_type(type_: object) -> None:
    if not isinstance(type_, str) or type_.lower().removeprefix("application/") not in TYPES:
        raise NotTaken("it is of another type than access tokens")


def _algorithm(header: dict[str, Any]) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or not algorithm.isalnum() or len(algorithm) > LONGEST_KID:
        raise NotTaken("it names no algorithm")
    return algorithm


def _kid(header: dict[str, Any]) -> str | None:
    kid = header.get("kid")
    if kid is not None and (not isinstance(kid, str) or not kid.isprintable() or len(kid) > LONGEST_KID):
        raise NotTaken("the name of its key cannot be used")
    return kid


def _require_cryptography() -> None:
    """PyJWT works without, and knows none of our algorithms then."""
    from jwt.algorithms import has_crypto

    if not has_crypto:
        raise ValueError('OAuth needs a package more: pip install "satchel-mcp[oauth]"')
