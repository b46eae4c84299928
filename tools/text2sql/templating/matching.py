"""Lays a new question over a verified one: the same words in the same order, but for values, numbers and periods."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from tools.text2sql.catalog import Catalog
from tools.text2sql.templating.literals import Site
from tools.text2sql.templating.periods import Number, Period, Relative, Timed, timed
from tools.text2sql.templating.words import Word, joined, key_of

LONGEST_NAME = 8
"""Words of a stored value that are looked for in a question."""
SLOT = "{}"


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A value of the verified question: its words, and the literals of the query that hold it."""

    words: tuple[Word, ...]
    sites: tuple[Site, ...]

    @property
    def key(self) -> str:
        return joined(self.words)


@dataclass(frozen=True, slots=True, eq=False)
class Time:
    """A number or a period of the verified question. ``is_limit``: it says how many rows to give."""

    value: Timed
    is_limit: bool
    text: str


Element = Word | Named | Time


@dataclass(frozen=True, slots=True)
class Renamed:
    """A value that stands where the verified question has another: as a literal, and as the question writes it."""

    slot: Named
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class Retimed:
    """A number or period that stands where the verified question has one, the same or another."""

    slot: Time
    old: Timed
    new: Timed
    raw: str


Change = Renamed | Retimed


def elements(words: Sequence[Word], sites: Sequence[Site], catalog: Catalog) -> list[Element]:
    """The verified question, cut into words and slots; a value is one where the query has it as a literal."""
    held: dict[str, list[Site]] = {}
    for site in sites:
        if site.core and (not site.is_figures or site.core in stored(site, catalog)):
            held.setdefault(key_of(site.core), []).append(site)
    found: list[Element] = []
    at = 0
    while at < len(words):
        element, length = _element(words, at, held)
        found.append(element)
        at += length
    return found


def template(found: Sequence[Element]) -> str:
    """The words of the question with a mark for each slot."""
    return " ".join(element.text if isinstance(element, Word) else SLOT for element in found)


def may_match(text: str, template: str) -> bool:
    """Whether the words of a template stand in a question in their order; quick, and never wrong when it says no."""
    parts = [part.split() for part in template.split(SLOT)]
    words = text.split()
    if len(parts) == 1:
        return words == parts[0]
    first, *middle, last = parts
    end = len(words) - len(last)
    if words[: len(first)] != first or words[end:] != last:
        return False
    at = len(first)
    for part in middle:
        at += 1
        while part and words[at : at + len(part)] != part:
            at += 1
            if at > end:
                return False
        at += len(part)
    return at < end


def matches(found: Sequence[Element], words: Sequence[Word], catalog: Catalog) -> Iterator[tuple[Change, ...]]:
    """Every way to lay the question over the elements: what stands in each slot."""
    if not found:
        if not words:
            yield ()
        return
    for change, length in _laid(found[0], words, catalog):
        for rest in matches(found[1:], words[length:], catalog):
            yield (*change, *rest)


def _laid(element: Element, words: Sequence[Word], catalog: Catalog) -> Iterator[tuple[tuple[Change, ...], int]]:
    """What the next words of a question can be to the element, and how many they are."""
    if isinstance(element, Named):
        for length in range(1, min(LONGEST_NAME, len(words)) + 1):
            phrase = tuple(words[:length])
            if (text := _renamed(element, phrase, catalog)) is not None:
                yield (Renamed(element, text, _raw(phrase)),), length
    elif isinstance(element, Time):
        read = timed(words, 0) if words else None
        if read and (pair := _paired(element.value, read[0])):
            yield (Retimed(element, *pair, _raw(words[: read[1]])),), read[1]
    elif words and words[0].text == element.text:
        yield (), 1


def _element(words: Sequence[Word], at: int, held: dict[str, list[Site]]) -> tuple[Element, int]:
    for length in range(min(LONGEST_NAME, len(words) - at), 0, -1):
        phrase = tuple(words[at : at + length])
        if sites := held.get(joined(phrase)):
            return Named(phrase, tuple(sites)), length
    if read := timed(words, at):
        return Time(read[0], _counts_rows(words, at, read[1]), _raw(words[at : at + read[1]])), read[1]
    return words[at], 1


