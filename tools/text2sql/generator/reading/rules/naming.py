"""Nouns for tables and columns: what they are compared with, and the part a bare one plays."""

from dataclasses import replace

from tools.text2sql.generator.language.lexicon import PAID
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.reading.asked import How, Is, Named, Texted, Want
from tools.text2sql.generator.reading.rules.comparing import compare, equal
from tools.text2sql.generator.reading.rules.filtering import name, period
from tools.text2sql.generator.reading.rules.ranking import RANKS
from tools.text2sql.generator.reading.tagging import Item
from tools.text2sql.generator.reading.walk import (
    ARTICLES,
    COMPARATORS,
    UNITS,
    Walk,
    belongs,
    has_kind,
    is_column,
    is_modifier,
    is_table,
    leads_with,
)

BEFORE_DATE = ("is", "are", "was", "were", "date", "dates", "up", "in", "on", "during", "the", "of", "been", "within")
BY_MEANS = ("with", "by", "via", "through", "in", "using", "a", "an", "the", "at", "from", "as")
HOW: dict[str, How] = {"contains": "contains", "starts": "starts", "ends": "ends"}
BEFORE_TEXT = ("the", "letter", "letters", "a", "an", "word", "with")


def nouns(walk: Walk) -> bool:
    found = walk.here
    if not found.nouns:
        return False
    if _compared(walk) or _followed_by_value(walk) or _dated(walk) or _flag(walk):
        return True
    if is_modifier(walk, 0):
        walk.asked.mentions.append(found)
        return walk.take(1)
    found = _deed(walk)
    best = found.nouns[0]
    if found.is_filler and best.level >= names.ALIKE and not walk.pending:
        return walk.take(1)
    if found.is_verb and best.level > names.OWN and leads_with(found, "date") and _date_verb(walk):
        return True
    is_asked_when = walk.asked.who == "when" and found.is_verb and leads_with(found, "date") and best.level > names.OWN
    if best.field is not None and (best.level == names.VERB or is_asked_when):
        return _verb(walk)
    if found.is_verb and best.field is None and best.level >= names.ALIKE and _is_before_table(walk):
        return walk.take(1)  # shipped a parcel: about parcels, not shipments
    _place(walk, found)
    return walk.take(1)


def _deed(walk: Walk) -> Item:
    """A verb without a date is what was done (paid: a payment), rather than when."""
    found = walk.here
    tables = tuple(hit for hit in found.nouns if hit.field is None and hit.level <= names.ALIKE)
    if found.is_verb and tables and leads_with(found, "date") and walk.asked.who != "when":
        return replace(found, nouns=tables)
    return found


def _is_before_table(walk: Walk) -> bool:
    following = walk.item(walk.beyond(1))
    return following is not None and is_table(following) and not following.is_verb


# With something behind it


def _compared(walk: Walk) -> bool:
    """``price over 50``, ``email is missing``, ``name starts with A``, ``rating 5``."""
    found, ahead = walk.here, walk.beyond_light(1)
    following = walk.item(ahead)
    if following is None:
        return False
    if following.number is not None and walk.op(ahead + 1) not in RANKS and equal(walk, ahead):
        return True
    if not is_column(found):
        return False
    match following.op:
        case op if op in COMPARATORS:
            if found.is_verb and found.nouns[0].level > names.OWN and is_table(walk.item(walk.beyond(ahead + 2))):
                return False  # watched more than 5 episodes, rather than minutes_watched
            return has_kind(found, "number", "key") and compare(walk, ahead, found)
        case "missing":
            walk.asked.filters.append(Is(found.at, found, "empty"))
            return walk.take(ahead + 1)
        case "contains" | "starts" | "ends":
            return _text(walk, ahead)
        case _:
            return False


def _text(walk: Walk, ahead: int) -> bool:
    place = walk.beyond_words(ahead + 1, BEFORE_TEXT)
    place -= walk.item(place) is None  # ends with a
    text, how = walk.item(place), HOW.get(walk.op(ahead))
    if text is None or place == ahead or how is None:
        return False
    walk.asked.filters.append(Texted(walk.here.at, walk.here, how, text.text.strip("\"'“”‘’`")))
    return walk.take(place + 1)


def _followed_by_value(walk: Walk) -> bool:
    """``status paid``, ``status is not paid``, ``customer Jane``, ``paid by card``."""
    found, ahead = walk.here, walk.beyond_light(1)
    if is_column(found) and walk.op(ahead) in ("not", "without"):
        place = walk.beyond_light(ahead + 1)
        value = walk.item(place)
        return bool(value and value.values and belongs(value, found)) and name(walk, place, True, found)
    value = walk.item(ahead)
    if value is not None and value.values and belongs(value, found):
        if is_column(found) and not (is_table(found) and found.nouns[0].field is None):
            return name(walk, ahead, column=found)
        if not found.is_verb and _is_label(value, found):
            walk.asked.mentions.append(found)
            return name(walk, ahead, owner=found)
    return found.is_verb and _by_means(walk)


def _is_label(value: Item, noun: Item) -> bool:
    labels = {(hit.entity.key, each.column) for hit in noun.nouns if hit.field is None for each in hit.entity.labels}
    return any((each.table, each.column) in labels for each in value.values)


