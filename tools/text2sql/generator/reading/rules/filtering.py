"""Values, spans of time, negation: ``in Berlin or Paris``, ``since March 2024``, ``not paid``, ``without orders``."""

from collections.abc import Sequence

from tools.text2sql.generator.language.dates import Period
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.reading.asked import Absent, Is, Named, When
from tools.text2sql.generator.reading.rules import heading
from tools.text2sql.generator.reading.tagging import STOPS, Item
from tools.text2sql.generator.reading.walk import Walk, belongs, has_kind, is_name, is_table, leads_with

SPANS = ("before", "after", "since", "by_end", "between", "from")
BEFORE_SPAN = ("the", "in", "on", "of", "during", "within", "for", "year", "at", "over")
BETWEEN_VALUES = ("in", "from", "the", "either", "with", "not")
STATES = ("is", "are", "still", "currently", "being", "status", "not", "now")
REST = ("yet", "anything", "any", "recorded", "set", "assigned", "on file")


def values(walk: Walk) -> bool:
    found = walk.here
    if not found.values:
        return False
    is_meant = is_value(walk)
    if not found.is_capital and (doubt := _doubt(walk, is_meant)):
        walk.asked.problems.append(f"{found.text}: {doubt}")
    if not is_meant:
        return False
    if heading.is_head_open(walk) and (head := heading.head_of_value(walk, found)):
        heading.start(walk, head)
    return name(walk, 0)


def _doubt(walk: Walk, is_meant: bool) -> str:
    """What else a value may be that is not written as a name."""
    found = walk.here
    if not is_meant:
        is_synonym = is_table(found) and found.nouns[0].level == names.ALIKE and not found.is_verb
        return "a kind, or all" if is_synonym else ""  # members, who are one role of the users
    if found.is_filler and not _is_said_of(walk):
        return "a state, or what was done"
    if found.is_verb and _period_behind(walk) and _has_dates(walk, found):
        return "when is not known"
    is_dated = found.is_verb and has_kind(found, "date") and _is_dated_later(walk)
    return "a state, or when it was done" if is_dated else ""


def _is_dated_later(walk: Walk) -> bool:
    """``closed the most tickets in May`` were closed in May; ``closed tickets of May`` need not be."""
    following = walk.item(1)
    is_adjective = following is not None and is_table(following) and belongs(walk.here, following)
    return not is_adjective and any(each.period is not None for each in walk.items[walk.at :])


def _has_dates(walk: Walk, found: Item) -> bool:
    """Whether the table of a state has several dates, of which none is known to be that of the state."""
    tables = {value.table for value in found.values}
    return any(len(walk.vocabulary.entities[table].of_kind("date")) > 1 for table in tables)


def _is_said_of(walk: Walk) -> bool:
    """``assigned tickets`` and ``tickets that are assigned`` rather than ``tickets assigned to``."""
    following = walk.item(1)
    if following is not None and is_table(following) and belongs(walk.here, following):
        return True
    return walk.text(-1) in STATES and (following is None or following.op != "" or following.text in STOPS)


def is_value(walk: Walk) -> bool:
    """Whether what is here is meant as a value where it could also be a noun."""
    found, following = walk.here, walk.item(1)
    if not found.nouns or found.is_quoted:
        return True
    if following and following.nouns and not following.is_verb and belongs(found, following):
        return True
    best = found.nouns[0]
    if found.is_verb and has_kind(found, "date") and _period_behind(walk):
        return False  # closed in May: when, rather than in what state
    if leads_with(found, "flag") and best.level <= names.OWN:
        return False
    if leads_with(found, "date") and not found.is_verb:
        return True  # open, beside opened_at
    if found.is_verb and is_table(found) and not found.is_capital:
        return _is_state(walk)
    if walk.op(-1) == "by" and best.level >= names.ALIKE:
        return True  # by mail
    return (
        found.is_capital
        or best.level >= names.PART
        or (found.is_verb and (best.level > names.EXACT or best.field is None))
    )


def _period_behind(walk: Walk) -> bool:
    following = walk.item(walk.beyond_words(1, BEFORE_SPAN))
    return following is not None and (following.period is not None or following.op in SPANS)


def _is_state(walk: Walk) -> bool:
    """``rented`` is a state of the vehicles named right before, and otherwise what somebody did."""
    before = walk.asked.mentions[-1] if walk.asked.mentions else None
    if before is not None and not belongs(walk.here, before):
        return False
    is_added_up = any(want.function not in ("show", "count") for want in walk.asked.wants)
    if is_added_up and not belongs(walk.here, walk.here):
        walk.asked.problems.append(f"{walk.here.text}: a state, or what was done")
    if (following := walk.item(walk.beyond(1))) and (following.period or following.op in ("most", "least")):
        walk.asked.problems.append(f"{walk.here.text}: a state, or when it was done")
    return True


def name(
    walk: Walk, ahead: int, is_negated: bool = False, column: Item | None = None, owner: Item | None = None
) -> bool:
    """The values from ``ahead`` on, several with ``or``, ``and`` or commas between, and the noun behind them."""
    several, taken = _several(walk, ahead)
    noun = walk.item(taken)
    if column is None and noun is not None and noun.nouns and not noun.is_verb and noun.period is None:
        fields = {(hit.entity.key, hit.field.column) for hit in noun.nouns if hit.field and hit.level < names.VERB}
        if fields & {(value.table, value.column) for value in several[0].values}:
            column, taken = noun, taken + 1
        elif is_table(noun):
            owner = owner or noun
    if column is None and noun is not None and _is_part_of_name(walk, several[-1], noun):
        taken += 1
    is_joined = any(walk.text(place) in ("and", "&") for place in range(ahead, taken))
    walk.asked.filters.append(Named(walk.here.at, tuple(several), is_negated, column, owner, is_joined))
    return walk.take(taken)


