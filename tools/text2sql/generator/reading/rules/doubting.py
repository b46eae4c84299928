"""Words that look like nothing and change the question: ``only``, ``all``, ``and who``, a question for yes or no."""

from collections.abc import Callable

from tools.text2sql.generator.language.operators import CONNECTORS, LISTING, SHOWING
from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.reading.tagging import STOPS
from tools.text2sql.generator.reading.walk import FUNCTIONS, Walk, is_column, is_name, is_table

AUXILIARIES = frozenset("do does did is are was were has have had should will would can could may might must".split())
OFFERS = frozenset({("do", "we"), ("do", "you"), ("have", "we"), ("is", "there"), ("are", "there")})
POLITE = frozenset("can could would will may might".split())
BEFORE_LIKE = frozenset("would i we also you".split())
QUESTIONS = ("which", "who", "when")
PLAIN_COMMANDS = frozenset("delete remove update insert drop erase cancel rename reschedule refund notify".split())
COMMANDS = PLAIN_COMMANDS | frozenset(
    "change set edit modify correct book reserve assign approve send email transfer pay move merge mark close reopen "
    "activate deactivate add create order increase decrease raise lower apply make call".split()
)
"""Verbs that a person begins with who wants something done."""
DETERMINERS = frozenset("the a an all every any this that these those my our your his her their its it them".split())
TRADED = frozenset("sell sells sold buy bought order ordered purchased".split())
GOOD = frozenset("rating ratings score scores grade grades review reviews revenue sales profit turnover".split())
"""Of which more is better."""
PREPOSITIONS = frozenset("in at on from to for of with by".split())


def doubts(walk: Walk) -> bool:
    """Notes what nothing else would notice; never takes a phrase."""
    checks = ALWAYS if is_name(walk.here) else (*ALWAYS, *CHECKS)
    walk.asked.problems += [problem for check in checks if (problem := check(walk))]
    return False


def _command(walk: Walk) -> str:
    """``cancel the order`` asks for no rows."""
    is_first = not walk.at and not walk.is_change
    is_told_what = walk.text(1) in DETERMINERS or walk.text() in PLAIN_COMMANDS
    return walk.text() if is_first and walk.text() in COMMANDS and is_told_what else ""


def _sold(walk: Walk) -> str:
    """``how many mugs did we sell`` is not in how many orders."""
    if walk.text() not in TRADED or walk.is_change:
        return ""
    counts = [place for place, item in enumerate(walk.items[: walk.at]) if item.op == "count"]
    if not counts or is_table(walk.item(walk.beyond(counts[0] + 1 - walk.at))):
        return ""
    return f"how many were {walk.text()}"


def _better(walk: Walk) -> str:
    """The worst delay is the longest, the worst margin the smallest."""
    if walk.text() not in ("best", "worst"):
        return ""
    place = walk.beyond(1)
    while walk.op(place) in FUNCTIONS:
        place = walk.beyond(place + 1)
    noun = walk.item(place)
    if noun is None or not is_column(noun) or GOOD.intersection(noun.text.lower().split()):
        return ""
    return f"{walk.text()} {noun.text}: the highest or the lowest"


def _what_it_does(walk: Walk) -> str:
    """``what did the order contain`` is about what hangs on it."""
    is_last = walk.item(1) is None or walk.text(1) in STOPS
    first, second = (item.text.lower() for item in (*walk.items, *walk.items)[:2])
    is_asked = first == "what" and second in ("do", "does", "did")
    return f"what {second} … {walk.text()}" if is_last and is_asked and stem(walk.text()) in CONNECTORS else ""


def _yes_or_no(walk: Walk) -> str:
    """``Do members like it?`` wants no list; ``Are there any ...?`` and ``Could you ...?`` do."""
    first, second = walk.text(), walk.text(1)
    if walk.at or first not in AUXILIARIES or walk.is_change:
        return ""
    is_offer = (first, second) in OFFERS or (first in POLITE and second in ("you", "i", "we"))
    return "" if is_offer else f"{first} ...: yes or no"


def _like(walk: Walk) -> str:
    """``I would like`` asks for something, ``customers like`` tells of them."""
    if walk.text() != "like" or walk.text(-1) in BEFORE_LIKE or walk.text(1) == "to":
        return ""
    return "like"


def _what_we_do(walk: Walk) -> str:
    """``what do we take in`` is about a verb, whatever nouns follow."""
    place = 1 if walk.text(1) in ("do", "does", "did") else 0
    if walk.op() != "which" or not walk.text().startswith("what") or not place:
        return ""
    following = walk.item(place + 1)
    return f"{walk.text()} {walk.text(place)}" if following and not following.nouns and not following.values else ""


def _besides(walk: Walk) -> str:
    """``loans over 1,000, and who took them`` asks for two things."""
    if walk.op() not in QUESTIONS or not walk.is_after_rows():
        return ""
    back = -2 if walk.text(-1) in PREPOSITIONS else -1
    is_second = walk.op(back) == "and" or walk.text(back) in STOPS or walk.text(back) == ":"
    if walk.op(-1) == "and" and _is_column_behind(walk):
        walk.shows_more = True
        return ""
    is_told_more = walk.text(1) in ("one", "ones") or (walk.op() == "who" and _is_of_person(walk))
    if is_second and not is_told_more:
        return f"{walk.text()} besides"
    return "" if walk.op() != "who" or is_table(walk.item(-1)) or _is_of_person(walk) else "who, of what is no person"


def _is_column_behind(walk: Walk) -> bool:
    """``and what is their email?`` only wants a column more, if nothing follows."""
    place = walk.beyond_words(1, ("the", "their", "its", "is", "are"))
    end = walk.item(place + 1)
    is_what = walk.text() in ("what is", "what are", "what's", "what is the")
    is_last = end is None or end.text in STOPS
    return is_what and is_last and is_column(walk.item(place)) and not walk.has_aggregates()


def _is_of_person(walk: Walk) -> bool:
    """Whether a person was named last, of whom ``who`` tells more."""
    named = walk.asked.mentions[-1:] or ([walk.asked.head] if walk.asked.head else [])
    return any(hit.entity.is_person for item in named for hit in item.nouns) or walk.asked.who == "who"


def _only(walk: Walk) -> str:
    """Customers who only bought one thing bought nothing else."""
    is_last = walk.item(1) is None or walk.text(1) in STOPS
    is_within = walk.asked.head is not None and not is_last and not walk.is_change
    return "only" if walk.text() == "only" and is_within else ""


def _all(walk: Walk) -> str:
    """Students who took all courses: not those who took one."""
    is_listing = walk.asked.head is not None and not walk.has_aggregates() and not walk.pending
    is_all = walk.text() == "all" and walk.text(-1) not in LISTING
    return "all" if is_all and is_listing and is_table(walk.item(walk.beyond(1))) else ""


def _also(walk: Walk) -> str:
    """``orders per customer, also show customers without`` asks for two things."""
    is_more = walk.text() in SHOWING and (walk.has_aggregates() or walk.asked.absent)
    following = walk.item(walk.beyond(1))
    return f"{walk.text()} besides" if is_more and is_table(following) and not is_column(following) else ""


ALWAYS: tuple[Callable[[Walk], str], ...] = (_command, _sold)
"""Looked for in names, too: a column may be called ``cancelled_on``."""
CHECKS: tuple[Callable[[Walk], str], ...] = (
    _better,
    _what_it_does,
    _yes_or_no,
    _like,
    _what_we_do,
    _besides,
    _only,
    _all,
    _also,
)
