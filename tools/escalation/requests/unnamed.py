"""Requests for a person that name nobody: "please call me", "escalate this", "hand me over", "who can I talk to?", and
"I won't talk to a bot"."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tools.escalation.requests.mood import LIKELY, THIRD, Request, is_refused, mood
from tools.escalation.requests.people import FOLLOWS

CALL = frozenset("call phone ring".split())
CALLED = frozenset("called phoned rung contacted".split())
AFTER_CALL_ME = frozenset("back asap now at on regarding about today tomorrow please immediately to concerning".split())
CALL_WISHES = frozenset("want need request like arrange schedule get have expect".split())
ESCALATION_WISHES = frozenset("want need like request requesting demand please needs".split())
OVER = frozenset("yourself over through please now on across then already".split())
HAND = frozenset("transfer connect hand pass put redirect".split())
BOTS = frozenset("bot bots robot robots machine machines ai chatbot chatbots computer computers automated".split())
AVOIDS = frozenset(
    "not no stop hate tired sick fed enough rather refuse sucks useless done instead never without quit out"
    " nonsense".split()
)
WEARY = frozenset("sick tired fed enough out done".split())
ENGAGES = frozenset(
    "talk talking speak speaking chat chatting deal dealing interact typing conversing want giving explaining".split()
)
UNNAMED = CALL | BOTS | HAND | {"callback", "escalate", "escalated", "escalating", "escalation", "back", "who", "whom"}
"""The words at which such a request is looked for."""


def requests_unnamed(words: Sequence[str]) -> Iterator[Request]:
    """Every such request in a clause of these words."""
    for at, word in enumerate(words):
        if word in CALL or word == "callback":
            yield from _call_me(words, at)
        elif word in ("escalate", "escalated", "escalating", "escalation"):
            yield from _escalate(words, at)
        elif word == "back" and words[at - 1] in CALLED and words[at - 2] in ("be", "get"):
            if CALL_WISHES & set(words[:at]) and not is_refused(words[:at]):
                yield Request(at - 2, at, LIKELY)
        elif word in ("who", "whom"):
            yield from _whom(words, at)
        elif word in BOTS:
            yield from _against_bots(words, at)
        if word in HAND:
            yield from _hand_over(words, at)


def _call_me(words: Sequence[str], at: int) -> Iterator[Request]:
    """ "Please call me", "I want a callback"; not "call me a taxi", "call me at six to wake me"."""
    before, after = words[:at], words[at + 1 :]
    if is_refused(before) or THIRD & set(before):
        return
    if after[:1] in (("me",), ("us",)) and words[at] in CALL:
        ends = len(after) == 1 or after[1] in AFTER_CALL_ME
        asks = not before or bool({"you", "please"} & set(before[-3:])) or mood(words, at) >= LIKELY
        if ends and asks and "wake" not in words:
            yield Request(at, at + 1, LIKELY)
    elif (
        (words[at] == "callback" or after[:1] == ("back",))
        and CALL_WISHES & set(before)
        and ("a" in before[-2:] or before[-1] in CALL_WISHES)
    ):
        if "did" not in before:
            yield Request(at, at, LIKELY)
    elif words[at] == "callback" and not before and after[:1] in ((), ("please",)):
        yield Request(at, at, LIKELY)


def _escalate(words: Sequence[str], at: int) -> Iterator[Request]:
    """ "Escalate this", "I want this escalated"; not "it was escalated", "the escalation policy"."""
    before, following = words[:at], words[at + 1 : at + 3]
    if THIRD & set(before) or is_refused(before):
        return
    if words[at] == "escalate":
        if "how" in before and not {"my", "this", "it", "our"} & set(following):
            return
        if not {"privilege", "privileges", "permissions"} & set(following):
            yield Request(at, min(at + 1, len(words) - 1), mood(words, at))
    elif words[at] in ("escalated", "escalating") or not following or following[0] in FOLLOWS:
        past = {"was", "were", "has", "had", "been", "already", "got"} & set(before[-3:])
        if ESCALATION_WISHES & set(before) and not past:
            yield Request(at, at, LIKELY)


def _whom(words: Sequence[str], at: int) -> Iterator[Request]:
    """ "Who can I talk to?", "whom do I speak to about this?"."""
    near = words[at + 1 : at + 9]
    if {"i", "we"} & set(near[:2]) and {"can", "could", "do", "may", "should"} & set(near[:2]):
        for further, word in enumerate(near):
            if word in ("speak", "talk", "chat"):
                yield Request(at, at + 1 + further, LIKELY)


def _hand_over(words: Sequence[str], at: int) -> Iterator[Request]:
    """ "Hand me over", "please transfer me": to whom goes without saying."""
    if words[at + 1 : at + 2] in (("me",), ("us",)):
        rest = words[at + 2 :]
        if words[at] == "put" and rest[:1] == ("through",):
            yield Request(at, at + 2, min(mood(words, at), LIKELY))
            return
        if not set(rest) - OVER and (rest or words[at] in ("transfer", "connect", "redirect")):
            yield Request(at, at + 1, min(mood(words, at), LIKELY))


def _against_bots(words: Sequence[str], at: int) -> Iterator[Request]:
    """ "I don't want to talk to a bot": whoever will not have the machine wants a person."""
    near = words[max(0, at - 8) : at]
    refusing = [place for place, word in enumerate(near) if word in AVOIDS]
    engaged = ENGAGES & set(near) or (near[-1:] == ("this",) and WEARY & set(near[-4:]))
    if refusing and engaged and ("am", "i") not in pairwise(near) and not set(near) & (THIRD | {"mind", "if", "or"}):
        yield Request(at - len(near) + refusing[0], at, LIKELY)
