"""The public keys that an issuer signs with: fetched when they are needed, kept while they are good.

Anybody can write a token that names a key we do not know, so that the issuer is asked about such keys at most once a
minute, by one request for all that wait. Keys are fetched again every hour; one that the issuer no longer publishes is
refused from then on. Where the issuer cannot be reached, the keys it gave last stay good for a day.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

from server.outgoing.addresses import Resolve, resolved
from server.web.oauth.issuer import discovery_urls, keys_url
from server.web.oauth.reading import Reader, Unread

if TYPE_CHECKING:
    from jwt.algorithms import AllowedPublicKeys

logger = logging.getLogger("satchel.oauth")

KINDS: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
    "EdDSA": "Ed25519",
}
"""The algorithms we take, each with the one kind of key it goes with. None has a secret that we would share."""
TIMEOUT_SECONDS = 5.0  # for metadata and keys together
PAUSE_MS = 60_000
FRESH_MS = 3_600_000
USABLE_MS = 24 * FRESH_MS


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key under the issuer's name for it, and what it may verify."""

    kid: str | None
    algorithms: frozenset[str]
    public: "AllowedPublicKeys"


class SigningKeys:
    """The keys of one issuer. ``now`` is the time in milliseconds since the epoch; without a ``jwks_url`` the issuer's
    metadata says where its keys are."""

    def __init__(self, issuer: str, jwks_url: str, now: Callable[[], int], resolve: Resolve = resolved) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._now = now
        self._reader = Reader(resolve)
        self._keys: tuple[SigningKey, ...] = ()
        self._fetched_ms: int | None = None
        self._asked_ms: int | None = None
        self._asking = anyio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> SigningKey | None:
        """The one key of this name that goes with this algorithm. A token without a name is for the only key there
        is of its kind."""
        is_turn_of_this = self._is_old() and not self._asking.locked()  # others go on with the old keys meanwhile
        if is_turn_of_this or not self._knows(kid):
            await self._ask()
        named = [key for key in self._usable() if kid is None or key.kid == kid]
        fitting = [key for key in named if algorithm in key.algorithms]
        return fitting[0] if len(fitting) == 1 else None

    def _knows(self, kid: str | None) -> bool:
        return any(kid is None or key.kid == kid for key in self._usable())

    def _usable(self) -> tuple[SigningKey, ...]:
        is_usable = self._fetched_ms is not None and self._now() - self._fetched_ms < USABLE_MS
        return self._keys if is_usable else ()

    def _is_old(self) -> bool:
        return not self._is_within(self._fetched_ms, FRESH_MS)

    def _is_within(self, since_ms: int | None, duration_ms: int) -> bool:
        """Not for a moment that lies ahead, either: the clock was set back."""
        return since_ms is not None and 0 <= self._now() - since_ms < duration_ms

    async def _ask(self) -> None:
        """Fetch the keys, or find them fetched by who was first. Who has begun goes through with it: a stranger who
        hangs up would use up the one try of a minute."""
        async with self._asking:
            if self._is_within(self._asked_ms, PAUSE_MS):
                return
            self._asked_ms = self._now()
            try:
                with anyio.CancelScope(shield=True), anyio.fail_after(TIMEOUT_SECONDS):
                    self._keys = await self._fetched()
            except (Unread, TimeoutError) as error:
                reason = error.reason if isinstance(error, Unread) else f"no answer within {TIMEOUT_SECONDS:g} s"
                logger.warning("oauth.issuer_failed", extra={"reason": reason, "keys": len(self._usable())})
            else:
                self._fetched_ms = self._now()
                logger.info("oauth.keys_fetched", extra={"keys": len(self._keys)})

    async def _fetched(self) -> tuple[SigningKey, ...]:
        url = self._jwks_url or await self._discovered()
        try:
            found = (await self._reader.read(url)).get("keys")
        except Unread as error:
            raise Unread(f"keys: {error.reason}") from error
        if not isinstance(found, list):
            raise Unread("keys: answered something else than a JWK set")
        return tuple(key for each in found if (key := signing_key(each)) is not None)

    async def _discovered(self) -> str:
        """Where the keys are, as the metadata says: the first of two that are of this issuer."""
        reasons: list[str] = []
        for url in discovery_urls(self._issuer):
            try:
                return _published(await self._reader.read(url), self._issuer)
            except Unread as error:
                reasons.append(error.reason)
        raise Unread(f"metadata: {'; '.join(dict.fromkeys(reasons))}")


def _published(metadata: Mapping[str, Any], issuer: str) -> str:
    if metadata.get("issuer") != issuer:
        raise Unread("is of another issuer; the setting must be that one, letter by letter")
    try:
        url = keys_url(str(metadata.get("jwks_uri") or ""))
    except ValueError as error:
        raise Unread("names no place for keys that can be used") from error
    if issuer.startswith("https:") and not url.startswith("https:"):
        raise Unread("names a place for keys that is not encrypted")
    return url


def signing_key(jwk: object) -> SigningKey | None:
    """A member of a JWK set as a key to verify with; None for others, of which every set may hold some: secrets, keys
    to encrypt with, keys of kinds that are unknown here."""
    if not isinstance(jwk, dict) or not _is_for_signatures(jwk):
        return None
    kind = jwk.get("crv") if jwk.get("kty") in ("EC", "OKP") else jwk.get("kty")
    algorithms = frozenset(alg for alg in KINDS if KINDS[alg] == kind and jwk.get("alg", alg) == alg)
    if not algorithms:
        return None
    import jwt

    try:
        public = jwt.PyJWK(jwk, min(algorithms)).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    kid = jwk.get("kid")
    return SigningKey(kid if isinstance(kid, str) else None, algorithms, public)


def _is_for_signatures(jwk: Mapping[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    is_public = "d" not in jwk  # whoever publishes a private key has no secret left
    return is_public and jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
