"""`satchel search`: the passages an agent would find, for a person to read."""

import json
from pathlib import Path

import pytest

from server.cli.search_command import highlighted
from storage.analysis import query_words
from tests import documents as made
from tests.server.cli.conftest import Satchel


@pytest.fixture
def filled(satchel: Satchel, tmp_path: Path) -> Satchel:
    """A store of two documents: a hand-written one and a PDF of two pages."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "refunds.md").write_text(
        "# Refunds\n\nPaid amounts are refunded within a fortnight.\n\nstate: \x1b[31mred\u202e\n", "utf-8"
    )
    (folder / "animals.pdf").write_bytes(made.pdf(["Elephants are heavy.", "Giraffes are tall."]))
    satchel.ok("ingest", folder)
    return satchel


def bold(text: str, query: str) -> str:
    """The text with stars around what a terminal shows in bold."""
    shown = highlighted(text, frozenset(query_words(query)))
    return shown.replace("\x1b[1m", "*").replace("\x1b[0m", "*").replace("**", "")


def test_a_hit_shows_its_score_citation_source_and_words(filled: Satchel) -> None:
    shown = filled.ok("search", "when", "is", "it", "refunded?", "-k", "1").splitlines()
    rank, _, citation = shown[0].split(None, 2)
    assert (rank, citation.split(" [")[0]) == ("1", "Refunds")
    assert shown[1].endswith("refunds.md")
    assert shown[2:5] == ["   # Refunds", "", "   Paid amounts are refunded within a fortnight."]


def test_a_page_is_told(filled: Satchel) -> None:
    shown = filled.ok("search", "giraffes", "-k", "1")
    assert "animals, p. " in shown
    assert "animals.pdf, page " in shown


def test_found_text_is_printed_as_inert_text(filled: Satchel) -> None:
    shown = filled.ok("search", "red", "state", "-k", "1")
    assert "⟨U+202E⟩" in shown
    assert not any(char in shown for char in "\x1b\u202e")


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("Refunds are paid; refunding takes days.", "refund", "*Refunds* are paid; *refunding* takes days."),
        ("the cat and the hat", "what is the cat", "the *cat* and the hat"),
        ("Kündigungsfrist", "kundigungsfrist", "*Kündigungsfrist*"),
        ("call parseJson now", "json", "call *parseJson* now"),
        ("退款申请须在购买后", "购买", "退款申请须在*购买*后"),
        ("nothing here", "refund", "nothing here"),
    ],
)
def test_words_of_the_query_stand_out_whatever_their_form(text: str, query: str, shown: str) -> None:
    assert bold(text, query) == shown


def test_a_record_is_what_the_tool_gives(filled: Satchel) -> None:
    shown = filled.ok("search", "--json", "giraffes")
    found = json.loads(shown)
    assert shown.isascii()
    assert (found["results"][0]["document_id"], found["count"]) == ("docs/animals.pdf", len(found["results"]))


def test_filters_choose_among_documents(filled: Satchel) -> None:
    found = json.loads(filled.ok("search", "--json", "fortnight", "--filter", '{"format": "pdf"}'))
    assert {each["document_id"] for each in found["results"]} == {"docs/animals.pdf"}


def test_where_nothing_is_found_the_next_step_is_told(filled: Satchel) -> None:
    assert filled.ok("search", "x", "--filter", '{"format": "csv"}') == (
        "Nothing found. Try other words without --filter and --threshold.\n"
    )
    assert filled.ok("search", "giraffes", "--collection", "zoo") == (
        "Nothing found: the collection zoo holds no documents. There are: default (2)."
        " `satchel ingest PATH` adds some.\n"
    )
    assert "Nothing found" in filled.ok("search", "giraffes", "--tenant", "acme")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [" "],
        ["x" * 1_001],
        ["x", "-k", "21"],
        ["x", "--threshold", "2"],
        ["x", "--filter", "{"],
        ["x", "--filter", "3"],
        ["x", "--collection", "\t"],
    ],
)
def test_a_mistake_in_the_command_line_ends_with_2(filled: Satchel, arguments: list[str]) -> None:
    assert filled("search", *arguments).exit_code == 2


def test_a_filter_that_is_none_is_told_in_one_line(filled: Satchel) -> None:
    done = filled("search", "x", "--filter", '{"year": {"near": 3}}')
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "no operator 'near'" in done.stderr


def test_a_directory_without_a_store_is_told_and_not_made(satchel: Satchel) -> None:
    done = satchel("search", "x")
    assert done.exit_code == 1
    assert "nothing is kept here yet" in done.stderr
    assert not satchel.home.exists()
