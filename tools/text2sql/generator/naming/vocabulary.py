"""The words that name the tables and columns of one database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from storage.sources.schema import Table
from tools.text2sql.catalog import Catalog
from tools.text2sql.generator.language.lexicon import ABBREVIATIONS, GROUPS, JOINED, PATRON
from tools.text2sql.generator.language.words import singular, split_name, stem
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.fields import TAILS, Entity, Field, entity_of, shared_prefix
from tools.text2sql.generator.naming.names import Name

TABLE_TAILS = frozenset(
    stem(word) for word in "record log history data info detail list entry master header table out in".split()
)
DATE_TAILS = frozenset({"date", "time", "day"})
CUSTOMER = frozenset({stem("customer"), stem("client")})
KINDS = frozenset(stem(word) for word in "type kind category class group status".split())
"""Words that a phrase may add to a column's name: ``fuel type`` is fuel."""


@dataclass(frozen=True, slots=True)
class Found:
    """A table (``field`` is None) or column that a phrase may name; ``level`` as in `names`, lower is better.
    ``is_bound``: the phrase named the table, too. ``is_label``: the phrase asks for what a row is called."""

    entity: Entity
    field: Field | None
    level: int
    is_bound: bool = False
    is_label: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """All of a catalog's names; made by `vocabulary_of`."""

    catalog: Catalog
    entities: Mapping[str, Entity]
    by_stem: Mapping[str, tuple[Entity | Field, ...]]

    def find(self, phrase: Sequence[str]) -> tuple[Found, ...]:
        """The tables and columns that the words may name, the best first; ``of`` and articles between do not count."""
        if place := self.catalog.meant.get(" ".join(phrase)):
            entity = self.entities[place[0]]
            return (Found(entity, entity.field(place[1]), names.EXACT),)
        phrase = [word for word in phrase if word not in ("of", "the", "'s")] or phrase
        candidates = self._candidates(phrase)
        found = [hit for each in candidates if (hit := self._match(phrase, each))]
        found += self._labelled(phrase)
        found += self._agents(phrase)
        return tuple(sorted(found or self._patrons(phrase), key=lambda hit: hit.level))

    def _patrons(self, phrase: Sequence[str]) -> list[Found]:
        """``customers`` where nothing is called that are the one kind of persons that the business serves."""
        if len(phrase) != 1 or stem(phrase[0]) not in CUSTOMER:
            return []
        served = [each for each in self.entities.values() if each.is_person and each.words[-1].stems & PATRON]
        return [Found(served[0], None, names.ALIKE)] if len(served) == 1 else []

    def people(self) -> tuple[Found, ...]:
        """The tables of persons."""
        return tuple(Found(entity, None, names.ALIKE) for entity in self.entities.values() if entity.is_person)

    def _candidates(self, phrase: Sequence[str]) -> list[Entity | Field]:
        seen: dict[int, Entity | Field] = {}
        for word in phrase:
            for each in self.by_stem.get(stem(word), ()):
                seen[id(each)] = each
            for full in ABBREVIATIONS.get(singular(word), ()):
                for each in self.by_stem.get(stem(full), ()):
                    seen[id(each)] = each
            for meaning in GROUPS.get(stem(word), ()):
                for each in self.by_stem.get(f"#{meaning}", ()):
                    seen[id(each)] = each
            for each in self.by_stem.get(f"~{word[0]}", ()):
                seen[id(each)] = each
        return list(seen.values())

    def _match(self, phrase: Sequence[str], each: "Entity | Field") -> Found | None:
        if isinstance(each, Entity):
            level = _table_level(phrase, each.words)
            return None if level is None else Found(each, None, level)
        entity = self.entities[each.table]
        level = _column_level(phrase, each)
        if level is not None and level <= names.OWN:
            return Found(entity, each, level)
        bound = _bound_level(phrase, each, entity)
        if bound is not None and (level is None or bound <= level):
            return Found(entity, each, bound, is_bound=True)
        return None if level is None else Found(entity, each, level)

    def _labelled(self, phrase: Sequence[str]) -> Iterator[Found]:
        """``name`` where it is two columns, or goes by another word."""
        if stem(phrase[-1]) != "name":
            return
        owner = [word for word in phrase[:-1] if word != "full"]
        for entity in self.entities.values():
            is_bound = bool(owner) and names.meant(owner, entity.words)
            if entity.labels and (not owner or is_bound):
                yield Found(entity, entity.labels[0], names.OWN, is_bound=is_bound, is_label=True)

    def _agents(self, phrase: Sequence[str]) -> Iterator[Found]:
        """``teaches`` is about a table of teachers."""
        root, agent = stem(phrase[0]), stem(f"{stem(phrase[0])}er")
        if len(phrase) == 1 and root != agent:
            yield from (
                Found(each, None, names.ALIKE) for each in self.by_stem.get(agent, ()) if isinstance(each, Entity)
            )


