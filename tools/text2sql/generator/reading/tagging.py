"""A question cut into phrases, each with all that it may mean in one database."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tools.text2sql.catalog import Stored
from tools.text2sql.generator.language.dates import SMALL, Period, period_at
from tools.text2sql.generator.language.operators import CURRENCY, FILLERS, LISTING, LONGEST, OPERATORS, STOP_WORDS, TIES
from tools.text2sql.generator.language.words import Token, tokens
from tools.text2sql.generator.naming.senses import is_tie, is_verb, negative_of, nouns_of, values_of
from tools.text2sql.generator.naming.vocabulary import Found, Vocabulary

LONGEST_VALUE = 7
STOPS = "?!;."
SIGNS = frozenset("?!;.:()-")
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
        if item.nouns and item.text.lower() in LISTING and all(each.is_filler or each.op for each in found):
            item = Item(item.at, item.text, is_filler=True)  # list, rather than listed_on
        found.append(item)
        at += taken
    return found


def _longest(question: str, words: Sequence[Token], at: int, known: Vocabulary, today: date) -> tuple[Item, int]:
    period = period_at(words, at, today)
    for length in range(min(LONGEST_VALUE, len(words) - at), 0, -1):
        phrase = words[at : at + length]
        text = question[phrase[0].start : phrase[-1].end] if phrase[0].kind != "sign" else phrase[0].word
        if sign := SIGNED.match(question, phrase[-1].end):
            text += sign[0]
        item = _read(phrase, text, at, known)
        if period and period[1] >= length and not (item.values and length > period[1]):
            taken = words[at : at + period[1]]
            return Item(
                at, question[taken[0].start : taken[-1].end], period=period[0], number=words[at].number
            ), period[1]
        if item.op in ("ends", "starts") and length > 1 and period_at(words, at + length, today):
            continue  # ending in 2026
        if item.is_known:
            end = phrase[0].start + len(text)
            signed = words[at + length : at + length + 1]
            return item, length + (1 if signed and signed[0].start < end else 0)
    return Item(at, words[at].word, is_capital=words[at].is_capital), 1


def _read(phrase: Sequence[Token], text: str, at: int, known: Vocabulary) -> Item:
    first, last = phrase[0], phrase[-1]
    op = OPERATORS.get(tuple(token.word for token in phrase), "") if len(phrase) <= LONGEST else ""
    nouns = nouns_of(phrase, at == 0, op, known)
    if op in ("no_stock", "in_stock") and nouns and nouns[0].field and nouns[0].field.kind == "flag":
        op = ""  # events that are sold out have a column for it
    is_name = (first.is_capital and at > 0) or first.kind == "quoted"
    is_common = op not in ("", "new") or (len(phrase) == 1 and _is_common(first.word))
    values = () if is_common and not is_name else values_of(phrase, text, known)
    if len(phrase) > 1:
        return Item(at, text, nouns, values, op=op, is_capital=first.is_capital and at > 0, is_verb=is_verb(last.word))
    negative = () if nouns else negative_of(first.word, known)
    return Item(
        at,
        text,
        nouns or negative,
        values,
        number=SMALL.get(first.word) if first.number is None else first.number,
        op=op,
        is_filler=first.word in FILLERS or first.word in CURRENCY or first.word in SIGNS or is_tie(first.word),
        is_quoted=first.kind == "quoted",
        is_capital=first.is_capital and at > 0,
        is_verb=first.kind == "word" and is_verb(first.word),
        is_money=text[:1] in "$€£",
        is_negative=bool(negative),
    )


def _is_common(word: str) -> bool:
    """Whether it is a value only where it is written as a name."""
    return word in STOP_WORDS or word in TIES
