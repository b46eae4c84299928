"""API keys: whose they are, what they may do and until when. Of a key itself only the SHA-256 is here.

Keys are what says which tenant calls, so the tenant comes first only where it is known. Who finds a key by what was
presented learns the tenant from the row; who has its `key_id` is the owner of the machine, on the command line.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from storage import ids
from storage.errors import NotFound

COLUMNS = "key_id, tenant, label, digest, scopes, created_at, expires_at, revoked_at, replaced_by"
INSERT = f"INSERT INTO api_keys ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)"
FIND = f"SELECT {COLUMNS} FROM api_keys WHERE digest = ?"
FETCH = f"SELECT {COLUMNS} FROM api_keys WHERE key_id = ?"
LISTED = f"SELECT {COLUMNS} FROM api_keys ORDER BY tenant, created_at, key_id"
LISTED_OF_TENANT = f"SELECT {COLUMNS} FROM api_keys WHERE tenant = ? ORDER BY created_at, key_id"
REVOKE = "UPDATE api_keys SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL"
REPLACE = "UPDATE api_keys SET replaced_by = ? WHERE key_id = ?"
END = "UPDATE api_keys SET expires_at = min(coalesce(expires_at, ?1), ?1) WHERE key_id = ?2"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key as stored. ``expires_at`` None: never; ``replaced_by`` names the key it was rotated to. Times are
    milliseconds since the epoch, UTC."""

    key_id: str
    tenant: str
    label: str
    digest: bytes = field(repr=False)
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    replaced_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What makes a key."""

    digest: bytes = field(repr=False)
    scopes: Sequence[str]
    label: str
    created_at: int
    expires_at: int | None


def insert(db: sqlite3.Connection, tenant: str, new: NewKey) -> KeyRow:
    """Keep the key, under a new id."""
    key_id = ids.unused("k_", lambda each: db.execute(FETCH, (each,)).fetchone())
    times = (new.created_at, new.expires_at)
    db.execute(INSERT, (key_id, tenant, new.label, new.digest, " ".join(new.scopes), *times))
    return fetch(db, key_id)


def find(db: sqlite3.Connection, digest: bytes) -> KeyRow | None:
    """The key with this SHA-256, in whatever state it is; None if there is none. No tenant comes first: this is what
    tells it."""
    found = db.execute(FIND, (digest,)).fetchone()
    return _row(found) if found else None


def fetch(db: sqlite3.Connection, key_id: str) -> KeyRow:
    """The key of that id, in whatever state it is. Raises NotFound."""
    found = db.execute(FETCH, (key_id,)).fetchone()
    if found is None:
        raise NotFound("key", key_id)
    return _row(found)


def listed(db: sqlite3.Connection, tenant: str | None) -> list[KeyRow]:
    """The tenant's keys, ended ones too, oldest first; with None those of every tenant, a tenant after the other."""
    found = db.execute(LISTED) if tenant is None else db.execute(LISTED_OF_TENANT, (tenant,))
    return [_row(row) for row in found]


def revoke(db: sqlite3.Connection, key_id: str, at: int) -> bool:
    """End the key at once; False when that was done already, and then its time stays. Raises NotFound."""
    fetch(db, key_id)
    return db.execute(REVOKE, (at, key_id)).rowcount > 0


def rotate(db: sqlite3.Connection, old: KeyRow, digest: bytes, now: int, grace_ms: int) -> KeyRow:
    """A new key for the same tenant, scopes and label, that lasts as long as ``old`` was to last. The old one goes on
    for ``grace_ms``, but not beyond its own end; without grace it is revoked."""
    lifetime = None if old.expires_at is None else old.expires_at - old.created_at
    expires_at = None if lifetime is None else now + lifetime
    replacement = NewKey(digest=digest, scopes=old.scopes, label=old.label, created_at=now, expires_at=expires_at)
    new = insert(db, old.tenant, replacement)
    db.execute(REPLACE, (new.key_id, old.key_id))
    if grace_ms:
        db.execute(END, (now + grace_ms, old.key_id))
    else:
        revoke(db, old.key_id, now)
    return new


def _row(values: Sequence[Any]) -> KeyRow:
    key_id, tenant, label, digest, scopes, *rest = values
    return KeyRow(key_id, tenant, label, digest, tuple(scopes.split()), *rest)
