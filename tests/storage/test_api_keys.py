"""API keys as kept: found by their digest alone, ended and replaced without losing the record."""

import sqlite3
from hashlib import sha256

import pytest

from storage import api_keys
from storage.api_keys import KeyRow, NewKey
from storage.errors import NotFound

NOW = 1_790_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR
DIGEST = sha256(b"one").digest()
OTHER = sha256(b"other").digest()


def added(
    db: sqlite3.Connection, tenant: str = "acme", digest: bytes = DIGEST, expires_at: int | None = NOW + 90 * DAY
) -> KeyRow:
    new = NewKey(digest=digest, scopes=("read", "write"), label="CI", created_at=NOW, expires_at=expires_at)
    return api_keys.insert(db, tenant, new)


def test_what_is_kept_comes_back(connection: sqlite3.Connection) -> None:
    row = added(connection)
    assert row == KeyRow(
        row.key_id, "acme", "CI", DIGEST, ("read", "write"), NOW, NOW + 90 * DAY, revoked_at=None, replaced_by=None
    )
    assert api_keys.fetch(connection, row.key_id) == row


def test_an_id_is_short_and_no_digest_is_shown(connection: sqlite3.Connection) -> None:
    row = added(connection)
    assert row.key_id.startswith("k_")
    assert len(row.key_id) == 12
    assert row.key_id[2:].isalnum()
    assert "digest" not in repr(row)


def test_a_key_is_found_by_its_digest_alone(connection: sqlite3.Connection) -> None:
    row = added(connection)
    added(connection, "other", OTHER)
    assert api_keys.find(connection, DIGEST) == row
    assert api_keys.find(connection, sha256(b"unknown").digest()) is None


def test_two_keys_never_share_a_digest(connection: sqlite3.Connection) -> None:
    added(connection)
    with pytest.raises(sqlite3.IntegrityError):
        added(connection, "other")


def test_a_list_holds_one_tenants_keys_or_all(connection: sqlite3.Connection) -> None:
    foreign = added(connection, "zeta")
    mine = added(connection, "acme", OTHER)
    assert api_keys.listed(connection, "acme") == [mine]
    assert api_keys.listed(connection, None) == [mine, foreign]
    assert api_keys.listed(connection, "nobody") == []


def test_a_key_is_revoked_once(connection: sqlite3.Connection) -> None:
    """The time of the first revocation is what an investigation asks for."""
    row, other = added(connection), added(connection, "other", OTHER)
    assert api_keys.revoke(connection, row.key_id, NOW + 1)
    assert not api_keys.revoke(connection, row.key_id, NOW + 2)
    assert api_keys.fetch(connection, row.key_id).revoked_at == NOW + 1
    assert api_keys.fetch(connection, other.key_id) == other


def test_an_unknown_key_is_not_found(connection: sqlite3.Connection) -> None:
    with pytest.raises(NotFound, match="no key 'k_none'"):
        api_keys.revoke(connection, "k_none", NOW)


def test_a_rotated_key_has_an_heir_of_the_same_rights_and_length(connection: sqlite3.Connection) -> None:
    old = added(connection)
    new = api_keys.rotate(connection, old, OTHER, NOW + 10 * DAY, 0)
    assert new == KeyRow(
        new.key_id, "acme", "CI", OTHER, ("read", "write"), NOW + 10 * DAY, NOW + 100 * DAY, None, None
    )
    ended = api_keys.fetch(connection, old.key_id)
    assert (ended.revoked_at, ended.replaced_by) == (NOW + 10 * DAY, new.key_id)


@pytest.mark.parametrize(
    ("expires_at", "ends"),
    [(NOW + 90 * DAY, NOW + HOUR), (NOW + HOUR // 2, NOW + HOUR // 2), (None, NOW + HOUR)],
)
def test_with_grace_the_old_key_goes_on_but_never_longer_than_it_would(
    connection: sqlite3.Connection, expires_at: int | None, ends: int
) -> None:
    old = added(connection, expires_at=expires_at)
    new = api_keys.rotate(connection, old, OTHER, NOW, HOUR)
    after = api_keys.fetch(connection, old.key_id)
    assert (after.expires_at, after.revoked_at) == (ends, None)
    assert new.expires_at == expires_at
