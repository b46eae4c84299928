"""`satchel keys`: a key is shown once, and every change of one is in the audit trail."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.keys import looks_like_key
from tests.server.cli.conftest import Satchel

ADD = ("keys", "add", "--tenant", "acme", "--scopes", "write,read")


def listed(satchel: Satchel, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(satchel.ok("keys", "list", "--json", *arguments))
    return found


def added(satchel: Satchel, *arguments: str) -> str:
    """The id of a new key of acme's."""
    known = {each["key_id"] for each in listed(satchel)} if satchel.data.exists() else set()
    satchel.ok(*ADD, *arguments)
    (key_id,) = {each["key_id"] for each in listed(satchel)} - known
    return str(key_id)


def audited(satchel: Satchel) -> list[tuple[str, str, str, list[str]]]:
    rows = [json.loads(line) for line in satchel.ok("audit", "--json").splitlines()]
    return [(row["tenant"], row["key"], row["action"], row["ids"]) for row in rows]


def lasts(key: dict[str, Any]) -> timedelta:
    lasting: timedelta = datetime.fromisoformat(key["expires_at"]) - datetime.fromisoformat(key["created_at"])
    return lasting


def test_a_key_is_alone_on_stdout_and_the_rest_beside_it(satchel: Satchel) -> None:
    """On a data directory that is not there yet."""
    done = satchel(*ADD, "--label", "CI of the shop")
    (key,) = listed(satchel)
    assert done.exit_code == 0
    assert done.stdout.endswith("\n")
    assert looks_like_key(done.stdout[:-1])
    assert done.stderr == (
        f"{key['key_id']}: tenant acme, read, write, expires {key['expires_at']}\n"
        "Store the key now; it is not shown again.\n"
    )
    assert (key["tenant"], key["label"], key["scopes"], key["state"]) == (
        "acme", "CI of the shop", ["read", "write"], "active"
    )  # fmt: skip


def test_no_file_and_no_list_holds_the_key(satchel: Satchel) -> None:
    key = satchel.ok(*ADD).strip()
    shown = satchel.ok("keys", "list") + satchel.ok("keys", "list", "--json") + satchel.ok("audit", "--json")
    assert key not in shown
    assert "digest" not in shown
    files = [file for file in satchel.home.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if key.encode() in file.read_bytes()]


@pytest.mark.parametrize(
    ("arguments", "lasting"),
    [
        ((), timedelta(days=90)),
        (("--expires", "30m"), timedelta(minutes=30)),
        (("--expires", "12h"), timedelta(hours=12)),
        (("--expires", "7d"), timedelta(days=7)),
    ],
)
def test_a_key_lasts_as_long_as_is_said_and_ninety_days_else(
    satchel: Satchel, arguments: tuple[str, ...], lasting: timedelta
) -> None:
    satchel.ok(*ADD, *arguments)
    (key,) = listed(satchel)
    assert lasts(key) == lasting


def test_a_key_never_ends_only_where_that_is_said(satchel: Satchel) -> None:
    assert "expires never" in satchel(*ADD, "--expires", "never").stderr
    assert [key["expires_at"] for key in listed(satchel)] == [None]
    assert "never" in satchel.ok("keys", "list")


