"""Ways from one table to another along foreign keys."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from tools.text2sql.generator.naming.fields import Entity
from tools.text2sql.generator.naming.names import without
from tools.text2sql.generator.naming.vocabulary import Vocabulary

LONGEST_WAY = 5


@dataclass(frozen=True, slots=True)
class Edge:
    """A step between two tables. ``is_to_one``: each row of ``start`` meets at most one of ``end``."""

    start: str
    start_columns: tuple[str, ...]
    end: str
    end_columns: tuple[str, ...]
    is_to_one: bool
    is_role: bool = False
    """The key is named after a part that one table plays for the other: ``lead_lawyer_id``."""


Way = tuple[Edge, ...]


class NoWay(Exception):
    """The tables are not joined, or in several ways of equal right, which take so many ``steps``."""

    def __init__(self, start: str, end: str, steps: int | None) -> None:
        super().__init__(start, end)
        self.steps = steps


@dataclass(frozen=True, slots=True, eq=False)
class Joins:
    """The edges of a schema by the table they start from; made by `joins_of`."""

    edges: Mapping[str, tuple[Edge, ...]]

    def way(self, start: str, end: str, through: Iterable[str] = ()) -> Way:
        """The one way between two tables: over many-to-one steps alone if it can be, and else the one that passes
        most of the tables in ``through``, if no other is nearly as short. Raises NoWay."""
        if start == end:
            return ()
        ways = _ways(self, start, end)
        if not ways:
            raise NoWay(start, end, None)
        straight = [way for way in ways if all(edge.is_to_one for edge in way)]
        direct = [way for way in ways if _cost(way)[0] == _cost(ways[0])[0]]
        return _only(straight or _passing(direct, frozenset(through)), start, end)

    def ways(self, at: str, end: str, seen: frozenset[str], left: int = LONGEST_WAY) -> Iterator[Way]:
        for edge in self.edges.get(at, ()) if left else ():
            if edge.end == end:
                yield (edge,)
            elif edge.end not in seen:
                for rest in self.ways(edge.end, end, seen | {edge.end}, left - 1):
                    yield (edge, *rest)


@lru_cache(maxsize=4_000)
def _ways(joins: Joins, start: str, end: str) -> list[Way]:
    """All ways, the least far-fetched first."""
    return sorted(joins.ways(start, end, frozenset({start})), key=_cost)


def _passing(ways: list[Way], through: frozenset[str]) -> list[Way]:
    def passed(way: Way) -> int:
        return len({edge.end for edge in way[:-1]} & through)

    most = max(map(passed, ways))
    return [way for way in ways if passed(way) == most]


def _cost(way: Way) -> tuple[int, int, int]:
    """How far-fetched a way is: first by tables it only shares (from many to one and on to many), then by turns."""
    turns = [(first.is_to_one, second.is_to_one) for first, second in pairwise(way)]
    return turns.count((True, False)), sum(first != second for first, second in turns), len(way)


def _only(ways: list[Way], start: str, end: str) -> Way:
    """The least far-fetched, unless another is hardly more so; a mere detour over the same tables does not count."""
    best = ways[0]
    slack = 1 if any(not edge.is_to_one for edge in best) else 0
    if any(edge.is_role for edge in best) and any(_is_rival(way, best) for way in ways[1:]):
        raise NoWay(start, end, len(best))
    others = [way for way in ways[1:] if _cost(way)[:2] == _cost(best)[:2] and len(way) <= len(best) + slack]
    if any(not _is_detour(way, best) for way in others):
        raise NoWay(start, end, len(best))
    return best


def _is_rival(way: Way, best: Way) -> bool:
    """Whether it ties the tables in another manner than by the part one plays: who works on it, and who leads it."""
    return len(way) == len(best) + 1 and _cost(way)[0] == _cost(best)[0]


def _is_detour(way: Way, shortest: Way) -> bool:
    return len(way) > len(shortest) and {edge.end for edge in shortest} <= {edge.end for edge in way}


def joins_of(vocabulary: Vocabulary) -> Joins:
    """All joins: declared foreign keys, and where a table declares none, columns named like another's key."""
    found: dict[str, list[Edge]] = {}
    keys = [edge for entity in vocabulary.entities.values() for edge in _keys(entity, vocabulary)]
    for forth in _plainest(keys, vocabulary):
        is_role = _is_role(forth, vocabulary)
        found.setdefault(forth.start, []).append(replace(forth, is_role=is_role))
        is_unique = _is_unique(vocabulary.entities[forth.start], forth)
        back = Edge(forth.end, forth.end_columns, forth.start, forth.start_columns, is_unique, is_role)
        found.setdefault(back.start, []).append(back)
    return Joins({key: tuple(edges) for key, edges in found.items()})


def _keys(entity: Entity, vocabulary: Vocabulary) -> list[Edge]:
    declared = [
        Edge(entity.key, key.columns, key.table.lower(), key.referred, is_to_one=True)
        for key in entity.table.foreign_keys
        if key.table.lower() in vocabulary.entities and key.table.lower() != entity.key and len(key.columns) == 1
    ]
    return declared if entity.table.foreign_keys else list(_guessed(entity, vocabulary))


def _guessed(entity: Entity, vocabulary: Vocabulary) -> Iterator[Edge]:
    """``customer_id`` beside a table customers whose key is ``id`` or ``customer_id``."""
    for field in entity.fields:
        if field.kind != "key" or (field.column,) == entity.table.primary_key:
            continue
        for other in vocabulary.entities.values():
            key = other.table.primary_key or _key_named_id(other)
            if other.key == entity.key or len(key) != 1 or len(field.words) < 2:
                continue
            named = field.words[:-1]
            same = len(named) == len(other.words) and all(
                a.stems & b.stems for a, b in zip(named, other.words, strict=True)
            )
            if same and key[0].lower() in ("id", field.column.lower()):
                yield Edge(entity.key, (field.column,), other.key, key, is_to_one=True)


def _key_named_id(entity: Entity) -> tuple[str, ...]:
    named = [field.column for field in entity.fields if field.kind == "key"]
    own = [name for name in named if len(without(entity.field(name).words, entity.words)) == 1]
    return (own[0],) if len(own) == 1 else ()


def _plainest(edges: list[Edge], vocabulary: Vocabulary) -> Iterator[Edge]:
    """Of several keys between two tables the one named after its table: ``department_id`` beside ``head_id``."""
    for pair in dict.fromkeys(frozenset((edge.start, edge.end)) for edge in edges):
        same = [edge for edge in edges if frozenset((edge.start, edge.end)) == pair]
        plain = [edge for edge in same if _is_plain(edge, vocabulary)]
        yield from plain if len(plain) == 1 else same


def _is_role(edge: Edge, vocabulary: Vocabulary) -> bool:
    """Whether the key is called neither like the key it refers to nor like the table."""
    if len(edge.start_columns) != 1 or edge.start_columns[0].lower() == edge.end_columns[0].lower():
        return False
    return not _is_plain(edge, vocabulary)


def _is_plain(edge: Edge, vocabulary: Vocabulary) -> bool:
    words = vocabulary.entities[edge.start].field(edge.start_columns[0]).words
    other = vocabulary.entities[edge.end].words
    return len(words) == len(other) + 1 and all(a.stems & b.stems for a, b in zip(words, other, strict=False))


def _is_unique(entity: Entity, edge: Edge) -> bool:
    """Whether a row of the other table is met by one row at most."""
    keys = (entity.table.primary_key, *entity.table.unique)
    return any(key and set(key) <= set(edge.start_columns) for key in keys)
