"""What rows a question is about, and which of their columns it wants to see."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.fields import Entity, Field
from tools.text2sql.generator.planning.binding import Binder, Stuck, is_table_first
from tools.text2sql.generator.planning.moments import date_of, main_date
from tools.text2sql.generator.planning.placing import place
from tools.text2sql.generator.reading.asked import Compared, Named, When
from tools.text2sql.generator.reading.tagging import Item

GENERIC = frozenset(stem(word) for word in "name title number code description label".split())
"""Words of what a row is called by that do not tell what it is."""


@dataclass(frozen=True, slots=True)
class Head:
    """A table, the columns asked for instead of its labels (none: the labels), and columns to add to either.
    ``is_of_values``: the different values of the columns are wanted, not a row for each."""

    entity: Entity
    columns: tuple[Field, ...]
    extra: tuple[Field, ...]
    is_of_values: bool

    @property
    def shown(self) -> tuple[Field, ...]:
        return self.columns or self.entity.labels


def head_of(bind: Binder) -> Head:
    """The question's head. Raises Stuck."""
    shown = [want.noun for want in bind.asked.wants if want.function == "show" and want.noun is not None]
    entity = _table(bind) if not shown else _table_of_columns(bind, shown)
    if bind.asked.who == "who" and not entity.is_person:
        raise Stuck("who")
    columns = tuple(dict.fromkeys(field for noun in shown for field in _columns(bind, noun, entity)))
    extra = tuple(dict.fromkeys(_extras(bind, entity)))
    return Head(entity, columns, extra, _is_of_values(bind, entity, columns))


def _table(bind: Binder) -> Entity:
    asked = bind.asked
    if asked.head is not None and (asked.who != "who" or bind.entity(asked.head).is_person):
        return bind.entity(asked.head)
    if asked.who == "who":
        return _who(bind)
    raise Stuck("what to list")


def _who(bind: Binder) -> Entity:
    """The one table of persons that the rest of the question leads to."""
    around = bind.through() | bind.valued()
    ranked = bind.asked.ranked
    if ranked and ranked.noun:
        around |= {hit.entity.key for hit in ranked.noun.nouns if hit.level == ranked.noun.nouns[0].level}
    persons = [entity for entity in bind.vocabulary.entities.values() if entity.is_person]
    named = [entity for entity in persons if entity.key in around]
    beside = [entity for entity in persons if any(bind.is_beside(key, entity.key) for key in around)]
    near = [entity for entity in persons if any(bind.is_single(key, entity.key) for key in around)]
    found = named or beside or near or ([] if around else persons)
    if not around and not bind.asked.filters and ranked is None:
        raise Stuck("who")
    if len(found) != 1:
        raise Stuck("who", [f"who is one of {entity.table.name}" for entity in found])
    return found[0]


def _table_of_columns(bind: Binder, shown: Sequence[Item]) -> Entity:
    if bind.asked.head is not None:
        return bind.entity(bind.asked.head)
    return bind.vocabulary.entities[_base_of(bind, shown[0])]


def _base_of(bind: Binder, noun: Item) -> str:
    """The table of a column that is asked for: one that is mentioned, ranked by or counted, or the column's own."""
    counted = [entity.key for entity in bind.hanging]
    if bind.mentioned:
        key = bind.mentioned[0].key
        near = [hit for hit in noun.nouns if hit.field and hit.entity.key in (key, *counted)]
        return near[0].entity.key if near else key
    ranked = bind.asked.ranked
    if ranked and ranked.noun and any(hit.field is None for hit in ranked.noun.nouns):
        return bind.field(noun, bind.entity(ranked.noun).key).table
    if counted:
        return bind.field(noun, counted[0]).table
    tables = {hit.entity.key for hit in noun.nouns if hit.field and hit.level == noun.nouns[0].level}
    return bind.only(tables & bind.valued() or tables, noun.text)


