"""A data subject goes from every table, whichever there are; the others stay to the byte."""

import json
import sqlite3
from pathlib import Path

import pytest

from storage import maintenance
from storage.database import transaction
from storage.subjects import erasing
from storage.subjects import export as subject_export
from storage.subjects.listing import sessions, tenants
from storage.subjects.proof import Needles, Searched, forms_of, ids_of, name_tells, search
from storage.subjects.tables import NOBODYS, Subject, counts, tables_of, tables_without_rule
from storage.working_sets.chunks import chunk_contents
from storage.working_sets.held import WorkingSets
from storage.working_sets.memories import memory_contents
from tests.storage import documenting
from tests.storage.keeping import NOW, keep
from tests.storage.subjecting import LETTERS, dump, fill

ACME, GLOBEX = Subject("acme-trading"), Subject("globex")
PERSON = Subject("acme-trading", "acme-trading-person")


@pytest.fixture
def filled(connection: sqlite3.Connection) -> sqlite3.Connection:
    with transaction(connection):
        fill(connection, "acme-trading", "zanzibar")
        fill(connection, "globex", "quokka")
    return connection


def erase(db: sqlite3.Connection, subject: Subject, most: int = 10_000) -> None:
    """Everything but the files, in at most so many transactions."""
    steps = iter([erasing.begin, *[erasing.erase_some] * most])
    with transaction(db):
        next(steps)(db, subject)
    for step in steps:
        with transaction(db):
            if not step(db, subject):
                break
    with transaction(db):
        erasing.owe(db, subject)


def test_every_table_is_somebodys_or_names_nobody(connection: sqlite3.Connection) -> None:
    """A table that a later migration adds needs a tenant, or rows that point to such a table, or a place in NOBODYS."""
    assert tables_without_rule(connection) == set()
    assert {held.table for held in tables_of(connection, ACME)} & NOBODYS == set()


