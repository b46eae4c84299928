"""`satchel memories`: what an operator sees of memories, and how they are forgotten."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.server.cli.conftest import Satchel

HOSTILE = "[red]not markup[/red] :smile: \u202eevil\u202c \u009b31m"
"""Rich markup, an emoji code, a text that turns round, and a C1 control sequence, which cleaning makes a blank."""


@pytest.fixture
def filled(satchel: Satchel) -> Satchel:
    satchel.takes(
        {"content": "Prefers oat flat white", "memory_id": "m1", "content_type": "preference", "tags": ["drink"]},
        {"content": "Works at Acme", "memory_id": "m2", "session_id": "work", "importance": 0.9},
        {"content": "Works at Globex", "memory_id": "m0", "state": "superseded", "superseded_by": "m2"},
        {"content": "An old note", "memory_id": "m3", "state": "archived"},
        {"content": "A secret", "memory_id": "m4", "state": "deleted"},
        {"content": HOSTILE, "memory_id": "m5", "session_id": "work", "tags": ["drink", "x"]},
    )
    return satchel


def ids(satchel: Satchel, *arguments: str) -> list[str]:
    found: list[dict[str, Any]] = json.loads(satchel.ok("memories", "list", "--json", *arguments))
    return [memory["memory_id"] for memory in found]


def test_the_newest_come_first(filled: Satchel) -> None:
    assert ids(filled) == ["m5", "m2", "m1"]
    assert ids(filled, "--limit", "1") == ["m5"]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--session", "work"], ["m5", "m2"]),
        (["--type", "preference"], ["m1"]),
        (["--tag", "drink"], ["m5", "m1"]),
        (["--tag", "drink", "--tag", "x"], ["m5"]),
        (["--state", "archived"], ["m3"]),
        (["--state", "deleted"], ["m4"]),
        (["--state", "superseded"], ["m0"]),
        (["--state", "all"], ["m5", "m4", "m3", "m0", "m2", "m1"]),
        (["--tenant", "acme"], []),
        (["--session", "' OR 1=1 --"], []),
        (["--tag", "%"], []),
    ],
)
def test_a_list_holds_what_was_asked_for(filled: Satchel, arguments: list[str], found: list[str]) -> None:
    assert ids(filled, *arguments) == found


def test_a_list_says_how_many_more_there_are(filled: Satchel) -> None:
    done = filled("memories", "list", "--limit", "2")
    assert done.stderr == "2 of 3. --limit shows more.\n"
    assert "Prefers oat" not in done.stdout


@pytest.mark.parametrize("arguments", [["list", "--session", "work"], ["show", "m5"], ["search", "markup"]])
def test_stored_text_is_printed_as_inert_text(filled: Satchel, arguments: list[str]) -> None:
    shown = filled.ok("memories", *arguments)
    assert "[red]not markup[/red] :smile: ⟨U+202E⟩evil⟨U+202C⟩" in shown
    assert not any(char in shown for char in "\x1b\x9b\u202e")


def test_json_is_ascii(filled: Satchel) -> None:
    for arguments in (["list"], ["show", "m5"], ["search", "markup"]):
        assert filled.ok("memories", *arguments, "--json").isascii()


def test_lines_of_a_text_cannot_look_like_ours(satchel: Satchel) -> None:
    satchel.takes({"content": "one\nstate: deleted", "memory_id": "m1"})
    shown = satchel.ok("memories", "show", "m1")
    assert "\n  state: deleted\n" in shown
    assert [line for line in shown.splitlines() if line.startswith("state:")] == ["state: active"]


def test_a_search_finds_by_meaning_over_every_session(filled: Satchel) -> None:
    found = json.loads(filled.ok("memories", "search", "what does she like to drink?", "--json"))
    assert found["memories"][0]["memory_id"] == "m1"
    found = json.loads(filled.ok("memories", "search", "flat white works", "--session", "work", "--json"))
    assert {memory["session_id"] for memory in found["memories"]} == {"work"}


def test_looking_does_not_count_as_use(filled: Satchel) -> None:
    before = filled.exported()
    for arguments in (["search", "flat white"], ["show", "m1"], ["list"]):
        filled.ok("memories", *arguments)
    assert filled.exported() == before


def test_words_alone_find_where_embedding_is_off(filled: Satchel) -> None:
    done = filled("memories", "search", "flat white", SATCHEL_EMBEDDING_MODEL="none")
    assert "Prefers oat flat white" in done.stdout
    assert "keyword" in done.stderr


def test_a_memory_is_shown_with_what_it_replaced(filled: Satchel) -> None:
    assert "replaced: m0  Works at Globex" in filled.ok("memories", "show", "m2")
    shown = json.loads(filled.ok("memories", "show", "m2", "--json"))
    assert (shown["content"], [each["memory_id"] for each in shown["replaced"]]) == ("Works at Acme", ["m0"])


@pytest.mark.parametrize("arguments", [["show", "m9"], ["show", "m1", "--tenant", "acme"], ["forget", "m9"]])
def test_an_unknown_memory_is_told_in_one_line(filled: Satchel, arguments: list[str]) -> None:
    done = filled("memories", *arguments)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "satchel memories list" in done.stderr


def test_forgetting_takes_out_what_was_named(filled: Satchel) -> None:
    assert filled.ok("memories", "forget", "m1", "m2") == "Forgot: 2.\n"
    assert ids(filled) == ["m5"]
    assert ids(filled, "--state", "deleted") == ["m4", "m2", "m1"]


def test_what_is_not_there_is_named_and_the_rest_forgotten(filled: Satchel) -> None:
    done = filled("memories", "forget", "m1", "nope\x1b")
    assert (done.exit_code, done.stdout) == (1, "Forgot: 1.\n")
    assert "Not found: nope⟨U+001B⟩." in done.stderr


def test_more_ids_than_a_call_takes_are_no_matter(satchel: Satchel) -> None:
    many = [f"m{number}" for number in range(250)]
    satchel.takes(*({"content": f"note {name}", "memory_id": name} for name in many))
    assert satchel.ok("memories", "forget", *many, "m1") == "Forgot: 250.\n"


def test_forgetting_by_filter_stays_in_its_session(filled: Satchel) -> None:
    assert filled.ok("memories", "forget", "--session", "work", "--tag", "drink") == "Forgot: 1.\n"
    assert filled.ok("memories", "forget", "--session", "work", "--older-than", "0") == "Forgot: 1.\n"
    assert ids(filled) == ["m1"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["forget"],
        ["forget", "--session", "work"],
        ["forget", "--tag", "drink"],
        ["forget", "m1", "--tag", "drink"],
        ["forget", "x" * 65],
        ["forget", "--session", "a b", "--older-than", "0"],
        ["search", "x", "--session", "a b"],
        ["search", "x" * 10_001],
        ["list", "--type", "wish"],
        ["list", "--limit", "0"],
        ["list", "--tenant", "a b"],
        ["list", "surplus"],
        ["show"],
    ],
)
def test_a_mistake_in_the_command_line_ends_with_2(filled: Satchel, arguments: list[str]) -> None:
    before = filled.exported()
    assert filled("memories", *arguments).exit_code == 2
    assert filled.exported() == before


def test_a_purge_asks_first(filled: Satchel) -> None:
    assert filled("memories", "forget", "m1", "--purge").exit_code == 1  # nobody there to ask
    assert filled("memories", "forget", "m1", "--purge", given="n\n").exit_code == 1
    assert ids(filled) == ["m5", "m2", "m1"]
    done = filled("memories", "forget", "m1", "--purge", given="y\n")
    assert (done.exit_code, done.stdout) == (0, "Erased for good: 1.\n")
    assert "Erase 1 memories from every file of" in done.stderr


def test_a_purge_leaves_nothing_in_any_file(satchel: Satchel, tmp_path: Path) -> None:
    """Neither of the memory nor of what it replaced; a copy that a restore kept goes as well."""
    satchel.takes(
        {"content": "Zanzibar is the password", "memory_id": "m1", "entities": [{"name": "Zanzibar"}]},
        {"content": "It was Zanzibar before", "memory_id": "m0", "state": "superseded", "superseded_by": "m1"},
        {"content": "Something else", "memory_id": "m2"},
    )
    satchel.ok("backup", tmp_path / "copy.sqlite")
    satchel.ok("restore", tmp_path / "copy.sqlite")
    satchel.ok("maintain")
    assert files_with(satchel.data, b"zanzibar")
    satchel.ok("memories", "forget", "m1", "--purge", "--yes")
    assert files_with(satchel.data, b"zanzibar") == []
    assert ids(satchel, "--state", "all") == ["m2"]


def files_with(folder: Path, word: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and word in path.read_bytes().lower()]


@pytest.mark.parametrize(
    "arguments",
    [
        ["memories", "list"],
        ["memories", "search", "x"],
        ["memories", "show", "x"],
        ["memories", "forget", "x"],
        ["export", "-"],
        ["backup", "x"],
        ["maintain"],
    ],
)
def test_a_directory_without_a_store_is_told_and_not_made(satchel: Satchel, arguments: list[str]) -> None:
    done = satchel(*arguments)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert f"{satchel.data}: nothing is kept here yet" in done.stderr
    assert not satchel.home.exists()


def test_a_wrong_setting_is_told_in_one_line(satchel: Satchel) -> None:
    done = satchel("memories", "list", SATCHEL_MEMORY_SESSION_CAP="many")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "SATCHEL_MEMORY_SESSION_CAP" in done.stderr


def test_the_data_directory_can_be_named(filled: Satchel, tmp_path: Path) -> None:
    done = filled("memories", "list", "--data-dir", filled.data, SATCHEL_HOME=str(tmp_path / "elsewhere"))
    assert "Prefers oat flat white" in done.stdout
    done = filled("memories", "list", "--home", filled.home, SATCHEL_HOME=str(tmp_path / "elsewhere"))
    assert "Prefers oat flat white" in done.stdout
