"""What a phrase of a question may name in one database: tables and columns, and stored values."""

import re
from collections.abc import Sequence

from tools.text2sql.catalog import Stored, folded
from tools.text2sql.generator.language.demonyms import DEMONYMS
from tools.text2sql.generator.language.irregular import VERBS
from tools.text2sql.generator.language.operators import CONNECTORS, LISTING, STOP_WORDS, TIES
from tools.text2sql.generator.language.words import PHRASAL, Token, singular, stem
from tools.text2sql.generator.naming.vocabulary import Found, Vocabulary

LONGEST_NAME = 4
NEGATIVE = re.compile(r"^(in|un|non|dis)(?=\w{4})")
GENDERS = {"female": "f", "females": "f", "women": "f", "male": "m", "males": "m", "men": "m"}
"""Words for what a column of genders may hold as one letter."""
INNER = frozenset({"no", "not", "and", "or", "per", "each", "with"})
"""Words that no name holds."""


def is_verb(word: str) -> bool:
    """Whether it looks like a form of a verb that is no infinitive."""
    return word.endswith(("ed", "ing")) or word in VERBS or word in PHRASAL.values()


def is_tie(word: str) -> bool:
    """Whether it is a form of a verb that only ties, and no noun of the same letters (``charges``)."""
    return word in TIES or (stem(word) in CONNECTORS and is_verb(word))


def nouns_of(phrase: Sequence[Token], is_first: bool, op: str, known: Vocabulary) -> tuple[Found, ...]:
    """The tables and columns that the phrase may name. ``is_first``: it begins the question."""
    said = [token.word for token in phrase]
    if op in ("no_stock", "in_stock"):
        return known.find(said) or known.find(["stock"])
    if any(token.kind != "word" for token in phrase) or len(said) > LONGEST_NAME:
        return ()
    if STOP_WORDS.intersection((said[0], said[-1])):
        return ()
    found = known.find(said)
    if op == "people":
        return found or known.people()
    if len(said) == 1 or not found:
        return found
    if INNER.intersection(said) or (is_first and said[0] in LISTING):
        return ()
    return _unverbed(said, found, known)


def _unverbed(said: Sequence[str], found: tuple[Found, ...], known: Vocabulary) -> tuple[Found, ...]:
    """``tickets opened`` and ``paid amount`` are no names of columns."""
    if not is_verb(said[0]) and not is_verb(said[-1]):
        return found
    if any(is_verb(word) and known.catalog.exactly(word) for word in said):
        return ()
    return tuple(hit for hit in found if not hit.is_bound)


def negative_of(word: str, known: Vocabulary) -> tuple[Found, ...]:
    """The flags that ``inactive`` or ``unverified`` is the contrary of."""
    positive = NEGATIVE.sub("", word)
    if positive == word:
        return ()
    return tuple(hit for hit in known.find([positive]) if hit.field and hit.field.kind == "flag")


def values_of(phrase: Sequence[Token], text: str, known: Vocabulary) -> tuple[Stored, ...]:
    """The stored values that the phrase is, or is but for an ending."""
    if phrase[0].kind == "sign" or phrase[-1].kind == "sign" or phrase[-1].word in ("'s", "not"):
        return ()
    whole = folded(text)
    forms = [whole] if phrase[0].kind == "quoted" else [whole, *_variants(whole)]
    found = next((hits for form in forms if (hits := known.catalog.exactly(form))), ())
    if not found and whole in GENDERS:
        found = tuple(each for each in known.catalog.exactly(GENDERS[whole]) if _is_gender(each, known))
    nations = (each for country in DEMONYMS.get(whole, ()) for each in known.catalog.exactly(country))
    return (*_told_apart(found, text), *nations)


def _is_gender(stored: Stored, known: Vocabulary) -> bool:
    return known.entities[stored.table].field(stored.column).own[-1].is_meant("gender")


def _told_apart(found: tuple[Stored, ...], text: str) -> tuple[Stored, ...]:
    """Of values that differ in signs alone (``AB+``, ``AB-``) the one that is written; none if none is."""
    same = tuple(each for each in found if each.value.casefold() == text.casefold())
    if same:
        return same
    places = [(each.table, each.column) for each in found]
    return found if len(places) == len(set(places)) else ()


def _variants(text: str) -> list[str]:
    """Other numbers and spellings of the last word."""
    front, space, last = text.rpartition(" ")
    if len(last) < 4:
        return []
    forms = [singular(last), f"{last}s", f"{last}es", last.removesuffix("y") + "ies"]
    forms += [last.replace("celled", "celed"), last.replace("celed", "celled")]
    return [front + space + form for form in forms if form != last]