def _is_part_of_name(walk: Walk, value: Item, word: Item) -> bool:
    """``air transport``, of the column transport_mode; no noun of its own."""
    if word.is_known:
        return False
    entities = walk.vocabulary.entities
    fields = [entities[each.table].field(each.column) for each in value.values]
    return all(any(part.is_written(word.text) for part in field.own) for field in fields)


def _several(walk: Walk, ahead: int) -> tuple[list[Item], int]:
    found, taken = list[Item](), ahead
    while (value := walk.item(taken)) and value.values:
        found.append(value)
        taken += 1
        step = taken
        while walk.op(step) in ("or", "and") or (step > taken and walk.text(step) in BETWEEN_VALUES):
            step += 1
        following = walk.item(step)
        if step == taken or following is None or not _is_same_kind([*found, following]):
            break
        taken = step
    return found, taken


def _is_same_kind(several: Sequence[Item]) -> bool:
    """Whether all may stand in one column, and the last is no better a noun."""
    last = several[-1]
    if last.nouns and not last.is_capital and last.nouns[0].level <= names.OWN:
        return False
    return bool(set.intersection(*({(value.table, value.column) for value in each.values} for each in several)))


def periods(walk: Walk) -> bool:
    return period(walk, 0, None)


def period(walk: Walk, ahead: int, cue: Item | None) -> bool:
    """A span of time, with what stands in front of it from ``ahead`` on."""
    sign = walk.op(ahead) if walk.op(ahead) in SPANS else "in"
    place = walk.beyond_words(ahead + (sign != "in"), BEFORE_SPAN)
    found = walk.item(place)
    if found is None or found.period is None:
        return False
    if walk.text(ahead) in ("starting", "beginning"):
        walk.asked.problems.append(f"{walk.text(ahead)}: in that time, or since then")
    start, taken = walk.here.at, place + 1
    if sign in ("between", "from") and walk.op(taken) in ("and", "to", "before", "by_end"):
        place = walk.beyond_words(taken + 1, ("the",))
        last = walk.item(place)
        if last is None or last.period is None:
            return False
        walk.asked.filters.append(When(start, _dated_like(found.period, last.period), sign, cue, last.period))
        return walk.take(place + 1)
    if sign == "between":
        return False
    if walk.op(taken) == "onwards":
        sign, taken = "since", taken + 1
    if walk.op(taken) in ("or", "and") and (other := walk.item(taken + 1)) and other.period:
        walk.asked.problems.append("two periods")
    walk.asked.filters.append(When(start, found.period, "in" if sign == "from" else sign, cue))
    return walk.take(taken)


def _dated_like(first: Period, last: Period) -> Period:
    """``January and March 2021``: the year is said once."""
    if not first.is_vague or last.is_vague:
        return first
    shift = last.start.year - first.start.year
    return Period(first.start.replace(year=last.start.year), first.end.replace(year=first.end.year + shift))


def negations(walk: Walk) -> bool:
    op = walk.op()
    if op not in ("not", "without", "never") or is_name(walk.here):
        return False
    ahead = walk.beyond(1)
    while walk.op(ahead) in ("'s", "never", "without"):
        ahead = walk.beyond(ahead + 1)
    found = walk.item(ahead)
    if found and found.is_verb and found.nouns and found.nouns[0].level >= names.ALIKE and not found.values:
        later = walk.beyond(ahead + 1)
        if (table := walk.item(later)) and is_table(table) and not table.is_verb:
            ahead, found = later, table  # never shipped a parcel: no parcel
    if found is None:
        return False
    is_word = not found.nouns or found.is_capital or found.is_verb or found.nouns[0].level >= names.PART
    is_word = is_word and not (is_table(found) and found.is_verb and not _is_of_last(walk, found))
    if found.values and is_word and op == "not":
        if any(hit.field and hit.field.kind == "date" and hit.field.is_nullable for hit in found.nouns):
            walk.asked.problems.append(f"not {found.text}: another status, or no date")
        return name(walk, ahead, is_negated=True)
    return bool(found.nouns) and _none(walk, ahead, found)


def _is_of_last(walk: Walk, value: Item) -> bool:
    """Whether it is a state of what was named last; agents who have not sold anything are in none."""
    return bool(walk.asked.mentions) and belongs(value, walk.asked.mentions[-1])


def _none(walk: Walk, ahead: int, noun: Item) -> bool:
    """No row of a table, a flag that is not set, or a column that is empty."""
    start, best = walk.here.at, noun.nouns[0]
    table = next((hit for hit in noun.nouns if hit.field is None), None)
    column = next((hit for hit in noun.nouns if hit.field is not None), None)
    flag = next((hit for hit in noun.nouns if hit.field and hit.field.kind == "flag"), None)
    if flag and (table is None or flag.level <= table.level):
        walk.asked.filters.append(Is(start, noun, "flag", is_negated=True))
    elif table and table.level <= max(best.level, column.level if column else 0):
        walk.asked.absent.append(Absent(start, noun))
    else:
        place = walk.beyond_light(ahead + 1)
        following = walk.item(place)
        if following is not None and (following.values or following.number is not None or following.period):
            return bool(following.values) and name(walk, place, is_negated=True, column=noun)
        if following is not None and following.op in SPANS:
            return False  # not serviced since May: no row without a date, but one with an older
        walk.asked.filters.append(Is(start, noun, "empty"))
    walk.take(ahead + 1)
    return walk.take(1 if walk.text() in REST else 0)
