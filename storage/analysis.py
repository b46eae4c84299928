"""Turns text into the words that full-text search compares, the same way for what is stored and what is asked.

Words are folded (NFKC, lower case, diacritics dropped, invisible characters dropped) and stemmed with the Snowball
English stemmer (Porter, "Snowball: a language for stemming algorithms", 2001). Scripts written without spaces are
indexed as characters and overlapping pairs of characters, and searched by pairs, so that any word is found.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from py_rust_stemmers import SnowballStemmer  # pyright: ignore[reportAttributeAccessIssue]  # made in Rust, no stubs

STOP_WORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it "
    "its me my of on or our she should so that the their them then there these they this to was we were what when "
    "where which who whom why will with would you your".split()
)

# Han, kana, Hangul, Thai, Lao, Khmer, Myanmar: scripts whose words are not set apart by spaces (Hangul's are, but
# its particles stick to them).
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}\U00020000-\U0003ffff]+")
_WORD = re.compile(r"\w+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_CLITIC = re.compile(r"(?<=\w)['’](?:s|t|m|d|re|ve|ll)\b", re.IGNORECASE)
_stemmer = SnowballStemmer("english")


def fold(text: str) -> str:
    """Lower case without diacritics, compatibility forms or invisible characters; equal for texts that look alike."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()  # first apart: some signs stand for capital letters
    decomposed = unicodedata.normalize("NFKD", folded)
    kept = (char for char in decomposed if unicodedata.category(char) not in ("Mn", "Cf"))
    return unicodedata.normalize("NFC", "".join(kept))


def words(text: str) -> list[str]:
    """The words of ``text`` in order, folded and stemmed; stop words stay."""
    return [stem for word in _split(text) for stem in (*_forms(word), *_singles(word))]


def query_words(text: str, limit: int = 32) -> list[str]:
    """The distinct words a query is searched by, in order: without stop words, unless nothing else is left."""
    found = list(dict.fromkeys(_split(text)))
    telling = [word for word in found if word not in STOP_WORDS] or found
    return list(dict.fromkeys(stem for word in telling for stem in _forms(word)))[:limit]


def without(text: str, dropped: frozenset[str]) -> str:
    """``text`` without the space-separated parts all of whose words are in ``dropped``; itself if nothing is left."""
    if not dropped:
        return text
    kept = [part for part in text.split() if not (found := words(part)) or not dropped.issuperset(found)]
    return " ".join(kept) or text


def _split(text: str) -> Iterator[str]:
    """Folded words; the parts of a camelCase or snake_case name come after the name, clitics ('s, n't) are dropped."""
    if not text.isascii():
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    for match in _WORD.finditer(_CLITIC.sub("", text)):
        word = match[0]
        yield fold(word)
        if len(parts := _CAMEL.split(word)) > 1:
            yield from (fold(part) for part in parts if part)


@lru_cache(maxsize=65_536)
def _forms(word: str) -> tuple[str, ...]:
    if word.isascii():
        return (_stemmer.stem_word(word),)
    forms: list[str] = []
    end = 0
    for run in _UNSPACED_RUN.finditer(word):
        if rest := word[end : run.start()]:
            forms.append(rest)
        forms += _pairs(run[0])
        end = run.end()
    if rest := word[end:]:
        forms.append(_stemmer.stem_word(rest))
    return tuple(forms)


@lru_cache(maxsize=65_536)
def _singles(word: str) -> tuple[str, ...]:
    """The characters of runs longer than one: what a search for a single character compares."""
    if word.isascii():
        return ()
    return tuple(char for run in _UNSPACED_RUN.findall(word) if len(run) > 1 for char in run)


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]
