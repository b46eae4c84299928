"""What holds for every soft signal: pure, cheap on hostile text, and alone never the customer's fault for talking."""

from collections.abc import Iterable
from types import ModuleType

import pytest

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.conversation import Conversation, Signal
from tools.escalation.language.phrases import Phrases
from tools.escalation.language.reading import read
from tools.escalation.signals import anger, churn, complaint, customer, failure, progress, repetition, urgency

MODULES = [anger, churn, complaint, customer, failure, progress, repetition, urgency]
LONGEST = 5_000
ORDINARY = [
    "I need a room for two people",
    "cancel my booking please",
    "urgent: VPN not working",
    "how do I kill the process on port 8080",
    "is the emergency exit row free",
    "my manager approved the request on Tuesday, is it done",
    "the agent fixed it yesterday, thank you",
    "transfer 200 to my landlord please",
    "refund hasn't arrived yet, it's been three days. is that normal?",
    "the view is to die for! can we stay one more night",
    "blue screen this morning, it came back after a restart",
    "that did not work, what else can I try",
]


def signals(module: ModuleType, conversation: Conversation) -> list[Signal]:
    found: Iterable[Signal] = module.detect(conversation)
    return list(found)


def lists_of_phrases(module: ModuleType) -> list[Phrases[object]]:
    return [value for value in vars(module).values() if isinstance(value, Phrases)]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("message", ORDINARY)
def test_ordinary_turns_stay_below_the_threshold(module: ModuleType, message: str) -> None:
    assert all(signal.weight < 0.5 for signal in signals(module, dialogue(message)))


@pytest.mark.parametrize("module", MODULES)
def test_a_signal_is_raised_once_a_name_however_long_the_message(module: ModuleType) -> None:
    message = ("this is ridiculous, unacceptable, urgent, never book with you again, you don't listen. " * 100)[
        :LONGEST
    ]
    names = [signal.name for signal in signals(module, dialogue(message, "A: Well.", message))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("module", MODULES)
def test_each_phrase_is_tried_once_a_clause_whatever_it_holds(module: ModuleType) -> None:
    """What keeps the time linear: a clause of a list's own words yields no more matches than the list has phrases."""
    for phrases in lists_of_phrases(module):
        words = sorted(phrases._by_word)
        known = {id(expression) for entries in phrases._by_word.values() for expression, _ in entries}
        (clause, *_) = read((" ".join(words) * LONGEST)[:LONGEST]).clauses
        assert sum(1 for _ in phrases.in_clause(clause)) <= len(known)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("message", ["", "!!!", "?", "\n\n", "'", "((((", "\u0000", "🙂" * 50, "A" * LONGEST])
def test_messages_without_words_raise_at_most_a_little(module: ModuleType, message: str) -> None:
    assert all(signal.weight <= 0.25 for signal in signals(module, dialogue(message)))


@pytest.mark.parametrize("module", MODULES)
def test_the_same_conversation_gives_the_same_signals(module: ModuleType) -> None:
    turns = (
        "this is ridiculous, I want to complain",
        "A: I can't help with that.",
        "you don't understand, closing my account",
    )
    assert signals(module, dialogue(*turns)) == signals(module, dialogue(*turns))
