"""Phrases as data: what people say, written as they say it, found in clauses in time linear in their length.

A pattern is words with blanks between them. ``(a|b c)`` is one of several, ``[a|b]`` the same or nothing, ``~`` up to
three words of any kind (``~5``: up to five), ``<name>`` a list of words given by name. Each phrase is looked up by its
rarest word, so that an ordinary message costs a look at each of its words and no more.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from tools.escalation.language.reading import Clause

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

ELEMENTS = re.compile(r"~(\d*)|\(([^()]*)\)|\[([^\[\]]*)\]|<(\w+)>|([^\s()\[\]<>~]+)")
GAP = 3
COMMON = frozenset(
    "a an the i you he she it we they me my your his her our us to of in on at for with by from and or not no"
    " is are was"
    " am be been will would can could do does did have has had get got this that these those what who how if so"
    " just all"
    " any go going want need like please up out about as der die das ich sie ein eine einen mit zu und nicht le"
    " la les un"
    " une je vous de des et ne pas que el los las una con y".split()
)


@dataclass(frozen=True, slots=True)
class Match(Generic[T_co]):
    """A phrase found in a clause: its first and last word, and what was said of the phrase."""

    clause: Clause
    first: int
    last: int
    value: T_co


class Phrases(Generic[T]):
    """Patterns, each with a value. ``lists`` holds the words that ``<name>`` stands for."""

    def __init__(self, patterns: Iterable[tuple[str, T]], lists: Mapping[str, Iterable[str]] | None = None) -> None:
        self._by_word: dict[str, list[tuple[re.Pattern[str], T]]] = {}
        known = {name: tuple(words) for name, words in (lists or {}).items()}
        for pattern, value in patterns:
            expression, keys = _compiled(pattern, known)
            for key in keys:
                self._by_word.setdefault(key, []).append((expression, value))
        self._words = frozenset(self._by_word)

    def may_be_among(self, words: Collection[str]) -> bool:
        """Whether one of the words is one that the search for a phrase begins at."""
        return not self._words.isdisjoint(words)

    def in_clause(self, clause: Clause) -> Iterator[Match[T]]:
        """The phrases that the clause holds, each at its first place."""
        if self._words.isdisjoint(clause.words):
            return
        tried: set[int] = set()
        for word in clause.words:
            for expression, value in self._by_word.get(word, ()):
                if id(expression) in tried:
                    continue
                tried.add(id(expression))
                if found := expression.search(clause.text):
                    yield Match(clause, clause.word_at(found.start()), clause.word_at(found.end() - 1), value)


def _compiled(pattern: str, lists: Mapping[str, tuple[str, ...]]) -> tuple[re.Pattern[str], set[str]]:
    """The pattern as an expression over a clause's text, and the words one of which a clause must hold to match."""
    parts: list[str] = []
    keys: list[list[str]] = []
    for gap, choices, optional, name, word in ELEMENTS.findall(pattern):
        if word or choices or name:
            options = [word] if word else lists[name] if name else choices.split("|")
            parts.append(_any_of(options))
            keys.append([_rarest(option) for option in options])
        elif optional:
            parts.append(f"(?:{_any_of(optional.split('|'))})?")
        else:
            parts.append(f"(?:[^ ]++ ){{0,{gap or GAP}}}?")
    best = min(keys, key=lambda words: (sum(word in COMMON for word in words), len(words)))
    return re.compile("(?<![^ ])" + "".join(parts)), set(best)


def _any_of(options: Iterable[str]) -> str:
    return "(?:" + "|".join(re.escape(option.strip()) + " " for option in options) + ")"


def _rarest(option: str) -> str:
    return min(option.split(), key=lambda word: (word in COMMON, -len(word)))
