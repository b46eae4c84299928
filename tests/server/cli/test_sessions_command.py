"""`satchel sessions`: all of one session in a file, and all of it gone, with proof."""

import json
from functools import partial
from pathlib import Path

import pytest

from storage.database import FILE_NAME
from tests.server.cli.conftest import Satchel
from tests.server.cli.test_tenants_command import holding
from tests.storage.subjecting import dump, fill

PERSON, VISITOR = "acme-trading-person", "acme-trading-visitor"
OF_ACME = ("--tenant", "acme-trading")


@pytest.fixture
def filled(satchel: Satchel) -> Satchel:
    for tenant, word in {"acme-trading": "zanzibar", "globex": "quokka"}.items():
        satchel.in_store(partial(fill, tenant=tenant, word=word))
    return satchel


def test_sessions_are_listed_with_what_they_keep(filled: Satchel) -> None:
    found = json.loads(filled.ok("sessions", "list", "--json", *OF_ACME))
    assert [(each["session_id"], each["memories"], each["escalations"], each["queries"]) for each in found] == [
        (PERSON, 4, 1, 2), (VISITOR, 4, 1, 2),
    ]  # fmt: skip
    done = filled("sessions", "list", "--limit", "1", *OF_ACME)
    assert done.stdout.splitlines()[1].split() == [PERSON, "4", "1", "2", "2027-01-15", "08:00"]
    assert done.stderr == "1 sessions. --limit shows more.\n"
    assert json.loads(filled.ok("sessions", "list", "--json")) == []


def test_an_erased_session_is_in_no_file_and_the_others_stay(filled: Satchel, tmp_path: Path) -> None:
    other, visitor = filled.in_store(lambda db: dump(db, "globex")), session_of(filled, VISITOR)
    assert holding(filled.data, PERSON.encode()) == {FILE_NAME}
    proof = tmp_path / "proof.json"
    done = filled("sessions", "erase", PERSON, "--yes", "--proof", proof, "--search-for", PERSON, *OF_ACME)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "Nothing is left."), done.output
    assert "Documents and attachments belong to the tenant" in done.stderr
    assert holding(filled.data, PERSON.encode()) == set()
    assert filled.in_store(lambda db: dump(db, "globex")) == other
    assert session_of(filled, VISITOR) == visitor
    assert len(filled.in_store(lambda db: db.execute("SELECT 1 FROM documents").fetchall())) == 6
    written = json.loads(proof.read_text("utf-8"))
    assert written["erased"] == {"tenant": "acme-trading", "session_id": PERSON}
    assert written["is_clean"]


def session_of(satchel: Satchel, session: str) -> list[str]:
    """The export of a session, but for when it was made."""
    return satchel.ok("sessions", "export", session, "-", *OF_ACME).splitlines()[1:]


def test_an_export_holds_what_is_the_sessions(filled: Satchel) -> None:
    lines = [json.loads(line) for line in session_of(filled, PERSON)]
    assert {line["from"] for line in lines} == {
        "memories", "memory_changes", "escalations", "patterns", "last_runs", "charts", "audit",
    }  # fmt: skip
    assert VISITOR not in json.dumps(lines)


@pytest.mark.parametrize(
    "arguments", [["erase", "nobody", "--yes"], ["export", "nobody", "-"], ["erase", PERSON, "--yes"]]
)
def test_an_unknown_or_foreign_session_is_told_in_one_line(filled: Satchel, arguments: list[str]) -> None:
    done = filled("sessions", *arguments, "--tenant", "globex")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"satchel: No session '{arguments[1]}'. `satchel sessions list` shows their names, ")
    assert (done.stderr.count("\n"), "--tenant" in done.stderr) == (1, True)


def test_a_mistake_in_the_command_line_ends_with_2(filled: Satchel) -> None:
    assert filled("sessions", "erase", "a b", "--yes").exit_code == 2
    assert filled("sessions", "list", "--limit", "0").exit_code == 2
