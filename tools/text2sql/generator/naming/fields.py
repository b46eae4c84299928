"""Tables and columns with what questions need to know of them: their words, their kind, what a row is called by."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from storage.sources.schema import Column, Table
from tools.text2sql.catalog import Catalog
from tools.text2sql.generator.language.lexicon import ABBREVIATIONS, LABELS, PERSON
from tools.text2sql.generator.language.words import singular, split_name, stem
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.names import Name, name_of

Kind = Literal["number", "text", "date", "flag", "key", "other"]
ISO = re.compile(r"\d{4}-\d\d(-\d\d([ T]\d\d:\d\d.*)?)?$")
SHARE = re.compile(r"(0?\.\d+|[01](\.0*)?)$")
TYPED_DATE = re.compile(r"date|time", re.IGNORECASE)
TYPED_NUMBER = re.compile(r"int|real|num|dec|float|double|money|serial", re.IGNORECASE)
TYPED_TEXT = re.compile(r"char|text|string|clob|enum|^$", re.IGNORECASE)
TAILS = frozenset(
    stem(word)
    for word in "date time at on ts dt timestamp datetime name amount amt minutes mins hours hrs days weeks months "
    "years "
    "cm kg mg km m 2 3 type kind ml sqm percent pct number num no nbr code cd count cnt qty quantity usd eur gbp "
    "flag value total "
    "address text "
    "level id key".split()
)
PERSONS = frozenset(stem(word) for word in PERSON)
YES = ("1", "true", "t", "y", "yes")
NO = ("0", "false", "f", "n", "no")


@dataclass(frozen=True, slots=True)
class Field:
    """A column, and what questions call it. ``own`` leaves its table's words out, ``core`` units and the like too.
    ``yes`` and ``no`` are a flag's two values as SQL literals would hold them."""

    table: str
    column: str
    kind: Kind
    words: Name
    own: Name
    core: Name
    is_text_date: bool = False
    yes: str | int | bool = 1
    no: str | int | bool = 0
    is_nullable: bool = True
    is_share: bool = False
    """All known numbers lie between 0 and 1."""

    @property
    def is_year(self) -> bool:
        """Whether it holds years as numbers (``release_year``, ``year_built``), rather than a number of years."""
        named = bool(self.words[-1].stems & {"year"}) or split_name(self.column)[0] == "year"
        return self.kind == "number" and named


@dataclass(frozen=True, slots=True)
class Entity:
    """A table, and what questions call it."""

    table: Table
    key: str
    words: Name
    fields: tuple[Field, ...]
    labels: tuple[Field, ...]
    is_person: bool

    def field(self, column: str) -> Field:
        return next(each for each in self.fields if each.column.lower() == column.lower())

    def of_kind(self, kind: Kind) -> list[Field]:
        return [each for each in self.fields if each.kind == kind]


def entity_of(table: Table, catalog: Catalog, known: frozenset[str], prefix: str, is_terse: bool) -> Entity:
    words = name_of(table.name, known, is_terse)
    if prefix or (split_name(table.name)[0] in ("tbl", "dim", "fact", "tb", "vw") and len(words) > 1):
        words = words[1:]
    start = _shared_start([column.name for column in table.columns])
    common = "" if start else shared_prefix([split_name(column.name) for column in table.columns])
    named = [name_of(column.name[start:], known, is_terse)[1 if common else 0 :] for column in table.columns]
    fields = tuple(_field(table, column, own, words, catalog) for column, own in zip(table.columns, named, strict=True))
    person = bool(words) and _is_person(split_name(table.name)[-1])
    return Entity(table, table.key, words, fields, _labels(fields, table), person)


def _is_person(word: str) -> bool:
    """Whether a table so called is one of persons, also at the end of a longer word (``policyholders``)."""
    said = {singular(word), *ABBREVIATIONS.get(word, ())}
    return bool(said & PERSON) or any(singular(word).endswith(each) for each in PERSON if len(each) > 5)


def _field(table: Table, column: Column, words: Name, owner: Name, catalog: Catalog) -> Field:
    own = names.without(words, owner)
    values = catalog.values.get((table.key, column.name), ())
    kind = _kind(table, column, words, values)
    yes, no = _sides(column, values) if kind == "flag" else (1, 0)
    text_date = kind == "date" and (catalog.schema.dialect == "sqlite" or not TYPED_DATE.search(column.type))
    return Field(
        table.key,
        column.name,
        kind,
        words,
        own,
        _core(own, kind),
        text_date,
        yes,
        no,
        column.is_nullable,
        _is_share(values),
    )


