"""Twice the text is twice the work, whatever the text: counted in calls, not in seconds."""

import re
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.language.reading import LONGEST, QUOTES, TOKENS, WITH, read
from tools.escalation.noticing import notice
from tools.escalation.policy import KEYWORDS

LONGEST_MESSAGE = 5_000  # characters
MOST_CALLS = 400_000  # 160 for each word of a message of the shortest words
HOSTILE = {
    "requests": "I want to talk to a person ",
    "people": "agent manager human person supervisor ",
    "verbs": "talk speak call transfer get give connect ",
    "wishes": "want need like to please let me ",
    "denials": "not no never without don't ",
    "determiners": "a the your one of any some ",
    "one word": "a ",
    "one letter": "a",
    "one word that matters": "human ",
    "departments": "to with sales department of the ",
    "someone apart": "some one any body ",
    "legal": "sue lawyer court going to take you ",
    "legal with gaps": "take x y z you x y z to ",
    "safety": "kill myself die hurt going to ",
    "fraud": "hacked account money stolen from my ",
    "anger": "stupid idiots fuck!!! RIDICULOUS ",
    "repetition": "again already told you third time ",
    "relief": "it works now thanks solved ",
    "abroad": "ich möchte mit mit mit sprechen je veux parler quiero hablar con ",
    "slips": "humna persn maneger represenative spaek ",
    "contractions": "can't won't i'm it's ",
    "apostrophes": "a'a'a'a",
    "open quotations": "'a ",
    "double marks": '"',
    "curly marks": "“‘„«",
    "closed curly marks": "‘a’b ‘",
    "quoted lines": "> a\n",
    "full stops": ".",
    "commas": "real, live, ",
    "slashes": "w/ ",
    "dashes": "- —",
    "accents": "é",
    "emoji": "😡",
    "capitals": "WHERE IS MY MONEY ",
    "digits": "1 2 3 ",
}


def words_of(unit: str, characters: int) -> str:
    return (unit * (characters // len(unit) + 1))[:characters]


def calls(work: Callable[[], object]) -> int:
    """How many functions are called meanwhile, those written in C among them."""
    count = 0

    def seen(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def work_on(text: str) -> int:
    conversation = dialogue("hello", "A: How can I help?", text)
    notice(dialogue("hello", "A: How can I help?", text.swapcase()), KEYWORDS)  # what is kept of words is kept by now
    return calls(lambda: notice(conversation, KEYWORDS))


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_twice_the_text_is_at_most_twice_the_work(unit: str) -> None:
    """A quarter more is allowed for where the last clause is cut."""
    half, whole = work_on(words_of(unit, LONGEST_MESSAGE // 2)), work_on(words_of(unit, LONGEST_MESSAGE))
    assert whole <= 2.25 * half + 2_000
    assert whole <= MOST_CALLS


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_clause_is_longer_than_patterns_are_made_for(unit: str) -> None:
    assert all(0 < len(clause.words) <= LONGEST for clause in read(words_of(unit, LONGEST_MESSAGE)).clauses)


@pytest.mark.parametrize("pattern", [TOKENS, QUOTES, WITH], ids=["tokens", "quotations", "with"])
def test_what_looks_at_a_whole_message_never_goes_back(pattern: re.Pattern[str]) -> None:
    """Every repetition without a bound is possessive: what it took it keeps."""
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "C", pattern.pattern)
    assert not re.search(r"(?<!\\)(?:[*+](?!\+)(?<!\+\+)(?<!\*\+)|\{\d*,\})", bare)


def test_a_long_history_costs_its_length_and_no_more() -> None:
    turns = [
        f"{'A: ' if number % 2 else ''}turn {number} about my booking and the room I want, please help me with that"
        for number in range(50)
    ]

    def work(count: int) -> int:
        conversation = dialogue(*turns[-count:], "where is my booking")
        notice(conversation, KEYWORDS)
        return calls(lambda: notice(conversation, KEYWORDS))

    assert work(50) <= 2.5 * work(25) + 5_000
