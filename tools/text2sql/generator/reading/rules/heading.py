"""Values in the plural that say what rows a question is about: ``how many cats``, ``names of all waiters``."""

from dataclasses import replace

from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.vocabulary import Found
from tools.text2sql.generator.reading.asked import Want
from tools.text2sql.generator.reading.tagging import Item
from tools.text2sql.generator.reading.walk import ARTICLES, Walk, is_plural

ATTRIBUTES = frozenset(
    stem(word)
    for word in "channel method mode source medium via level priority severity size color colour city town country "
    "region zone location place language currency unit team department".split()
)
"""Words of columns that tell how or where rows are, not what they are: phones are no tickets that came by phone."""


def is_head_open(walk: Walk) -> bool:
    """Whether a value here is what is counted or listed, or whose names are wanted: ``names of all waiters``."""
    asked, following = walk.asked, walk.item(1)
    if asked.head is not None or asked.mentions or asked.who or walk.is_change:
        return False
    if following is not None and following.nouns and not following.is_verb:
        return False
    if walk.pending:
        return walk.pending == ["count"] and not asked.wants
    return _is_first(walk) or _is_whose_name(walk)


def _is_first(walk: Walk) -> bool:
    """Whether nothing was asked for yet."""
    asked = walk.asked
    is_open = not (asked.wants or asked.filters or asked.ranked)
    return is_open and all(each.is_filler or each.op == "which" for each in walk.items[: walk.at])


def _is_whose_name(walk: Walk) -> bool:
    """Whether a column of what is here was asked for: ``names of the``."""
    asked, back = walk.asked, -1
    while walk.text(back) in ARTICLES:
        back -= 1
    is_shown = len(asked.wants) == 1 and asked.wants[0].function == "show" and not asked.filters
    return is_shown and walk.text(back) in ("of", "of all", "all of")


def head_of_value(walk: Walk, value: Item) -> Item | None:
    """``cats`` are the rows with that species: what a value in the plural is of, where it is no row's name."""
    places = {(each.table, each.column) for each in value.values}
    if len(places) != 1 or not is_plural(value):
        return None
    table, column = next(iter(places))
    entity = walk.vocabulary.entities[table]
    field = entity.field(column)
    if field in entity.labels or any(word.stems & ATTRIBUTES for word in field.own):
        return None
    return replace(value, nouns=(Found(entity, None, names.EXACT),), values=())


def start(walk: Walk, head: Item) -> None:
    """The rows of the head are what is counted or listed."""
    walk.asked.head = head
    walk.asked.mentions.append(head)
    if walk.pending:
        walk.asked.wants.append(Want("count", head, walk.is_distinct))
        walk.pending, walk.is_distinct = [], False