def _is_share(values: Sequence[str]) -> bool:
    return bool(values) and all(SHARE.match(value) for value in values)


def _core(own: Name, kind: Kind) -> Name:
    """The name without what only says how its values are written."""
    per = next((at for at, word in enumerate(own) if at and word.stems & {"per"}), len(own))
    kept = own[:per]
    while len(kept) > 1 and kept[-1].stems & TAILS:
        kept = kept[:-1]
    while kind == "flag" and len(kept) > 1 and kept[0].stems & {"is", "has", "was", "flag"}:
        kept = kept[1:]
    while len(kept) > 1 and kept[0].stems & {stem("number"), "num", "no", "count", stem("total"), "of"}:
        kept = kept[1:]
    return kept


def _kind(table: Table, column: Column, words: Name, values: Sequence[str]) -> Kind:
    keys = {name for key in table.foreign_keys for name in key.columns}
    if column.name in keys or words[-1].stems & {"id", "uuid", "guid"}:
        return "key"
    if _is_date(column, words, values):
        return "date"
    if _is_flag(column, words, values):
        return "flag"
    if column.name in table.primary_key and not (TYPED_TEXT.search(column.type) and len(table.primary_key) == 1):
        return "key"
    if TYPED_NUMBER.search(column.type):
        return "number"
    return "text" if TYPED_TEXT.search(column.type) else "other"


def _is_date(column: Column, words: Name, values: Sequence[str]) -> bool:
    """By type, or by values that are ISO dates; never where the values are anything else (epochs, other spellings)."""
    if TYPED_DATE.search(column.type):
        return all(ISO.match(value) for value in values) if values else True
    return bool(values) and bool(TYPED_TEXT.search(column.type)) and all(ISO.match(value) for value in values[:50])


def _is_flag(column: Column, words: Name, values: Sequence[str]) -> bool:
    if "bool" in column.type.lower():
        return True
    low = {value.strip().lower() for value in values}
    if low and low <= {"1", "0"}:
        return bool(words[0].stems & {"is", "has", "was"}) or low == {"0", "1"}
    return bool(low) and low <= {*YES, *NO} - {"1", "0"} and len(low) <= 2


def _sides(column: Column, values: Sequence[str]) -> tuple[str | int | bool, str | int | bool]:
    if TYPED_NUMBER.search(column.type):
        return 1, 0
    if "bool" in column.type.lower():
        return True, False
    yes = next((value for value in values if value.strip().lower() in YES), "")
    no = next((value for value in values if value.strip().lower() in NO), "")
    return yes, no


def _labels(fields: Sequence[Field], table: Table) -> tuple[Field, ...]:
    """What a row is called by: its name or title, or first and last name."""
    text = [each for each in fields if each.kind == "text"]
    first, last = (next((each for each in text if _is(each, f"{part} name")), None) for part in ("first", "last"))
    if first and last:
        return first, last
    for label in LABELS:
        if found := [each for each in text if _is(each, label)]:
            return (found[0],)
    plain = not table.foreign_keys  # the name in a table of events is of something else
    named = [each for each in text if plain and each.own[-1].stems & {"name", "titl"} and not _is_of_another(each)]
    unique = [each for each in text if (each.column,) in table.unique and each.kind == "text"]
    return next(((found[0],) for found in (named, unique) if len(found) == 1), ())


def _is_of_another(each: Field) -> bool:
    """Whether it names somebody who belongs to the row: ``contact_name``, ``manager_name``."""
    return any(word.stems & PERSONS for word in each.own[:-1])


def _is(each: Field, label: str) -> bool:
    phrase = label.split()
    return names.written(phrase, each.own) or names.written(phrase, each.words)


def _shared_start(all_names: Sequence[str]) -> int:
    """How many letters all columns start with, where names are run together: ``sbcust`` of sbcustname, sbcustcity."""
    if len(all_names) < 3 or not all(name.islower() and name.isalnum() for name in all_names):
        return 0
    length = sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*all_names, strict=False)))
    return length if length > 2 and min(map(len, all_names)) - length > 1 else 0


def shared_prefix(all_words: list[list[str]]) -> str:
    """``tbl`` of tbl_orders and tbl_customers."""
    first = {words[0] for words in all_words}
    return first.pop() if len(all_words) > 1 and len(first) == 1 and min(map(len, all_words)) > 1 else ""
