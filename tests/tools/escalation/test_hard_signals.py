"""How far a denial, a condition or a question reaches, and how verbs take their forms."""

import pytest

from tools.escalation.conversation import Conversation, Turn
from tools.escalation.hard_signals import Says, said, strongest
from tools.escalation.language.phrases import Phrases
from tools.escalation.language.word_lists import forms


def weight(message: str, says: Says) -> float:
    conversation = Conversation([Turn("user", message, 0)])
    phrases = Phrases([("sue you", says)])
    return max((found.weight for found in strongest("x", conversation, lambda turn: said(turn, phrases))), default=0)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I will sue you", 0.8),
        ("if you do not pay I will sue you", 0.8),
        ("I will not sue you", 0),
        ("I do not think I will sue you", 0),
        ("I won't hesitate to sue you", 0.8),
        ("if I sue you", 0),
        ("if the refund is not here by friday it will sue you", 0.8),
        ("if it will not sue you", 0),
        ("can I sue you", 0.4),
        ("how do I sue you", 0.4),
        ("could you help me I will sue you", 0.8),
        ("my brother wants to sue you", 0),
        ("she said I will sue you", 0),
        ("as I said I will sue you", 0.8),
        ('he wrote "I will sue you"', 0),
        ("the film where they sue you", 0),
    ],
)
def test_a_statement_counts_as_far_as_it_is_meant(message: str, expected: float) -> None:
    assert weight(message, Says(0.8)) == expected


def test_a_phrase_may_bring_its_denial_its_subject_and_its_question_itself() -> None:
    assert weight("I will not sue you", Says(0.8, denial=True)) == 0.8
    assert weight("my brother wants to sue you", Says(0.8, others=True)) == 0.8
    assert weight("can I sue you", Says(0.8, asked=True)) == 0.8
    assert weight("if I sue you", Says(0.8, supposed=True)) == 0.8


def test_words_behind_and_around_a_phrase_make_something_else_of_it() -> None:
    assert weight("I will sue you softly", Says(0.8, not_before=frozenset(["softly"]))) == 0
    assert weight("in this game I will sue you", Says(0.8, not_with=frozenset(["game"]))) == 0
    assert weight("I will sue you", Says(0.8, only_with=frozenset(["bank"]))) == 0


def test_a_verb_comes_in_all_its_forms() -> None:
    assert forms("file") == ["file", "files", "filed", "filing"]
    assert forms("notify refer") == [
        *("notify", "notifies", "notified", "notifying"),
        *("refer", "refers", "referred", "referring"),
    ]
    assert forms("stop touch") == ["stop", "stops", "stopped", "stopping", "touch", "touches", "touched", "touching"]


def test_what_is_over_counts_half_unless_it_goes_on() -> None:
    assert weight("yesterday I said I will sue you", Says(0.8, fresh=True)) == 0.4
    assert weight("yesterday I said I will sue you here", Says(0.8, fresh=True)) == 0.8
