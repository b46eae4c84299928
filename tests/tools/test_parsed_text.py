"""Bytes of any encoding become text that can be kept, and no more of it than can be handled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents import CHINESE, GERMAN
from tools.attachments.parsers import charset
from tools.attachments.parsers.content import Writer, clean


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (GERMAN.encode(), "utf-8"),
        (GERMAN.encode("utf-8-sig"), "utf-8"),
        (GERMAN.encode("utf-16"), "utf-16"),
        (GERMAN.encode("utf-32"), "utf-32"),
        (GERMAN.encode("cp1252"), "cp1252"),
        (CHINESE.encode("gb2312"), "gb2312"),
    ],
)
def test_texts_of_many_encodings_are_read(data: bytes, encoding: str) -> None:
    text, found = charset.decode(data)
    assert text in {GERMAN, CHINESE}
    assert found == encoding


def test_a_declared_encoding_is_taken_only_if_it_is_one_of_text() -> None:
    assert charset.decode(b"\xfc", "iso-8859-2") == ("ü", "iso-8859-2")
    assert charset.decode(b"\xfc", "idna") == ("ü", "cp1252")


@given(st.text(st.characters()))
def test_cleaned_text_can_always_be_kept(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert not any(character < " " and character not in "\n\t\f" for character in cleaned)


def test_a_long_text_is_cut_and_says_so() -> None:
    writer = Writer(limit=10)
    for _ in range(3):
        writer.begin_page()
        writer.add("12345")
    content = writer.content()
    assert (content.text, content.pages) == ("12345\n\n123", (0, 7, 10))
    assert content.warnings == ("The text was cut at 10 characters.",)
