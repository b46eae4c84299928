"""Chunks follow structure, keep to their size, and lose nothing of the text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.rag.chunking.blocks import Kind, blocks
from tools.rag.chunking.chunks import Chunk, chunked, page_of
from tools.rag.chunking.clusters import joined
from tools.rag.chunking.sentences import sentence_starts
from tools.rag.chunking.weights import weight

FAMILY = "👨\u200d👩\u200d👧"
SCRAPS = [
    *("word ", "b. ", "C! ", "Dr. ", "\n", "\n\n", "\r\n", "\f", "\t", "   ", "\u2028"),
    *("# h\n", "## k\n", "===\n", "---\n", "<h2>x y</h2>", "<h1>", "```\n", "~~~\n", "- i\n", "1. z\n"),
    *("| a | b |\n", "Name: q; Z: r\n", "漢字", "漢\ufe00", "。", "、", "ก็", "e\u0301", "\u0301", "🇩🇪", FAMILY),
    *("x" * 90, "https://example.org/some/page?with=query&and=more "),
]
documents = st.one_of(st.text(), st.lists(st.sampled_from(SCRAPS), max_size=200).map("".join))
sizes = st.integers(2, 100)


def prose(count: int, name: str = "word") -> str:
    """So many sentences of ten words."""
    return " ".join(f"The {name} number {at} says what nobody else would say." for at in range(count))


def texts(text: str, **how: int) -> list[str]:
    return [text[chunk.start : chunk.stop] for chunk in chunked(text, **how)]


def sections(text: str, **how: int) -> list[tuple[str, ...]]:
    return [chunk.section for chunk in chunked(text, **how)]


def titles(text: str) -> list[tuple[int, str]]:
    return [(block.level, block.title) for block in blocks(text) if block.kind is Kind.HEADING]


@given(text=documents, words=sizes, overlap=st.integers(0, 60))
def test_chunks_read_one_after_the_other_give_the_text_back(text: str, words: int, overlap: int) -> None:
    found = chunked(text, words=words, overlap=overlap)
    if not text.strip():
        assert found == []
        return
    assert (found[0].start, found[-1].stop) == (0, len(text))
    assert all(before.start < after.start <= before.stop < after.stop for before, after in pairwise(found))
    ends = [0, *(chunk.stop for chunk in found)]
    assert "".join(text[before:after] for before, after in pairwise(ends)) == text


@given(text=documents, words=sizes, overlap=st.integers(0, 60))
def test_no_chunk_is_larger_than_asked_or_blank(text: str, words: int, overlap: int) -> None:
    for chunk in texts(text, words=words, overlap=overlap):
        assert chunk.strip()
        assert weight(chunk) <= 2 * words


@given(text=documents, words=sizes, overlap=st.integers(0, 60))
def test_what_chunks_share_is_at_most_the_overlap_and_holds_no_heading(text: str, words: int, overlap: int) -> None:
    headings = [block for block in blocks(text) if block.kind is Kind.HEADING]
    for before, after in pairwise(chunked(text, words=words, overlap=overlap)):
        assert weight(text[after.start : before.stop]) <= 2 * overlap
        shared = range(after.start, before.stop)
        assert not any(heading.start < shared.stop and shared.start < heading.stop for heading in headings if shared)


@given(text=documents, words=sizes)
def test_a_fence_that_fits_into_a_chunk_is_never_cut(text: str, words: int) -> None:
    cuts = {place for chunk in chunked(text, words=words) for place in (chunk.start, chunk.stop)}
    for block in blocks(text):
        if block.kind is Kind.FENCE and weight(text[block.start : block.stop]) <= 2 * words:
            assert not any(block.start < cut < block.stop for cut in cuts)


@given(text=documents)
def test_no_cut_parts_what_a_reader_sees_as_one_character(text: str) -> None:
    for chunk in chunked(text, words=50, overlap=7):
        assert not joined(text, chunk.start)
        assert not joined(text, chunk.stop)


@given(text=documents)
def test_headings_of_a_chunk_are_short_and_at_most_six(text: str) -> None:
    for section in sections(text, words=10, overlap=0):
        assert len(section) <= 6
        assert all(0 < len(title) <= 200 for title in section)


@pytest.mark.parametrize("blank", ["", " ", "\n\n", "\f\r\n\t\u3000"])
def test_a_blank_text_has_no_chunks(blank: str) -> None:
    assert chunked(blank) == []


def test_a_short_text_is_one_chunk_under_its_heading() -> None:
    text = "# Title\n\nHello there.\n"
    assert chunked(text) == [Chunk(0, len(text), ("Title",))]


def test_a_heading_begins_a_chunk_with_its_path() -> None:
    text = f"Before.\n\n# A\n\n{prose(30)}\n\n## B `b`\n\n{prose(30)}\n\n### C\n\n{prose(30)}\n\n## D\n\n{prose(30)}\n"
    assert sections(text) == [(), ("A",), ("A", "B b"), ("A", "B b", "C"), ("A", "D")]
    assert [chunk.split("\n")[0] for chunk in texts(text)] == ["Before.", "# A", "## B `b`", "### C", "## D"]


def test_scraps_under_one_parent_share_a_chunk_and_its_heading() -> None:
    text = f"# Words\n\n{prose(30)}\n\n## A\n\nOne.\n\n## B\n\nTwo.\n\n# Other\n\nThree.\n"
    assert sections(text) == [("Words",), ("Words",), ("Other",)]
    assert texts(text)[1] == "## A\n\nOne.\n\n## B\n\nTwo.\n\n"


def test_a_few_words_stay_with_the_section_they_announce() -> None:
    text = f"# Tools\n\nThe tools are:\n\n## First\n\n{prose(40)}\n"
    assert sections(text) == [("Tools",)]


def test_headings_in_a_row_stay_with_the_text_below() -> None:
    text = f"# A\n\n{prose(30)}\n\n## B\n\n### C\n\n{prose(30)}\n"
    assert sections(text) == [("A",), ("A", "B", "C")]


@pytest.mark.parametrize("rest", [prose(60), prose(60).replace(".", ""), "".join(f"- {prose(1)}\n" for _ in range(60))])
def test_a_heading_is_never_left_behind_by_its_text(rest: str) -> None:
    text = f"# A heading of some words that takes room\n\n{rest}"
    for words in range(20, 60):
        assert len(texts(text, words=words, overlap=5)[0].split()) > 9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One\n###### Six ##\n####### seven\n#tag\n", [(1, "One"), (6, "Six")]),
        ("    # code\n\t# code\n   # Three spaces\n", [(1, "Three spaces")]),
        ("One\n===\n\nTwo\nlines\n---\n\n---\n", [(1, "One"), (2, "Two lines")]),
        ("a\nb\nc\nd\n---\n- item\n---\n| t |\n---\n", []),
        ("<h1 class='x'>A <b>bold</b> &amp; <i>b</i></h1>text<H2>\n B\n</H2>\n", [(1, "A bold & b"), (2, "B")]),
        ("<h1>open <h2>Two</h2> <h3>x</h4> <header>no</header>", [(2, "Two")]),
        (
            "# **Bold** `code_of` [a link](https://example.org) _it_ \\* snake_case a < b\n",
            [(1, "Bold code_of a link it * snake_case a < b")],
        ),
        ("```\n# no\n<h1>no</h1>\n~~~\n```\n# yes\n", [(1, "yes")]),
        ("~~~~ info\n# no\n~~~\n# no\n~~~~~\n# yes\n", [(1, "yes")]),
        ("```\n# no, never closed\n", []),
        ("``` not a ` fence\n# yes\n", [(1, "yes")]),
        ("1. item\n\n       ```\n# no\n       ```\n", []),
        ("---\ntitle: x\n---\n# yes\n", [(1, "yes")]),
        ("```\n# no\n\f# yes\n", [(1, "yes")]),
        ("# a\r\n\r\nb\r\n=\r\n# c\rd\n", [(1, "a"), (1, "b"), (1, "c")]),
    ],
)
def test_headings_are_told_from_what_looks_like_one(text: str, expected: list[tuple[int, str]]) -> None:
    assert titles(text) == expected


def test_a_long_heading_is_shortened() -> None:
    assert titles("# " + "ab " * 5_000) == [(1, ("ab " * 67)[:200].rstrip())]


def test_a_long_section_is_cut_between_sentences_that_overlap() -> None:
    text = prose(200)
    parts = texts(text)
    assert all(part.startswith("The word number") and part.rstrip().endswith("say.") for part in parts)
    for before, after in pairwise(chunked(text)):
        assert len(text[after.start : before.stop].split()) == 50


def test_a_paragraph_s_end_is_preferred() -> None:
    text = "\n\n".join(prose(20) for _ in range(8))
    assert all(part.endswith("\n\n") for part in texts(text, overlap=0)[:-1])


def test_the_last_two_parts_are_of_like_length() -> None:
    counts = [len(part.split()) for part in texts(prose(52), overlap=0)]
    assert len(counts) == 2
    assert min(counts) > 200


def test_a_text_that_grows_keeps_all_chunks_but_the_last_two() -> None:
    text = prose(400)
    grown = chunked(f"{text} {prose(300, 'new')}")
    assert grown[: len(chunked(text)) - 2] == chunked(text)[:-2]


def test_a_table_is_cut_between_rows_and_repeats_whole_rows() -> None:
    rows = "".join(f"| {at} | a cell. With two sentences | b |\n" for at in range(300))
    for part in texts(f"| n | a | b |\n|---|---|---|\n{rows}", words=100, overlap=30):
        assert part.startswith("| ")
        assert part.endswith(" |\n")


def test_rows_of_a_spreadsheet_are_not_cut_at_their_full_stops() -> None:
    rows = "".join(f"Name: N. {at}; Note: paid. Thanks. Well done\n" for at in range(300))
    for part in texts(f"## Sheet\n\n{rows}", words=60, overlap=12)[1:]:
        assert part.startswith("Name: ")
        assert part.endswith("done\n")


def test_a_row_longer_than_what_is_shared_is_not_repeated() -> None:
    text = "".join(f"| {'cell ' * 60}|\n" for _ in range(9))
    assert all(before.stop == after.start for before, after in pairwise(chunked(text, words=130, overlap=20)))


def test_a_list_is_cut_between_items() -> None:
    text = "".join(f"- Item {at} is here. It has two sentences.\n" for at in range(200))
    assert all(part.startswith("- Item") for part in texts(text, words=80, overlap=10))


def test_a_fence_moves_to_the_next_chunk_whole() -> None:
    fence = "```python\n" + "call(it)  # again\n" * 100 + "```\n"
    assert fence in texts(f"# A\n\n{prose(25)}\n\n{fence}\n{prose(25)}\n")[1]


def test_a_long_fence_is_cut_between_lines() -> None:
    text = "```\n" + "".join(f"line {at} of a. Program that is long\n" for at in range(300)) + "```\n"
    assert all(
        part.startswith(("```\n", "line")) and part.endswith("\n") for part in texts(text, words=100, overlap=20)
    )


def test_lines_without_full_stops_are_cut_between_lines() -> None:
    text = "".join(f"INFO {at} something happened here\n" for at in range(500))
    assert all(part.startswith("INFO") and part.endswith("here\n") for part in texts(text))


def test_a_page_break_ends_a_paragraph() -> None:
    text = "\f".join(prose(20).replace(". ", " ") for _ in range(6))
    assert all(part.endswith("\f") for part in texts(text, words=300, overlap=0)[:-1])


def test_scripts_without_spaces_count_two_letters_as_a_word() -> None:
    text = "我们把每一份文件切成小块，再为每一块算出向量。" * 200
    parts = texts(text)
    assert {weight(letters) for letters in ("世界", "ไท", "한국", "ab")} == {2}
    assert all(400 < len(part) <= 1_000 and part.endswith("。") for part in parts)
    for before, after in pairwise(chunked(text)):
        assert 50 < before.stop - after.start <= 100


def test_text_without_any_sentence_is_cut_between_words() -> None:
    text = "wörter " * 3_000
    assert all(part.startswith("wörter ") and part.endswith(" ") for part in texts(text))
    assert all(after.start < before.stop for before, after in pairwise(chunked(text)))


def test_a_word_beyond_all_length_is_cut_at_twelve_characters_a_word() -> None:
    assert max(map(len, texts("x" * 100_000))) <= 6_000
    assert weight("https://example.org") == weight("a") == 2


@pytest.mark.parametrize("cluster", ["e\u0301\u0323", FAMILY, "🇩🇪", "👍🏽", "क्षि", "漢\U000e0100", "1\ufe0f\u20e3"])
def test_long_runs_are_cut_between_characters(cluster: str) -> None:
    text = cluster * 5_000
    assert len(chunked(text)) > 1
    for chunk in chunked(text):
        assert chunk.start % len(cluster) == chunk.stop % len(cluster) == 0


def test_a_line_ending_of_two_characters_is_never_split() -> None:
    text = "word\r\n" * 3_000
    assert not any(part.endswith("\r") or part.startswith("\n") for part in texts(text, words=50, overlap=5))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three? (Four.) Five", 5),
        ("Dr. Smith and J. R. Brown paid 3.50 e.g. in cash. Done", 2),
        ("Am 3. Mai kam er z.B. mit Hrn. Meier. Gut", 3),
        ("approx. five, etc. and so on... then more", 1),
        ("你好。再见！真的？好", 4),
        ("كيف حالك؟ بخير", 2),
        ("यह है। वह भी", 2),
        ("“Really?” he said. “Yes.” Then he left", 3),
    ],
)
def test_sentences_end_at_their_marks_and_not_at_abbreviations(text: str, count: int) -> None:
    assert len(list(sentence_starts(text, 0, len(text)))) + 1 == count


def test_a_chunk_needs_room_for_two_words() -> None:
    with pytest.raises(ValueError, match="two words"):
        chunked("text", words=1)


HOSTILE = [
    *"a. #>|[(<`~-\n=*_:)漢。\u0301\u200d\u094d\f",
    *(
        "🇩",
        "<h1>",
        "<h1>a</h1>",
        "<h1></h1",
        "``` \n",
        "```\n```\n",
        "a. ",
        "a ",
        " \u0301",
        ".)",
        "](",
        "&amp;",
        "\r\n",
    ),
    *("# a\n", "# a\nb\n", "#\n", "- a\n", "1. a\n", "| a | b |\n", "a | b\n", "a\n===\n", "a\f", "a: b\n", "A. "),
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_runs_are_cut_like_any_text(unit: str) -> None:
    """A document of one sign 200,000 times must not stop the queue: what is quadratic would not end here."""
    text = "a" + (unit * 200_000)[:200_000]
    found = chunked(text)
    assert (found[0].start, found[-1].stop) == (0, len(text))
    assert all(weight(text[chunk.start : chunk.stop]) <= 1_000 for chunk in found)


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (9, 1), (10, 2), (25, 4), (99, 4)])
def test_the_page_is_the_last_that_begins_before(offset: int, page: int) -> None:
    """The third page is empty: it begins where the fourth does."""
    assert page_of(offset, (0, 10, 25, 25)) == page


def test_a_text_without_pages_has_no_page() -> None:
    assert page_of(5, ()) is None