def test_a_table_without_a_tenant_is_noticed(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE later (text TEXT)")
    connection.execute("CREATE TABLE owned (row_id REFERENCES memories (row_id) ON DELETE CASCADE, text TEXT)")
    assert tables_without_rule(connection) == {"later"}


def test_every_table_is_exported_or_made_from_what_is(connection: sqlite3.Connection) -> None:
    known = {held.table for held in tables_of(connection, ACME)}
    assert known == subject_export.TABLES | subject_export.DERIVED


def test_a_tenant_goes_and_the_other_stays_to_the_byte(filled: sqlite3.Connection) -> None:
    other, before = dump(filled, "globex"), counts(filled, ACME)
    assert [table for table, held in before.items() if not held and table != "purged"] == []
    erase(filled, ACME)
    assert set(counts(filled, ACME).values()) == {0}
    assert dump(filled, "globex") == other
    texts = " ".join(filled.iterdump())
    assert "zanzibar" not in texts
    assert "acme" not in texts
    assert filled.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_session_goes_with_all_that_names_it(filled: sqlite3.Connection) -> None:
    visitor = Subject("acme-trading", "acme-trading-visitor")
    documents = filled.execute("SELECT * FROM documents").fetchall()
    others, ids = counts(filled, visitor), [each.decode() for each in ids_of(filled, PERSON)]
    assert [table for table, held in counts(filled, PERSON).items() if not held] == []
    erase(filled, PERSON)
    assert set(counts(filled, PERSON).values()) == {0}
    assert counts(filled, visitor) == others
    assert filled.execute("SELECT * FROM documents").fetchall() == documents
    texts = " ".join(filled.iterdump())
    assert [each for each in ["acme-trading-person", *ids] if each in texts] == []
    assert ids


def test_that_calls_happened_stays_without_what_they_were_about(filled: sqlite3.Connection) -> None:
    audit = "SELECT action, session_id, ids FROM audit WHERE tenant = 'acme-trading' ORDER BY audit_row"
    before = filled.execute(audit).fetchall()
    erase(filled, PERSON)
    after = filled.execute(audit).fetchall()
    assert after[:2] == [("memory_store", "", "[]"), ("memory_update", "", '["another"]')]
    assert after[2:] == before[2:]


@pytest.mark.parametrize("subject", [ACME, PERSON])
@pytest.mark.parametrize("steps", [0, 1, 3])
def test_an_erasure_that_ended_early_goes_on_where_it_was(
    filled: sqlite3.Connection, subject: Subject, steps: int
) -> None:
    other = dump(filled, "globex")
    with transaction(filled):
        erasing.begin(filled, subject)
    for _ in range(steps):
        with transaction(filled):
            erasing.erase_some(filled, subject)
    assert erasing.is_begun(filled, subject)
    erase(filled, subject)
    assert set(counts(filled, subject).values()) == {0}
    assert dump(filled, "globex") == other


def test_large_tables_go_in_small_transactions(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.subjects.erasing.MEMORIES_AT_ONCE", 3)
    monkeypatch.setattr("storage.subjects.erasing.DOCUMENTS_AT_ONCE", 1)
    monkeypatch.setattr("storage.subjects.erasing.ROWS_AT_ONCE", 2)
    with transaction(connection):
        fill(connection, "acme-trading", "zanzibar")
    gone = []
    while erasing.erase_some(connection, ACME):
        held = counts(connection, ACME)
        gone.append(held["memories"] + held["documents"] + held["audit"])
    assert len(gone) > 15
    assert gone == sorted(gone, reverse=True)
    erasing.owe(connection, ACME)
    assert set(counts(connection, ACME).values()) == {0}


def test_working_sets_follow_an_erasure_and_a_tenant_of_the_same_name(filled: sqlite3.Connection) -> None:
    """What a running server holds in memory: rows that are gone take no place in an answer."""
    memories, chunks = WorkingSets(memory_contents()), WorkingSets(chunk_contents())

    def held() -> list[int]:
        found = [memories.best(filled, "acme-trading", None, [LETTERS]), chunks.best(filled, "acme-trading", "default", [LETTERS])]  # fmt: skip  # noqa: E501
        vector, asked = LETTERS.embed_query("zanzibar"), {"zanzibar": 1.0}
        return [
            len(each[0].search(asked, vector, now=NOW, include_archived=True, allowed=None, limit=99))
            for each in found
            if each
        ]

    assert held() == [4, 6]
    erase(filled, ACME)
    assert held() == [0, 0]
    with transaction(filled):
        documenting.put(filled, "new", "zanzibar", tenant="acme-trading", embedder=LETTERS)
        keep(filled, "zanzibar", tenant="acme-trading", embedder=LETTERS)
    assert held() == [1, 1]


def test_working_sets_that_slept_through_an_erasure_follow_too(filled: sqlite3.Connection) -> None:
    chunks = WorkingSets(chunk_contents())
    assert chunks.best(filled, "acme-trading", "default", [LETTERS])
    erase(filled, ACME)
    with transaction(filled):
        documenting.put(filled, "new", "zanzibar", tenant="acme-trading", embedder=LETTERS)
    found = chunks.best(filled, "acme-trading", "default", [LETTERS])
    assert found
    vector = LETTERS.embed_query("zanzibar")
    hits = found[0].search({"zanzibar": 1.0}, vector, now=NOW, include_archived=True, allowed=None, limit=99)
    assert len(hits) == 1


def test_vector_tables_are_to_be_written_anew_also_where_rows_had_left_before(filled: sqlite3.Connection) -> None:
    with transaction(filled):
        filled.execute("DELETE FROM chunk_queue")
        filled.execute("DELETE FROM index_queue")
    erase(filled, ACME)
    for queue, models in (("index_queue", 1), ("chunk_queue", 2)):
        found = filled.execute(f"SELECT count(*) FROM {queue} WHERE row_id = ?", (erasing.NO_ROW,)).fetchone()
        assert found == (models,)
    tasks = {row[0] for row in filled.execute("SELECT task FROM maintenance")}
    assert {maintenance.MEMORIES_ERASURE_OWED, maintenance.CHUNKS_ERASURE_OWED} <= tasks
    assert not any("acme" in task for task in tasks)


def test_ids_that_another_tenant_holds_prove_nothing(filled: sqlite3.Connection) -> None:
    """Such as after an export of one tenant was imported for another."""
    (shared,) = filled.execute("SELECT memory_id FROM memories WHERE tenant = 'acme-trading' LIMIT 1").fetchone()
    keep(filled, "a copy", tenant="globex", memory_id=shared)
    keep(filled, "a word", tenant="acme-trading", memory_id="department")
    ids = ids_of(filled, ACME)
    assert len(ids) > 10
    assert not {shared.encode(), b"department"} & ids


@pytest.mark.parametrize(
    ("subject", "tells"),
    [
        (Subject("acme-trading"), True),
        (Subject("globex"), False),  # short
        (Subject("acme-trading", "acme-trading-per"), False),  # part of another name
        (Subject("acme-trading", "ACME-TRADING-PERSON"), False),
        (Subject("acme-trading", "somebody-else"), True),
    ],
)
def test_a_name_is_searched_for_where_it_can_be_nothing_else(
    filled: sqlite3.Connection, subject: Subject, tells: bool
) -> None:
    if subject == ACME:
        erase(filled, ACME)
    assert name_tells(filled, subject) is tells


def found(folder: Path, needles: Needles) -> Searched:
    return search(folder, needles, lambda done: None)


def test_a_search_finds_what_lies_across_two_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.subjects.proof.WINDOW", 64)
    needles = Needles(frozenset({b"sql_abcde23456", b"k_ghjkm78923"}), {"word 1": forms_of("Zanzibar")})
    for offset in range(130):
        for number, hidden in enumerate((b"sql_abcde23456", b"k_ghjkm78923", b"ZANZIBAR")):
            file = tmp_path / "file"
            file.write_bytes(b"x" * offset + hidden + b"y" * 90)
            assert found(tmp_path, needles).found == [("file", "word 1" if number == 2 else "an id")], offset
            file.write_bytes(b"x" * offset + hidden[:-1] + b"y" * 90)
            assert found(tmp_path, needles).found == [], offset


def test_a_search_reads_every_file_of_every_folder(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(b"stemmed: zanzibari")
    (tmp_path / "a" / "empty").touch()
    searched = found(tmp_path, Needles(forms={"word 1": forms_of("zanzibaris")}))
    assert (searched.files, searched.bytes, searched.found) == (2, 18, [("a/b/c", "word 1")])


def exported(db: sqlite3.Connection, subject: Subject) -> dict[str, list[dict[str, object]]]:
    return {part.kind: list(part.records()) for part in subject_export.parts(db, subject)}


def test_an_export_holds_every_kind_and_nothing_of_others(filled: sqlite3.Connection) -> None:
    held = exported(filled, ACME)
    assert {kind: len(records) for kind, records in held.items()} == {
        "memories": 8, "memory_changes": 2, "documents": 3, "attachments": 1, "escalations": 2, "patterns": 4,
        "last_runs": 2, "charts": 2, "rules": 1, "keys": 1, "audit": 5,
    }  # fmt: skip
    assert [part.count for part in subject_export.parts(filled, ACME)] == [len(records) for records in held.values()]
    assert {str(memory["state"]) for memory in held["memories"]} == {"active", "superseded", "deleted"}
    assert str(held["documents"][0]["text"]).startswith("zanzibar page 0. More of")
    assert len(held["escalations"][0]["history"]) == 2  # type: ignore[arg-type]
    assert len(held["escalations"][0]["deliveries"]) == 2  # type: ignore[arg-type]
    assert "digest" not in held["keys"][0]
    text = json.dumps(held)
    assert "globex" not in text
    assert "quokka" not in text


def test_an_export_of_a_session_holds_its_own(filled: sqlite3.Connection) -> None:
    held = exported(filled, PERSON)
    assert {kind: len(records) for kind, records in held.items()} == {
        "memories": 4, "memory_changes": 1, "escalations": 1, "patterns": 2, "last_runs": 1, "charts": 1, "audit": 1,
    }  # fmt: skip
    assert "visitor" not in json.dumps(held)


def test_tenants_and_sessions_are_listed(filled: sqlite3.Connection) -> None:
    erase(filled, Subject("globex", "globex-person"))
    assert [(row.tenant, row.memories, row.chunks, row.keys) for row in tenants(filled)] == [
        ("acme-trading", 8, 6, 1), ("globex", 4, 6, 1),
    ]  # fmt: skip
    assert [(row.session_id, row.memories, row.escalations, row.queries) for row in sessions(filled, "globex", 9)] == [
        ("globex-visitor", 4, 1, 2)
    ]
    erase(filled, ACME)
    assert [row.tenant for row in tenants(filled)] == ["globex"]