@pytest.mark.parametrize(
    "wrong",
    [
        ("--scopes", "read,owner"), ("--scopes", ""), ("--expires", "0d"), ("--expires", "90"), ("--expires", "-1d"),
        ("--expires", "999999d"), ("--expires", "٣d"), ("--tenant", "a/b"), ("--label", "two\nlines"),
        ("--label", "x" * 101),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_makes_nothing(satchel: Satchel, wrong: tuple[str, str]) -> None:
    done = satchel(*ADD, *wrong)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Error: Invalid value" in done.stderr
    assert not satchel.data.exists()


def test_a_key_without_scopes_is_not_made(satchel: Satchel) -> None:
    assert satchel("keys", "add", "--tenant", "acme").exit_code == 2


def test_a_list_is_a_line_a_key_of_one_tenant_or_all(satchel: Satchel) -> None:
    key_id = added(satchel, "--label", "[red]CI[/red]")
    satchel.ok("keys", "add", "--scopes", "admin")
    heading, line, _ = satchel.ok("keys", "list").splitlines()
    assert heading.split() == ["ID", "TENANT", "SCOPES", "CREATED", "EXPIRES", "STATE", "LABEL"]
    assert line.split()[:3] + line.split()[-2:] == [key_id, "acme", "read,write", "active", "[red]CI[/red]"]
    assert [key["tenant"] for key in listed(satchel, "--tenant", "local")] == ["local"]


def test_a_revoked_key_stays_revoked(satchel: Satchel) -> None:
    key_id = added(satchel)
    assert satchel.ok("keys", "revoke", key_id) == f"{key_id}: revoked\n"
    (first,) = listed(satchel)
    assert satchel.ok("keys", "revoke", key_id) == f"{key_id}: revoked\n"
    assert listed(satchel) == [first]
    assert first["state"] == "revoked"


def test_a_rotated_key_is_replaced_by_one_like_it(satchel: Satchel) -> None:
    old_id = added(satchel, "--expires", "7d", "--label", "CI")
    done = satchel("keys", "rotate", old_id)
    assert looks_like_key(done.stdout.strip())
    assert done.stderr.startswith(f"{old_id}: revoked\n")
    keys = {key["key_id"]: key for key in listed(satchel)}
    old = keys.pop(old_id)
    (new,) = keys.values()
    assert (old["state"], old["replaced_by"]) == ("revoked", new["key_id"])
    assert {new[name] == old[name] for name in ("tenant", "label", "scopes")} == {True}
    assert (lasts(new), new["state"], new["replaced_by"]) == (timedelta(days=7), "active", None)
    assert f"replaced by {new['key_id']}" in satchel.ok("keys", "list")


def test_with_grace_the_old_key_goes_on_for_a_while(satchel: Satchel) -> None:
    old_id = added(satchel)
    done = satchel("keys", "rotate", old_id, "--grace", "1h")
    keys = {key["key_id"]: key for key in listed(satchel)}
    old = keys.pop(old_id)
    (new,) = keys.values()
    assert done.stderr.startswith(f"{old_id}: goes on until {old['expires_at']}\n")
    assert (old["state"], old["revoked_at"]) == ("active", None)
    assert datetime.fromisoformat(old["expires_at"]) == datetime.fromisoformat(new["created_at"]) + timedelta(hours=1)
    assert f"active, replaced by {new['key_id']}" in satchel.ok("keys", "list")


def test_a_key_that_ended_is_not_brought_back(satchel: Satchel) -> None:
    old_id, other_id = added(satchel), added(satchel)
    satchel.ok("keys", "rotate", old_id, "--grace", "1h")
    satchel.ok("keys", "revoke", other_id)
    before = listed(satchel)
    heir = next(key["replaced_by"] for key in before if key["replaced_by"])
    again, revoked = satchel("keys", "rotate", old_id), satchel("keys", "rotate", other_id)
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == f"satchel: {old_id} was replaced by {heir}. Rotate that one.\n"
    assert revoked.stderr == f"satchel: {other_id} is revoked. `satchel keys add` makes a new one.\n"
    assert listed(satchel) == before


@pytest.mark.parametrize("verb", ["revoke", "rotate"])
def test_an_unknown_key_is_told_in_a_line_that_says_what_to_do(satchel: Satchel, verb: str) -> None:
    satchel.ok(*ADD)
    done = satchel("keys", verb, "k_none")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "satchel: No key 'k_none'. `satchel keys list` shows ids.\n"


@pytest.mark.parametrize("verb", ["revoke", "rotate"])
def test_a_key_given_for_its_id_is_not_repeated(satchel: Satchel, verb: str) -> None:
    key = satchel.ok(*ADD).strip()
    done = satchel("keys", verb, key)
    assert done.exit_code == 2
    assert key not in done.output
    assert "`satchel keys list` shows it" in done.stderr


def test_every_change_is_in_the_audit_trail(satchel: Satchel) -> None:
    old_id = added(satchel)
    satchel.ok("keys", "rotate", old_id, "--grace", "1h")
    new_id = next(key["replaced_by"] for key in listed(satchel) if key["replaced_by"])
    satchel.ok("keys", "revoke", old_id)
    satchel.ok("keys", "revoke", old_id)
    assert audited(satchel) == [
        ("acme", "cli", "keys.add", [old_id]),
        ("acme", "cli", "keys.rotate", [old_id, new_id]),
        ("acme", "cli", "keys.revoke", [old_id]),
    ]


def test_where_nothing_is_kept_only_adding_makes_a_store(satchel: Satchel, tmp_path: Path) -> None:
    for arguments in (("list",), ("revoke", "k_1"), ("rotate", "k_1")):
        done = satchel("keys", *arguments)
        assert (done.exit_code, satchel.data.exists()) == (1, False)
        assert "nothing is kept here yet" in done.stderr
