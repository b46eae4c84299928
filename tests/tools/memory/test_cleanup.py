"""What clean-up does to a text, and which texts are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.memory.cleanup import clean, digest, speaker, without_html

TEXTS = st.text(st.one_of(st.sampled_from(list(" \t\n\r`~.,!ab\0\x07\x85\u3000")), st.characters(codec="utf-8")))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\0b\x01c\x7fd\x9fe", "a b c d e"), ("a\tb\nc", "a\tb\nc"), ("a\rb", "a b"), ("a\r\nb", "a\nb"),
        ("a   b \t c", "a b c"), ("a\n    b   c", "a\n    b c"), ("a\n\t\tb", "a\n\t\tb"), ("a\n\n\n\nb", "a\n\nb"),
        ("a\n\nb", "a\n\nb"), ("  a  ", "a"), ("\n\na\n\n", "a"), ("```\na   b\n```\nc   d", "```\na   b\n```\nc d"),
        ("~~~py\na   b\n```\nc   d\n~~~\ne   f", "~~~py\na   b\n```\nc   d\n~~~\ne f"),
        ("x\n```\na   b", "x\n```\na   b"),
        ("a\u00a0\u00a0b", "a\u00a0\u00a0b"), ("👨‍👩‍👧\u200d", "👨‍👩‍👧\u200d"), ("e\u0301 ﬁ Ⅷ", "e\u0301 ﬁ Ⅷ"),
    ],
)  # fmt: skip
def test_what_becomes_of_blanks_and_controls(given: str, kept: str) -> None:
    assert clean(given) == kept


@given(TEXTS)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(TEXTS)
def test_only_blanks_and_controls_change(text: str) -> None:
    def telling(value: str) -> str:
        return "".join(char for char in value if not char.isspace() and not (ord(char) < 32 or 127 <= ord(char) < 160))

    assert telling(clean(text)) == telling(text)


@pytest.mark.parametrize(
    "other", ["anna  lives in berlin", "ANNA LIVES\nIN BERLIN...", " Anna lives in Berlin !?;:,. "]
)
def test_case_blanks_and_trailing_punctuation_make_no_difference(other: str) -> None:
    assert digest(other) == digest("Anna lives in Berlin")


@pytest.mark.parametrize(
    "other", ["Anna lives in Bern", "Anna, lives in Berlin", "(Anna lives in Berlin)", "Ánna lives in Berlin"]
)
def test_anything_else_does(other: str) -> None:
    assert digest(other) != digest("Anna lives in Berlin")


@given(TEXTS, st.sampled_from(["", ".", "!?", "  ", "\n;"]))
def test_what_ends_a_sentence_makes_no_difference(text: str, ending: str) -> None:
    assert digest(text + ending) == digest(text)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "\nOne\nTwo"), ("a<br>b", "a\nb"), ("<script>evil()</script>ok", "ok"),
        ("<style>p{}</style>ok", "ok"), ("AT&amp;T <b>x</b>", "AT&T x"), ("a < b and c > d", "a < b and c > d"),
        ("1 <2", "1 <2"), ("<b>open", "open"), ("x <!-- note --> y", "x  y"),
    ],
)  # fmt: skip
def test_stripped_html_leaves_its_text(html: str, text: str) -> None:
    assert without_html(html, "strip") == text


@given(TEXTS)
def test_html_is_kept_by_default(text: str) -> None:
    assert without_html(text, "keep") == text


@pytest.mark.parametrize("html", ["<b>x</b>", "<!-- x -->", "<!DOCTYPE html>", "<br/>", "</p>"])
def test_html_is_refused_where_set(html: str) -> None:
    with pytest.raises(ValueError, match="HTML"):
        without_html(html, "reject")


@pytest.mark.parametrize(
    ("text", "metadata", "who"),
    [
        ("Anna: hello", {}, "Anna"), ("Dr. O'Neil-Smith: hello", {}, "Dr. O'Neil-Smith"), ("B: hello", {}, "B"),
        ("hello", {"speaker": "Anna"}, "Anna"), ("hello", {"author": "Bob"}, "Bob"),
        ("Anna: hi", {"speaker": "B"}, "B"),
        ("hello: there", {}, ""), ("Anna:hello", {}, ""), ("hello", {"speaker": 5}, ""),
        ("x", {"speaker": "y" * 81}, ""),
        ("", {}, ""),
    ],
)  # fmt: skip
def test_who_speaks(text: str, metadata: dict[str, object], who: str) -> None:
    assert speaker(text, metadata) == who