def _by_means(walk: Walk) -> bool:
    """``paid by card`` is the column payment_method."""
    found, place = walk.here, walk.beyond_words(1, BY_MEANS)
    value = walk.item(place)
    fields = {(hit.entity.key, hit.field.column) for hit in found.nouns if hit.field and hit.level == names.VERB}
    if value is None or not any((each.table, each.column) in fields for each in value.values):
        return False
    return name(walk, place, column=found)


def _dated(walk: Walk) -> bool:
    """``hired in 2023``: a verb or noun for a date and a span of time."""
    found = walk.here
    is_year = found.is_verb and any(hit.field and hit.field.is_year for hit in found.nouns)
    is_date = (has_kind(found, "date") or is_year) and not (is_table(found) and not found.is_verb)
    return is_date and period(walk, walk.beyond_words(1, BEFORE_DATE), found)


def _flag(walk: Walk) -> bool:
    found = walk.here
    if not leads_with(found, "flag") or walk.pending == ["sum"] or (found.values and found.nouns[0].level > names.OWN):
        return False
    walk.asked.filters.append(Is(found.at, found, "flag", found.is_negative))
    return walk.take(1)


# Verbs


def _date_verb(walk: Walk) -> bool:
    """A date's verb without a date: says what a month is of, or nothing where every row has the date."""
    found, ahead = walk.here, walk.beyond(1)
    unit = walk.beyond(ahead + 1) if walk.op(ahead) == "group" else ahead
    if walk.op(unit) in UNITS:
        walk.asked.unit_cue = found
        return walk.take(1)
    if walk.asked.who == "when" or walk.asked.date_verb is not None:
        return False
    walk.asked.date_verb = found
    return walk.take(1)


def _verb(walk: Walk) -> bool:
    """``returned orders`` have a date of return; ``when was it returned`` asks for it."""
    found, field = walk.here, walk.here.nouns[0].field
    if found.is_filler:
        return walk.take(1)
    if walk.asked.who == "when":
        walk.asked.wants.append(Want("show", found))
        return walk.take(1)
    if field is None or not (found.is_verb and field.kind == "date" and field.is_nullable):
        return False
    walk.asked.filters.append(Is(found.at, found, "present"))
    return walk.take(1)


# On its own


def _place(walk: Walk, found: Item) -> None:
    """The part a bare noun plays: counted, measured, listed, shown, or just mentioned."""
    table, asked = is_table(found), walk.asked
    if walk.pending == ["sum"] and _is_paid(walk, found):
        walk.is_amount = True
        _measure(walk, replace(found, is_verb=False), table)
    elif walk.pending and not (found.is_verb and table):
        _measure(walk, found, table)
    elif not table or (is_column(found) and found.nouns[0].field is not None):
        _show(walk, found)
    elif asked.head is not None and not found.is_verb and walk.is_added() and not walk.has_aggregates():
        asked.shown_after.append(found)
        asked.mentions.append(found)
    else:
        if _is_second_thing(walk, found):
            asked.problems.append(f"{found.text}, at once")
        if asked.head is None and asked.filters and walk.is_added() and not walk.has_aggregates():
            asked.problems.append(f"{found.text}, and whose")
        if asked.head is None and not found.is_verb and not walk.has_aggregates():
            asked.head = found
            if walk.op(-1) == "'s":
                asked.problems.append("whose?")
        asked.mentions.append(found)


def _is_paid(walk: Walk, found: Item) -> bool:
    """``total billed for``, ``how much was donated``: the money of what was done."""
    following = walk.item(walk.beyond(1))
    is_of_noun = following is not None and is_column(following) and has_kind(following, "number")
    best = found.nouns[0]
    is_money = best.field is None and bool(best.entity.words[-1].stems & PAID)
    return found.is_verb and is_money and not is_of_noun


def _is_second_thing(walk: Walk, found: Item) -> bool:
    """``and a credit card``: another row than the one before, perhaps of another table."""
    last = walk.asked.filters[-1] if walk.asked.filters else None
    if not isinstance(last, Named) or last.owner is not found or len(last.values) > 1 or walk.asked.head is None:
        return False
    back = -2
    while walk.text(back) in ARTICLES:
        back -= 1
    return walk.op(back) == "and" and walk.text(back) != ","


def _measure(walk: Walk, found: Item, is_counted: bool) -> None:
    asked = walk.asked
    if is_counted and not _is_paid(walk, walk.here) and (between := walk.between_function()):
        asked.problems.append(f"{walk.pending[0]} of what is {between}")
    asked.wants += [Want(function, found, walk.is_distinct, walk.is_amount) for function in walk.pending]
    walk.pending, walk.is_distinct = [], False
    if is_counted:
        asked.mentions.append(found)
        asked.head = asked.head or found


def _show(walk: Walk, found: Item) -> None:
    asked = walk.asked
    if walk.has_aggregates() or (found.is_verb and found.nouns[0].level > names.OWN):
        asked.unexplained.append(found.text)
    elif leads_with(found, "date") and found.nouns[0].level >= names.ALIKE and is_table(walk.item(1)):
        asked.unexplained.append(found.text)  # open tickets
    elif asked.head is None and not asked.wants and walk.shows_more and asked.filters:
        asked.shown_after.append(found)  # the bungalows with their prices
    elif asked.head is None and (not asked.wants or walk.is_added()):
        asked.wants.append(Want("show", found, walk.is_distinct))
    elif walk.is_added():
        asked.shown_after.append(found)
        walk.shows_more = True
    else:
        asked.unexplained.append(found.text)
