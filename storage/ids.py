"""Ids of what is kept: drawn at random, and short, because every id is read by a model."""

import secrets
from collections.abc import Callable

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 10  # 49 random bits, drawn again on a clash


def drawn() -> str:
    """An id that somebody may have already, though hardly ever."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def unused(prefix: str, holder: Callable[[str], object | None]) -> str:
    """An id, behind the prefix, of which ``holder`` finds nothing. Inside the transaction that will use it."""
    while True:
        found = prefix + drawn()
        if holder(found) is None:
            return found
