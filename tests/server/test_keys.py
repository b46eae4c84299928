"""API keys at the gate: looked at anew for every request, told apart from other tokens, never repeated."""

import logging
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from server.identity import Principal
from server.keys import Keys, Known, digest_of, looks_like_key, new_key
from storage import api_keys
from storage.database import Database

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_790_000_000_000
pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Kept:
    """A key as a store has it."""

    digest: bytes
    key_id: str = "k_1"
    tenant: str = "acme"
    scopes: tuple[str, ...] = ("read", "write")
    expires_at: int | None = None
    revoked_at: int | None = None


def keys(*kept: Kept, now: int = NOW) -> Keys:
    async def find(digest: bytes) -> Known | None:
        return next((each for each in kept if each.digest == digest), None)

    return Keys(find, lambda: now)


async def test_a_key_says_who_speaks() -> None:
    text, digest = new_key()
    principal = await keys(Kept(digest), Kept(new_key()[1], tenant="other")).verify(text)
    assert principal == Principal("acme", "k_1", frozenset({"read", "write"}))


def test_a_key_is_256_random_bits_that_are_not_kept() -> None:
    made = {new_key() for _ in range(100)}
    assert len({digest for _, digest in made}) == 100
    for text, digest in made:
        assert re.fullmatch(r"satchel_[A-Za-z0-9_-]{43}", text)
        assert looks_like_key(text)
        assert (digest, len(digest)) == (digest_of(text), 32)


@pytest.mark.parametrize(
    "text",
    ["", "satchel_", "satchel_" + "x" * 42, "satchel_" + "x" * 44, "satchel_" + "x" * 43 + "\n", "eyJhbGciOi.e30.c2ln",
     "SATCHEL_" + "x" * 43, "satchel_" + "é" * 43, "satchel_" + "\ud800" * 43],
)  # fmt: skip
async def test_what_is_no_key_is_not_even_looked_up(text: str) -> None:
    async def find(digest: bytes) -> Known | None:
        pytest.fail("looked up")

    assert not looks_like_key(text)
    assert await Keys(find, lambda: NOW).verify(text) is None


async def test_an_unknown_key_is_nobodys() -> None:
    assert await keys(Kept(new_key()[1])).verify(new_key()[0]) is None


async def test_a_store_that_finds_the_wrong_row_gives_no_rights() -> None:
    async def find(digest: bytes) -> Known | None:
        return Kept(new_key()[1])

    assert await Keys(find, lambda: NOW).verify(new_key()[0]) is None


@pytest.mark.parametrize(
    ("changes", "is_accepted"),
    [
        ({"expires_at": NOW + 1}, True),
        ({"expires_at": NOW}, False),
        ({"revoked_at": NOW + 1}, False),  # revoked is revoked, whatever the clocks say
        ({"revoked_at": NOW - 1, "expires_at": NOW + 1}, False),
        ({"scopes": ()}, False),
        ({"scopes": ("owner",)}, False),
        ({"scopes": ("owner", "read")}, True),
    ],
)
async def test_only_a_key_in_force_is_accepted(
    changes: dict[str, object], is_accepted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "satchel.keys")
    text, digest = new_key()
    kept = replace(Kept(digest), **changes)  # type: ignore[arg-type]
    assert (await keys(kept).verify(text) is not None) is is_accepted
    assert [vars(record)["key"] for record in caplog.records] == ([] if is_accepted else ["k_1"])
    assert all(text not in str(vars(record)) for record in caplog.records)


async def test_a_key_revoked_by_another_process_is_refused_by_the_next_request(tmp_path: Path) -> None:
    def command(*arguments: str) -> str:
        words = [sys.executable, "-m", "server", "keys", *arguments, "--data-dir", str(tmp_path)]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    db = await Database.open(tmp_path)

    async def find(digest: bytes) -> Known | None:
        return await db.read(lambda c: api_keys.find(c, digest))

    verifier = Keys(find, lambda: NOW)
    try:
        text = command("add", "--tenant", "acme", "--scopes", "read", "--expires", "never")
        principal = await verifier.verify(text)
        assert principal
        assert (principal.tenant, principal.scopes) == ("acme", frozenset({"read"}))
        command("revoke", principal.key)
        assert await verifier.verify(text) is None
    finally:
        await db.close()
