"""A walk over a question's phrases: the place, what lies around it, and what was understood up to there."""

from collections.abc import Collection, Sequence

from tools.text2sql.generator.language.operators import LIGHT, TIES
from tools.text2sql.generator.language.words import singular
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.fields import Kind
from tools.text2sql.generator.naming.vocabulary import Vocabulary
from tools.text2sql.generator.reading.asked import Asked, Function, Ranked
from tools.text2sql.generator.reading.tagging import STOPS, Item

FUNCTIONS: dict[str, Function] = {"count": "count", "sum": "sum", "avg": "avg", "max": "max", "min": "min"}
COMPARATORS = ("gt", "ge", "lt", "le", "eq", "between")
ONE_SIDED = ("gt", "ge", "lt", "le")
UNITS = ("month", "year", "quarter", "week", "day")
VERBAL = frozenset({*TIES, *"do does did used made by data taken done was were been given sent".split()})
ARTICLES = ("the", "a", "an", "its", "all")


class Walk:
    """``pending`` are functions that wait for their noun; ``is_change``: the phrases change another question."""

    def __init__(self, items: Sequence[Item], vocabulary: Vocabulary, is_change: bool) -> None:
        self.items, self.vocabulary, self.is_change = items, vocabulary, is_change
        self.at, self.asked = 0, Asked()
        self.pending: list[Function] = []
        self.is_amount = self.is_distinct = self.is_top_open = self.shows_more = False

    @property
    def here(self) -> Item:
        return self.items[self.at]

    def item(self, ahead: int) -> Item | None:
        place = self.at + ahead
        return self.items[place] if 0 <= place < len(self.items) else None

    def op(self, ahead: int = 0) -> str:
        found = self.item(ahead)
        return found.op if found else ""

    def text(self, ahead: int = 0) -> str:
        found = self.item(ahead)
        return found.text.lower() if found else ""

    def take(self, count: int) -> bool:
        """Go on; always true, so that a rule can end with it."""
        self.at += count
        return True

    # Looking ahead

    def beyond(self, ahead: int) -> int:
        """The next place from ``ahead`` on that is no filler, within the sentence."""
        while (found := self.item(ahead)) and _is_bare(found) and found.text not in STOPS:
            if not (found.is_filler or found.op in ("distinct", "'s", "noise")):
                break
            ahead += 1
        return ahead

    def beyond_light(self, ahead: int) -> int:
        """The next place that is more than a form of ``be`` and the like."""
        while (found := self.item(ahead)) and _is_bare(found) and found.text.lower() in LIGHT:
            ahead += 1
        return ahead

    def beyond_words(self, ahead: int, words: Collection[str]) -> int:
        while (found := self.item(ahead)) and found.text.lower() in words and found.period is None:
            ahead += 1
        return ahead

    def is_added(self) -> bool:
        """Whether what is here is to be shown too: ``and``, ``with their`` or ``:`` stand before it."""
        if self.shows_more:
            return True
        back = -1
        while self.text(back) in ARTICLES:
            back -= 1
        return self.op(back) in ("and", "'s", "their") or self.text(back) in ("with", "including", ":")

    def between_function(self) -> str:
        """The first word between a function and its noun that parts the two: ``total data used by users``."""
        back = -1
        while (found := self.item(back)) and found.op not in FUNCTIONS and found.op not in ("how_much", "breakdown"):
            back -= 1
        is_asked_how_much = self.op(back) == "how_much"
        verbs = (self.text(place) for place in range(back + 1, 0) if self.is_verbal(place))
        found_verbs = [verb for verb in verbs if not (is_asked_how_much and verb in ("do", "does", "did"))]
        return found_verbs[0] if self.item(back) and found_verbs else ""

    def is_verbal(self, ahead: int) -> bool:
        found = self.item(ahead)
        return found is not None and not found.values and not found.nouns and found.text.lower() in VERBAL

    # What is known already

    def has_aggregates(self) -> bool:
        return any(want.function != "show" for want in self.asked.wants)

    def is_after_rows(self) -> bool:
        """Whether something was named already whose rows are wanted."""
        asked = self.asked
        shows = bool(asked.wants) and asked.wants[0].function == "show"
        return asked.head is not None or asked.who == "who" or shows

    def rank(self, ranked: Ranked, taken: int) -> bool:
        if self.asked.ranked is not None and not self.is_top_open:
            self.asked.problems.append("two rankings")
        self.asked.ranked, self.is_top_open = ranked, False
        return self.take(taken)


def _is_bare(found: Item) -> bool:
    return not found.nouns and not found.values and found.number is None


# What a phrase can be


def is_table(found: Item | None) -> bool:
    return found is not None and any(hit.field is None for hit in found.nouns)


def is_modifier(walk: Walk, ahead: int) -> bool:
    """Whether it only tells of what kind the table behind it is: ``class bookings`` are bookings."""
    found, following = walk.item(ahead), walk.item(ahead + 1)
    if found is None or following is None or found.is_verb or following.is_verb or is_plural(found):
        return False
    if not _is_plain_table(found) or not _is_plain_table(following) or found.values or following.op:
        return False
    return found.nouns[0].entity is not following.nouns[0].entity


def _is_plain_table(found: Item) -> bool:
    return bool(found.nouns) and found.nouns[0].field is None and found.nouns[0].level <= names.ALIKE


def is_column(found: Item | None) -> bool:
    """Whether it names a column at least as well as a table."""
    if found is None:
        return False
    table = min((hit.level for hit in found.nouns if hit.field is None), default=names.VERB)
    return any(hit.field is not None and hit.level <= table for hit in found.nouns)


def has_kind(found: Item | None, *kinds: Kind) -> bool:
    """Whether it may name a column of one of these kinds."""
    return found is not None and any(hit.field is not None and hit.field.kind in kinds for hit in found.nouns)


def leads_with(found: Item, *kinds: Kind) -> bool:
    """Whether what it names best is a column of one of these kinds."""
    best = found.nouns[0].field if found.nouns else None
    return best is not None and best.kind in kinds


def is_measure(found: Item | None) -> bool:
    return found is not None and (bool(found.nouns) or found.op in ("revenue", "spent"))


def is_name(found: Item | None) -> bool:
    """Whether it is a stored value written as a name."""
    return found is not None and bool(found.values) and (found.is_capital or found.is_quoted)


def is_plural(found: Item) -> bool:
    last = found.text.casefold().rpartition(" ")[2]
    return singular(last) != last or last in ("people", "staff")


def belongs(value: Item, noun: Item) -> bool:
    """Whether the noun names the value's column or table."""
    fields = {(hit.entity.key, hit.field.column) for hit in noun.nouns if hit.field and hit.level < names.VERB}
    tables = {hit.entity.key for hit in noun.nouns if hit.field is None}
    return any((each.table, each.column) in fields or each.table in tables for each in value.values)
