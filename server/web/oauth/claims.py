"""What the claims of an access token must say, and who it speaks for (RFC 9068, and what providers do instead).

Only tokens whose signature was verified get as far as `principal_of`. `expect` is asked before that, too: it spares the
issuer questions about tokens that are not ours anyway.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from server.identity import TENANT_PATTERN, Principal, known_scopes

Claims = Mapping[str, Any]

LEEWAY_SECONDS = 60
PREFIX = "satchel:"
LONGEST_SUBJECT = 128
DIGEST_LETTERS = 32
LATEST = 1e12  # seconds; beyond it are infinity, and integers that no float can hold
OF_ID_TOKENS = ("at_hash", "c_hash", "s_hash")
OTHER_USES = frozenset({"id", "refresh", "offline", "logout"})  # `typ` with Keycloak, `token_use` with Cognito


class NotTaken(Exception):
    """The token is not taken. ``reason`` is for the log, and holds nothing of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def expect(claims: Claims, issuer: str, audience: str, now_ms: int) -> None:
    """Raises NotTaken, unless they are of this issuer, for this audience, and good now."""
    if claims.get("iss") != issuer:
        raise NotTaken("it is of another issuer")
    if audience not in _texts(claims.get("aud")):
        raise NotTaken("it is for another audience")
    if any(name in claims for name in OF_ID_TOKENS) or _use(claims) in OTHER_USES:
        raise NotTaken("it is no access token")
    now = now_ms / 1000
    if (expires := _moment(claims, "exp")) is None or expires <= now - LEEWAY_SECONDS:
        raise NotTaken("it has expired, or never does")
    if any((_moment(claims, name) or 0) > now + LEEWAY_SECONDS for name in ("nbf", "iat")):
        raise NotTaken("it is not valid yet")


def principal_of(claims: Claims, tenant_claim: str) -> Principal:
    """Who they speak for. Raises NotTaken where they do not say that, or give no right that is known here."""
    tenant = claims.get(tenant_claim)
    if not isinstance(tenant, str) or not TENANT_PATTERN.fullmatch(tenant):
        raise NotTaken("it names no tenant, or one that cannot be")
    if not (scopes := _scopes(claims)):
        raise NotTaken("it has none of the scopes that are known here")
    return Principal(tenant, f"oauth:{_subject(claims)}", scopes)


def _subject(claims: Claims) -> str:
    """A long one is cut, and ends in a digest of the whole: two people must not become one."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.strip() or not subject.isprintable():
        raise NotTaken("it names no subject, or one that cannot be printed")
    if len(subject) <= LONGEST_SUBJECT:
        return subject
    digest = hashlib.sha256(subject.encode()).hexdigest()[:DIGEST_LETTERS]
    return f"{subject[: LONGEST_SUBJECT - DIGEST_LETTERS - 1]}~{digest}"


def _scopes(claims: Claims) -> frozenset[str]:
    """`scope` is the standard's name, `scp` what some providers call it; either is a list with some of them."""
    words = [word for name in ("scope", "scp") for text in _texts(claims.get(name)) for word in text.split(" ")]
    return known_scopes(word.removeprefix(PREFIX) for word in words)


def _texts(claim: object) -> list[str]:
    """One text or a list of them, as a list; empty for anything else."""
    if isinstance(claim, str):
        return [claim]
    return [text for text in claim if isinstance(text, str)] if isinstance(claim, list) else []


def _use(claims: Claims) -> str:
    use = claims.get("token_use", claims.get("typ"))
    return use.lower() if isinstance(use, str) else ""


def _moment(claims: Claims, name: str) -> float | None:
    """Seconds since the epoch, if there are any. Raises NotTaken for anything else: NaN would pass every comparison."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LATEST:
        raise NotTaken("one of its times is not a number")
    return value
