"""Requests in no fixed frame: somebody who could take over, a word of contact, and a wish or a plea in one clause, with
nothing that speaks against it: "what's the quickest route to a person?"."""

from collections.abc import Sequence
from itertools import pairwise

from tools.escalation.requests.mood import (
    THIRD,
    Request,
    asks_if_one_must,
    is_over,
    is_refused,
    is_supposed,
    is_told_by_others,
)
from tools.escalation.requests.people import ASKED_FOR, Person, is_human

HINTED = 0.75
CONTACTS = frozenset(
    "talk talking speak speaking word chat call ring bell shout phone line reach contact touch route answer"
    " reply respond review read look explain discuss take handle solve deal join slot option number assistance"
    " help assist connect transfer conversation".split()
)
WISHES = frozenset(
    "better best feel want need like prefer rather can could may might please let possible way how option"
    " quickest must wish hope demand insist kindly get give".split()
)
PLAINLY = frozenset("real live actual".split())
AGAINST = frozenset(
    "spoke talked called contacted told helped said was were had yesterday ago last are am hours open close"
    " closed cost pay thank thanked thanks tip rate review complain complained report add added remove become"
    " job send money cash account booking reservation guest guests per each every rude lovely great kind nice"
    " been theory reschedule postpone missed as do does which why paid wheelchair what's".split()
)


def hinted(words: Sequence[str], person: Person) -> Request | None:
    """The request a clause hints at, or None."""
    if not _could_take_over(words, person):
        return None
    before, rest = words[: person.first], set(words[: person.first]) | set(words[person.last + 1 :])
    if before[-1:] == ("like",) and "would" not in before:  # "talk like a human"
        return None
    wishes = WISHES & rest - ({"like"} if "would" not in before else set())
    if AGAINST & rest or THIRD & set(before) or not wishes:
        return None
    if not CONTACTS & rest and not PLAINLY & set(words[person.first : person.noun]):
        return None
    if ("i", "will") in pairwise(before) and "only" not in before:
        return None
    if is_refused(before) or is_over(before) or is_supposed(before) or is_told_by_others(before):
        return None
    if asks_if_one_must(before):
        return None
    return Request(person.first, person.last, HINTED)


def _could_take_over(words: Sequence[str], person: Person) -> bool:
    mention = set(words[person.first : person.last + 1])
    if is_human(words, person) or {"real", "human", "live", "actual"} & mention:
        return True
    return words[person.noun] in ASKED_FOR or (person.kind in ("staff", "human") and "your" in mention)
