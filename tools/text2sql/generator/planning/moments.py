"""Spans of time in a question bound to the date columns they are about."""

from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming.fields import Entity, Field
from tools.text2sql.generator.planning.binding import FAR, Binder, Stuck
from tools.text2sql.generator.reading.asked import Named, When
from tools.text2sql.generator.reading.tagging import Item

STARTS = tuple(
    frozenset(stem(word) for word in words.split())
    for words in (
        "created placed opened submitted made ordered booked recorded issued raised logged reported",
        "start begin scheduled",
    )
)
"""Words of the date on which a row came about, the surest first."""
LATER = frozenset(
    stem(word)
    for word in "updated modified closed resolved end due expiry expires expiration deleted cancelled canceled "
    "returned left leave exit resigned ended until deactivated decommissioned retired removed archived "
    "arrived received fulfilled approved settled "
    "delivered shipped completed finished termination terminated paid birth deceased died death "
    "last checkout promised estimated".split()
)
"""Words of dates that come after that."""
PLANNED = frozenset(
    stem(word)
    for word in "arrival arrive departure depart checkin scheduled event class visit appointment travel pickup session "
    "show performance flight trip viewing meeting stay lesson course game match effective".split()
)
"""Words of dates on which what was booked takes place."""
MADE = frozenset(stem(word) for word in "make place submit receive create add enter".split())
"""Verbs of the making of what is booked."""
BARE = frozenset({"date", "on", "time", "at"})


def is_later(field: Field) -> bool:
    """Whether it is the date of an end or a change, rather than of a beginning."""
    return any(word.stems & LATER for word in field.own)


def is_state(field: Field) -> bool:
    return any(word.stems & {stem("status"), stem("state")} for word in field.own)


def year_field(entity: Entity) -> Field | None:
    """The one column of years written as numbers, if there is one."""
    found = [field for field in entity.fields if field.is_year]
    return found[0] if len(found) == 1 else None


def date_of(bind: Binder, when: When, base: str) -> Field:
    """The column a span is about: its cue's, or the main date of the table of events in question. Raises Stuck."""
    entity = bind.vocabulary.entities[base]
    if stem("run") in bind.asked.ties:
        raise Stuck(f"running in {when.period}")  # begun, or going on
    if when.period.year and (field := year_field(entity)) and _is_about(when.cue, field, bool(entity.of_kind("date"))):
        return field
    if (cue := when.cue or bind.asked.unit_cue) is not None:
        return _cued(bind, cue, base)
    return main_date(_dated(bind, when, base), str(when.period), is_made=_is_made(bind))


def _is_made(bind: Binder) -> bool:
    """Whether the question tells of the making of something, as in ``bookings made in July``."""
    return bool(bind.asked.ties & MADE) and stem("take") not in bind.asked.ties


def _is_about(cue: Item | None, field: Field, has_dates: bool) -> bool:
    return not has_dates if cue is None else any(hit.field is field for hit in cue.nouns)


def _cued(bind: Binder, cue: Item, base: str) -> Field:
    hits = [hit for hit in cue.nouns if hit.field is not None and hit.field.kind == "date"]
    orders = [bind.order(hit, base) for hit in hits]
    best = [hit.field for hit, order in zip(hits, orders, strict=True) if hit.field and order == min(orders)]
    if len(best) != 1:
        raise Stuck(cue.text, [f"{cue.text} is {field.table}.{field.column}" for field in best])
    if min(orders)[1] >= FAR:
        raise Stuck(cue.text)
    return best[0]


def _dated(bind: Binder, when: When, base: str) -> Entity:
    """Of the tables in question the one furthest down the many side that has dates of its own."""
    candidates = [bind.vocabulary.entities[base], *bind.mentioned, *bind.hanging, *_told_of(bind, base)]
    dated = list({entity.key: entity for entity in candidates if entity.of_kind("date")}.values())
    if not dated:
        return _parent(bind, when, base)
    lowest = [entity for entity in dated if not any(_is_below(bind, other.key, entity.key) for other in dated)]
    if len(lowest) != 1:
        raise Stuck(str(when.period), [f"{when.period} is about {entity.table.name}" for entity in lowest])
    return lowest[0]


def _told_of(bind: Binder, base: str) -> list[Entity]:
    """Tables of events below ``base`` that only a value tells of: ``pets diagnosed with a fracture in May``."""
    named = [each for each in bind.asked.filters if isinstance(each, Named)]
    tables = [{value.table for item in each.values for value in item.values} for each in named]
    return [
        bind.vocabulary.entities[key] for each in tables if len(each) == 1 for key in each if _is_below(bind, key, base)
    ]


def _parent(bind: Binder, when: When, base: str) -> Entity:
    """The one table with dates that each row leads to by one key."""
    near = [bind.vocabulary.entities[edge.end] for edge in bind.joins.edges.get(base, ()) if edge.is_to_one]
    dated = [entity for entity in near if entity.of_kind("date")]
    if len(dated) != 1:
        raise Stuck(str(when.period))
    return dated[0]


def _is_below(bind: Binder, low: str, high: str) -> bool:
    """Whether many rows of ``low`` hang on one of ``high``."""
    return low != high and bind.is_single(low, high)


def main_date(entity: Entity, words: str, is_made: bool = False) -> Field:
    """The date on which a row of the table came about. Raises Stuck, also where that is as likely the day on which
    what it is about takes place (a booking for July, or made in July), unless it says so (``is_made``)."""
    found = _main_date(entity, words, is_made)
    later = [field for field in entity.of_kind("date") if any(word.stems & PLANNED for word in field.own)]
    if later and found not in later and not is_made:
        fields = [found, *later]
        raise Stuck(words, [f"{words} is about {field.table}.{field.column}" for field in fields[:4]])
    return found


def _main_date(entity: Entity, words: str, is_made: bool) -> Field:
    dates = entity.of_kind("date")
    if len(dates) == 1:
        return dates[0]
    plain = [field for field in dates if len(field.own) == 1 and field.own[0].stems & {"date"}]
    head = entity.words[-1].stems if entity.words else frozenset[str]()
    own = [field for field in dates if field.own[0].stems & BARE and field.words[0].stems & head]
    meant = [field for field in dates if any(a.meanings & b.meanings for a in field.own for b in entity.words[-1:])]
    started = [[field for field in dates if any(word.stems & start for word in field.own)] for start in STARTS]
    early = [field for field in dates if not is_later(field)]
    made = started if is_made else []
    for found in (plain, own, meant, *made, early):
        if len(found) == 1:
            return found[0]
    raise Stuck(words, [f"{words} is about {field.table}.{field.column}" for field in dates[:4]])