def _counts_rows(words: Sequence[Word], at: int, length: int) -> bool:
    before = words[at - 1].text if at else ""
    after = words[at + length].text if at + length < len(words) else ""
    ranks = ("most", "least", "best", "worst", "highest", "lowest", "largest", "smallest", "biggest", "top", "bottom",
             "latest", "newest", "oldest", "longest", "shortest", "cheapest")  # fmt: skip
    return before in ("top", "bottom", "first", *ranks) or after in ranks


def _paired(old: Timed, new: Timed) -> tuple[Timed, Timed] | None:
    """The two as things of one kind: a year may be a number beside a number. None where they are of two kinds."""
    if isinstance(old, Number) != isinstance(new, Number):
        old, new = _as_number(old), _as_number(new)
    if isinstance(old, Number) and isinstance(new, Number):
        return (old, new) if old.is_percent == new.is_percent else None
    if isinstance(old, Period) and isinstance(new, Period):
        return (old, new) if bool(old.year) == bool(new.year) else None
    return (old, new) if isinstance(old, Relative) and isinstance(new, Relative) else None


def _as_number(value: Timed) -> Timed:
    is_year = isinstance(value, Period) and value.unit == "year"
    return Number(Decimal(value.year)) if is_year and isinstance(value, Period) else value


def _renamed(slot: Named, phrase: tuple[Word, ...], catalog: Catalog) -> str | None:
    """The literal for the words that stand where the slot's value stood; None where they are no value of its column,
    or of one of its columns where there are several."""
    first = slot.sites[0]
    if joined(phrase) == slot.key:
        return first.core
    texts = {_literal(site, slot, phrase, catalog) for site in slot.sites}
    return texts.pop() if len(texts) == 1 else None


def _literal(site: Site, slot: Named, phrase: tuple[Word, ...], catalog: Catalog) -> str | None:
    """The words as a value stored in the literal's column. Only what both questions quote, and a single word that is
    looked for inside of texts, may be anything."""
    values = stored(site, catalog)
    if named := _closest(_by_key(values).get(joined(phrase), ()), _raw(phrase)):
        return _spelled(named[0], site.core, values, slot) if len(named) == 1 else None
    is_quoted = phrase[0].is_quoted and _is_quoted(slot)
    is_free = len(phrase) == 1 and (is_quoted or (site.is_like and _is_plain(phrase[0])))
    return _spelled(phrase[0].raw, site.core, (), slot) if is_free else None


def _closest(values: Sequence[str], raw: str) -> Sequence[str]:
    """Of values with the same words, those that are also written the same, as far as there are any."""
    cased = [value for value in values if value.casefold() == raw.casefold()] or values
    return [value for value in cased if value == raw] or cased


def stored(site: Site, catalog: Catalog) -> tuple[str, ...]:
    """The values of the column that the literal is compared with."""
    return catalog.values.get(site.origin, ()) if site.origin else ()


def _is_quoted(slot: Named) -> bool:
    return len(slot.words) == 1 and slot.words[0].is_quoted


def _is_plain(word: Word) -> bool:
    return len(word.text) > 1 and word.text.isalnum() and word.text not in ("and", "or", "not", "no", "any", "all")


def _spelled(text: str, core: str, values: Sequence[str], slot: Named) -> str | None:
    """A text in the case that the query has the slot's value in; None where that follows no rule."""
    original = _raw(slot.words)
    if core in values or (not values and core == original):
        return text
    cased = {str.lower: core == core.lower(), str.upper: core == core.upper()}
    if change := next((each for each, is_it in cased.items() if is_it), None):
        return change(text)
    return text if values else None


def _raw(words: Sequence[Word]) -> str:
    return " ".join(dict.fromkeys(word.raw for word in words))


@lru_cache(maxsize=256)
def _by_key(values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for value in values:
        key = key_of(value)
        found[key] = (*found.get(key, ()), value)
    return found
