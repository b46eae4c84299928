"""A question cut into phrases, each with all that it may mean in one database."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tools.text2sql.catalog import Stored, folded
from tools.text2sql.generator.dates import SMALL, Period, period_at
from tools.text2sql.generator.demonyms import DEMONYMS
from tools.text2sql.generator.irregular import VERBS
from tools.text2sql.generator.operators import CONNECTORS, CURRENCY, FILLERS, LONGEST, OPERATORS, STOP_WORDS
from tools.text2sql.generator.vocabulary import Found, Vocabulary
from tools.text2sql.generator.words import PHRASAL, Token, singular, stem, tokens

POSITIVE = re.compile(r"^(in|un|non|dis)")
LONGEST_VALUE, LONGEST_NAME = 7, 4
STOPS = "?!;."
SIGNED = re.compile(r"[+#*-]+(?!\w)")


@dataclass(frozen=True, slots=True)
class Item:
    """A phrase: the tables and columns it may name, the values it may be, the number, period or operator that it is.
    Several may be set; its neighbours decide."""

    at: int
    text: str
    nouns: tuple[Found, ...] = ()
    values: tuple[Stored, ...] = ()
    period: Period | None = None
    number: float | None = None
    op: str = ""
    is_filler: bool = False
    is_quoted: bool = False
    is_capital: bool = False
    is_verb: bool = False
    is_money: bool = False
    is_negative: bool = False

    @property
    def is_known(self) -> bool:
        return bool(self.nouns or self.values or self.period or self.op or self.is_filler or self.number is not None)


def items(question: str, vocabulary: Vocabulary, today: date) -> list[Item]:
    """The question's phrases, the longest that mean something first."""
    words, found, at = tokens(question), list[Item](), 0
    while at < len(words):
        item, taken = _longest(question, words, at, vocabulary, today)
        found.append(item)
        at += taken
    return found


def _longest(question: str, words: Sequence[Token], at: int, known: Vocabulary, today: date) -> tuple[Item, int]:
    period = period_at(words, at, today)
    for length in range(min(LONGEST_VALUE, len(words) - at), 0, -1):
        phrase = words[at : at + length]
        text = question[phrase[0].start : phrase[-1].end]
        if sign := SIGNED.match(question, phrase[-1].end):
            text += sign[0]
        item = _read(phrase, text, at, known)
        if period and period[1] >= length and not (item.values and length > period[1]):
            taken = words[at : at + period[1]]
            return Item(
                at, question[taken[0].start : taken[-1].end], period=period[0], number=words[at].number
            ), period[1]
        if item.is_known:
            end = phrase[0].start + len(text)
            signed = words[at + length : at + length + 1]
            return item, length + (1 if signed and signed[0].start < end else 0)
    return Item(at, words[at].word, is_capital=words[at].is_capital), 1


def _read(phrase: Sequence[Token], text: str, at: int, known: Vocabulary) -> Item:
    said = [token.word for token in phrase]
    plain = all(token.kind == "word" for token in phrase)
    alone = phrase[0] if len(phrase) == 1 else None
    op = OPERATORS.get(tuple(said), "") if len(said) <= LONGEST else ""
    filler = bool(alone) and (
        said[0] in FILLERS
        or said[0] in CURRENCY
        or stem(said[0]) in CONNECTORS
        or said[0] in STOPS
        or said[0] in ":()-"
    )
    nouns = (
        known.find(said)
        if plain and len(said) <= LONGEST_NAME and not STOP_WORDS.intersection(said[:1] + said[-1:])
        else ()
    )
    if op in ("no_stock", "in_stock"):
        nouns = known.find(["stock"])
    if op == "people":
        nouns = nouns or known.people()
    if not alone and {"no", "not", "and", "or", "per", "each", "with"}.intersection(said):
        nouns = ()
    if not alone and nouns:
        nouns = _unverbed(said, nouns, known)
    negative = False
    if alone and not nouns and (positive := POSITIVE.sub("", said[0])) != said[0] and len(positive) > 3:
        nouns = tuple(hit for hit in known.find([positive]) if hit.field and hit.field.kind == "flag")
        negative = bool(nouns)
    capital = phrase[0].is_capital and at > 0
    values = _values(
        phrase, text, known, capital, bool(op and op != "new") or said[0] in STOP_WORDS or stem(said[0]) in CONNECTORS
    )
    number = alone.number if alone else None
    if alone and number is None:
        number = SMALL.get(said[0])
    return Item(
        at,
        text,
        nouns,
        values,
        None,
        number,
        op,
        filler,
        bool(alone) and phrase[0].kind == "quoted",
        capital,
        plain and (said[-1].endswith(("ed", "ing")) or said[-1] in VERBS),
        text[:1] in "$€£",
        negative,
    )


def _unverbed(said: Sequence[str], nouns: tuple[Found, ...], known: Vocabulary) -> tuple[Found, ...]:
    """``tickets opened`` and ``paid amount`` are no names of columns, and ``opened at`` is none before ``at least``."""
    if said[-1] in ("at", "on", "in"):
        return ()
    if _is_verb(said[0]) or _is_verb(said[-1]):
        return (
            ()
            if any(_is_verb(word) and known.catalog.exactly(word) for word in said)
            else tuple(hit for hit in nouns if not hit.is_bound)
        )
    return nouns


def _is_verb(word: str) -> bool:
    return word.endswith(("ed", "ing")) or word in VERBS or word in PHRASAL.values()


def _values(phrase: Sequence[Token], text: str, known: Vocabulary, capital: bool, common: bool) -> tuple[Stored, ...]:
    """The stored values that the phrase is, or is but for an ending. Common words are none unless written as names."""
    if common and not capital and phrase[0].kind != "quoted":
        return ()
    if phrase[0].kind == "sign" or phrase[-1].kind == "sign" or phrase[-1].word in ("'s", "not"):
        return ()
    whole = folded(text)
    for variant in (whole, *_variants(whole)) if phrase[0].kind != "quoted" else (whole,):
        if found := known.catalog.exactly(variant):
            return (*_told_apart(found, text), *_nations(whole, known))
    return _nations(whole, known)


def _nations(adjective: str, known: Vocabulary) -> tuple[Stored, ...]:
    return tuple(each for country in DEMONYMS.get(adjective, ()) for each in known.catalog.exactly(country))


def _told_apart(found: tuple[Stored, ...], text: str) -> tuple[Stored, ...]:
    """Of values that differ in signs alone (``AB+``, ``AB-``) the one that is written; none if none is."""
    same = tuple(each for each in found if each.value.casefold() == text.casefold())
    if same:
        return same
    places = [(each.table, each.column) for each in found]
    return found if len(places) == len(set(places)) else ()


def _variants(text: str) -> list[str]:
    """Other numbers and spellings of the last word."""
    front, _, last = text.rpartition(" ")
    front = f"{front} " if front else ""
    if len(last) < 4:
        return []
    forms = [singular(last), f"{last}s", f"{last}es", last.removesuffix("y") + "ies", last.replace("celled", "celed")]
    forms += [last.replace("celed", "celled")]
    return [front + form for form in forms if form != last]
