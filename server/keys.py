"""API keys as a caller presents them: how they are made, told apart from other tokens, and verified.

A key is 256 random bits, so its SHA-256 is all that needs to be kept: there is nothing to guess, and a slow hash would
only cost every request.
"""

import hmac
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from typing import Protocol

from server.identity import Principal, known_scopes

logger = logging.getLogger("satchel.keys")

PREFIX = "satchel_"  # leaked keys are found by it
RANDOM_BYTES = 32
KEY_PATTERN = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")

ACTIVE = "active"
EXPIRED = "expired"
REVOKED = "revoked"


class Known(Protocol):
    """What is kept of a key."""

    @property
    def key_id(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def scopes(self) -> Iterable[str]: ...
    @property
    def expires_at(self) -> int | None: ...
    @property
    def revoked_at(self) -> int | None: ...


def new_key() -> tuple[str, bytes]:
    """A new key, to be shown once, and its digest, to be kept."""
    text = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    return text, digest_of(text)


def digest_of(text: str) -> bytes:
    """What is kept in a key's place."""
    return sha256(text.encode()).digest()


def looks_like_key(text: str) -> bool:
    """Whether this has the form of a key of ours, rather than of some other token."""
    return KEY_PATTERN.fullmatch(text) is not None


def standing(key: Known, now: int) -> str:
    """Whether the key is in force at that time, in milliseconds: active, expired or revoked."""
    if key.revoked_at is not None:
        return REVOKED
    is_over = key.expires_at is not None and key.expires_at <= now
    return EXPIRED if is_over else ACTIVE


class Keys:
    """Verifies keys against the store, anew for every request: a revoked key is refused by the next one. ``find`` looks
    a digest up; ``now`` is the clock, in milliseconds since the epoch."""

    def __init__(self, find: Callable[[bytes], Awaitable[Known | None]], now: Callable[[], int]) -> None:
        self._find = find
        self._now = now

    async def verify(self, presented: str) -> Principal | None:
        """Who speaks with this key; None for one that is unknown or no longer in force. What ``find`` raises passes."""
        if not looks_like_key(presented):
            return None
        digest = digest_of(presented)
        key = await self._find(digest)
        if key is None or not hmac.compare_digest(key.digest, digest):
            return None
        state, scopes = standing(key, self._now()), known_scopes(key.scopes)
        if state != ACTIVE or not scopes:
            logger.info("key.refused", extra={"key": key.key_id, "reason": state if scopes else "no scopes"})
            return None
        return Principal(key.tenant, key.key_id, scopes)