def _table_level(phrase: Sequence[str], name: Name) -> int | None:
    if names.written(phrase, name):
        return names.EXACT
    if names.meant(phrase, name):
        return names.ALIKE
    if len(phrase) < len(name) and names.written([*phrase], name[: len(phrase)]) and _is_tail(name[len(phrase) :]):
        return names.ALIKE
    if names.ends(phrase, name):
        return names.PART
    return None


def _is_tail(rest: Name) -> bool:
    """Whether a table's name goes on with what says nothing of its rows: ``order_header``, ``loan_out``."""
    return all(word.stems & TABLE_TAILS for word in rest)


def _column_level(phrase: Sequence[str], each: Field) -> int | None:
    if names.written(phrase, each.words):
        return names.EXACT
    if names.written(phrase, each.own):
        return names.OWN
    if each.kind == "key":
        return None
    if names.written(phrase, each.core) or _shorter(phrase, each):
        return names.OWN if len(each.core) == len(each.own) or each.kind == "flag" else names.ALIKE
    if each.kind == "date" and singular(phrase[-1]) != phrase[-1]:
        return names.PART if names.ends(phrase, each.words) else None  # payments, beside paid_on
    if names.meant(phrase, each.own) or names.meant(phrase, each.words) or names.meant(phrase, each.core):
        return names.ALIKE
    if names.ends(phrase, each.words) or names.ends(phrase, each.core):
        return names.PART
    is_verbal = each.kind in ("date", "flag", "text") or bool(each.own[-1].stems & {"year"})
    if len(phrase) == 1 and len(each.own) > 1 and is_verbal and each.own[0].is_meant(phrase[0]):
        return names.VERB
    return None


def _shorter(phrase: Sequence[str], each: Field) -> bool:
    """``phone number`` is the column phone, ``email address`` email."""
    if len(phrase) < 2 or each.kind == "flag" or not names.written(phrase[:-1], each.core):
        return False
    return stem(phrase[-1]) in (DATE_TAILS if each.kind == "date" else TAILS | KINDS)


def _bound_level(phrase: Sequence[str], each: Field, entity: Entity) -> int | None:
    for cut in range(1, len(phrase)):
        owner = _table_level(phrase[:cut], entity.words)
        if owner is None and names.written(phrase[:cut], entity.words[:cut]):
            owner = names.PART  # the quiz score, of quiz_attempts
        level = _column_level(phrase[cut:], each) if owner is not None else None
        if owner is not None and level is not None and level < names.VERB:
            return max(level, names.EXACT if owner == names.EXACT else names.ALIKE)
    return None


@lru_cache(maxsize=8)
def vocabulary_of(catalog: Catalog) -> Vocabulary:
    """The catalog's vocabulary, made once."""
    known = _known(catalog)
    prefix = shared_prefix([split_name(table.name) for table in catalog.schema.tables])
    terse = names.is_terse(each for table in catalog.schema.tables for each in (table.name, *_columns(table)))
    entities = {table.key: entity_of(table, catalog, known, prefix, terse) for table in catalog.schema.tables}
    return Vocabulary(catalog, entities, _index(entities))


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _known(catalog: Catalog) -> frozenset[str]:
    """Words that names written as one word may be made of: other names, and the lexicon."""
    named = [split_name(table.name) for table in catalog.schema.tables]
    named += [split_name(column.name) for table in catalog.schema.tables for column in table.columns]
    lexicon = {*GROUPS, *JOINED, *(full for each in ABBREVIATIONS.values() for full in each), *names.ENDINGS}
    plain = {word for words in named if len(words) > 1 for word in words if len(word) > 2}
    return frozenset(plain | lexicon | {stem(word) for words in named for word in words if len(word) < 9})


def _index(entities: Mapping[str, Entity]) -> dict[str, tuple[Entity | Field, ...]]:
    found: dict[str, dict[int, Entity | Field]] = {}
    for entity in entities.values():
        named: list[Entity | Field] = [entity, *entity.fields]
        for each in named:
            for word in each.words:
                keys = [*word.stems, *(f"#{meaning}" for meaning in word.meanings)]
                for key in [*keys, f"~{word.short[0]}"] if word.short else keys:
                    found.setdefault(key, {})[id(each)] = each
    return {key: tuple(each.values()) for key, each in found.items()}
