"""What settles a matter, and what is mere politeness, sarcasm or hope."""

import pytest

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.signals.relief import settled_at


@pytest.mark.parametrize(
    "message",
    [
        "thanks, that worked",
        "it's fixed now, cheers",
        "never mind, found it",
        "ok great, all sorted, bye",
        "that worked! one more question: how do I print",
        "cancel that request",
        "you solved it, great",
        "I figured it out",
        "I don't need it anymore",
        "no longer needed",
        "thank you, that's all",
        "ok, yes that helped",
        "the card is working again",
        "Problem solved",
        "forget about it",
        "That answers my question",
        "Thanks for the quick help, sorry I shouted",
        "Hat sich erledigt, danke",
        "c'est réglé, merci",
        "ya está resuelto",
    ],
)
def test_solved_or_withdrawn_settles(message: str) -> None:
    assert settled_at(dialogue("it is broken", "A: Try this.", message)) == 2


@pytest.mark.parametrize(
    "message",
    [
        "thank you",
        "thanks a lot",
        "ok",
        "thanks for nothing",
        "thanks but that didn't help",
        "no it didn't work",
        "Has it worked?",
        "until it is fixed I'm not paying",
        "I need this to be resolved today",
        "Forget it, you are all idiots",
        "works now but it still drops again every minute",
        "nothing worked",
        "I was told it was fixed yesterday but it's not",
        "it is not resolved",
        "cancel my booking",
        "can't figure it out",
        "is it sorted?",
        "that's all you can say?",
        "that is all I got from you",
        "great help you are",
        "they said it is fixed",
        "it worked yesterday",
        "it worked fine until yesterday",
        'the screen shows "problem solved"',
    ],
)
def test_politeness_sarcasm_and_hope_settle_nothing(message: str) -> None:
    assert settled_at(dialogue("it is broken", "A: Try this.", message)) is None


def test_the_last_time_counts() -> None:
    assert settled_at(dialogue("that worked", "A: Good.", "no, broken", "A: Now?", "works now", "A: Fine.", "bye")) == 4


def test_the_assistant_settles_nothing() -> None:
    assert settled_at(dialogue("it is broken", "A: It is fixed now.", "hm")) is None