def _columns(bind: Binder, noun: Item, entity: Entity) -> tuple[Field, ...]:
    """The column that a noun names, or the columns that are a row's name."""
    own = [hit for hit in noun.nouns if hit.field and hit.entity is entity]
    if any(hit.is_label for hit in own) and not any(hit.level <= names.OWN and not hit.is_label for hit in own):
        return entity.labels
    return (bind.field(noun, entity.key),)


def _extras(bind: Binder, entity: Entity) -> list[Field]:
    """Columns to be shown beside the rest; of another table, its labels."""
    found: list[Field] = []
    for item in bind.asked.shown_after:
        if is_table_first(item):
            other = bind.entity(item)
            if not bind.is_single(entity.key, other.key):
                raise Stuck(item.text)
            found += other.labels or bind.keys(other)
            continue
        if item.text.lower() == "date":
            found.append(_own_date(bind, entity))
            continue
        field = bind.field(item, entity.key)
        owner = bind.vocabulary.entities[field.table]
        is_label = field in owner.labels and any(hit.is_label and hit.entity is owner for hit in item.nouns)
        found += owner.labels if is_label else (field,)
    return found


def _own_date(bind: Binder, entity: Entity) -> Field:
    """A bare ``date`` is that of the rows themselves, and the one that their span of time is about."""
    said = {date_of(bind, each, entity.key) for each in bind.asked.filters if isinstance(each, When)}
    return said.pop() if len(said) == 1 else main_date(entity, "date")


def _is_of_values(bind: Binder, entity: Entity, columns: Sequence[Field]) -> bool:
    """Whether different values of a column are wanted rather than a value for each row."""
    asked = bind.asked
    is_distinct = any(want.is_distinct for want in asked.wants)
    if not columns or asked.head is not None or entity.key in {each.key for each in bind.mentioned}:
        is_listed = asked.ranked is None and not is_distinct and len(columns) == 1
        if is_listed and not _is_pinned(bind) and _is_common(bind, entity, columns[0]):
            raise Stuck(f"{columns[0].column}, each or the different ones")
        return is_distinct and bool(columns)
    if any(field in entity.labels or field.kind != "text" for field in columns):
        return False
    if entity.key not in {field.table for field in columns}:
        return False
    is_narrowed = any(isinstance(each, (Named, Compared)) for each in asked.filters)
    return bool(asked.counted) or not is_narrowed or (len(columns) == 1 and _repeats(bind, columns[0]))


def _is_pinned(bind: Binder) -> bool:
    """Whether the question is about rows of its own choice: of a head, or of somebody with a name."""
    named = [item for each in bind.asked.filters if isinstance(each, Named) for item in each.values]
    first = next((want.noun.at for want in bind.asked.wants if want.noun), 0)
    is_headed = bind.asked.head is not None and bind.asked.head.at < first
    return is_headed or any(item.is_capital or item.is_quoted for item in named)


def _is_common(bind: Binder, entity: Entity, field: Field) -> bool:
    """Whether rows share the values of a column, so that a list of them is as likely one of the different ones."""
    return field.kind == "text" and field not in entity.labels and field.table == entity.key and _repeats(bind, field)


def _repeats(bind: Binder, field: Field) -> bool:
    rows = bind.vocabulary.entities[field.table].table.rows or 0
    values = bind.vocabulary.catalog.values.get((field.table, field.column), ())
    return bool(values) and len(values) * 2 < rows


def check_pinned(bind: Binder, head: Head) -> None:
    """Columns are given for rows that the question names: a table, or a row by its name or key. Raises Stuck."""
    if not head.columns or head.is_of_values or bind.asked.head is not None or bind.asked.who:
        return
    if head.entity.key in bind.through():
        return
    if all(field in head.entity.labels and field.own[-1].stems.isdisjoint(GENERIC) for field in head.columns):
        return
    named = [place(bind, each, head.entity.key)[0] for each in bind.asked.filters if isinstance(each, Named)]
    if not any(field in bind.vocabulary.entities[field.table].labels for field in named):
        raise Stuck(head.columns[0].column)
