"""Requests over a conversation: remembered while nobody honours them, dropped when taken back, made by a yes."""

import pytest

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.signals.request import ACCEPTED, HARD_FROM, REMEMBERED, detect

REQUEST = "I want to talk to a person"
IGNORED = "A: Our opening hours are nine to five."
OFFER = "A: I am sorry about that. Would you like me to connect you to an agent?"
JOB = "A: Thank you. What is your job title?"


def weights(*turns: str) -> list[tuple[float, int]]:
    """What the strongest request of each turn weighs, and the turn's number; the newest turn first."""
    return [(signal.weight, signal.message_index) for signal in detect(dialogue(*turns))]


def test_a_request_is_hard_and_shows_its_words() -> None:
    (signal,) = detect(dialogue("Hello,  I want to talk   to a person."))
    assert (signal.name, signal.weight, signal.is_hard) == ("explicit_request", 0.95, True)
    assert (signal.evidence, signal.message_index) == ("talk to a person", 0)


def test_a_doubtful_request_is_not_hard() -> None:
    found = [*detect(dialogue("I will talk to an agent"))]
    assert [signal.is_hard for signal in found] == [False]
    assert found[0].weight < HARD_FROM


def test_a_request_nobody_honoured_fades_and_is_forgotten() -> None:
    asked_since = [REQUEST]
    seen: list[float] = []
    for number in range(REMEMBERED + 1):
        seen.append(max((weight for weight, _ in weights(*asked_since)), default=0))
        asked_since += [IGNORED, f"my booking is number {number}"]
    assert seen == [0.95, 0.76, 0.61, 0.49]
    assert weights(*asked_since) == []


def test_a_request_of_the_turn_before_still_is_hard() -> None:
    (signal,) = detect(dialogue(REQUEST, IGNORED, "my booking is ABC"))
    assert (signal.is_hard, signal.message_index) == (True, 0)


def test_the_assistants_own_words_ask_for_nobody() -> None:
    assert weights("A: Do you want to talk to a person? Just say: connect me to an agent", "what is my balance") == []


def test_asked_again_it_is_as_sure_as_ever() -> None:
    assert weights(REQUEST, IGNORED, REQUEST) == [(0.95, 2), (0.76, 0)]


@pytest.mark.parametrize(
    "message",
    [
        "never mind, I found it",
        "No, I would rather do it here",
        "thanks, that solved it",
        "great, it works",
        "perfect",
        "forget it",
        "I don't need an agent any more",
        "no need to connect me to a person",
    ],
)
def test_a_request_taken_back_or_settled_is_gone(message: str) -> None:
    assert weights(REQUEST, IGNORED, message) == []


@pytest.mark.parametrize("message", ["my number is 12", "ok", "that is not what I asked", "what are the fees"])
def test_going_on_does_not_take_it_back(message: str) -> None:
    assert weights(REQUEST, IGNORED, message) == [(0.76, 0)]


def test_asked_in_the_same_breath_as_thanks_it_counts() -> None:
    assert weights(REQUEST, IGNORED, "thanks, but connect me to an agent")[0] == (0.95, 2)


@pytest.mark.parametrize(
    "answer",
    ["yes", "Yes please", "yeah sure", "ok", "please do", "go ahead", "absolutely, do that", "ja", "oui", "claro"],
)
def test_an_offer_accepted_is_a_request(answer: str) -> None:
    ((weight, index),) = weights("my card is broken", OFFER, answer)
    assert (weight, index) == (ACCEPTED, 2)


@pytest.mark.parametrize(
    "answer",
    [
        "no",
        "no thanks",
        "not yet",
        "yes but first tell me the balance",
        "what would that cost",
        "is that free?",
        "do I have to?",
        "how long does that take",
        "yes, my card number is 4444 and I would first like to know what the fee was for",
    ],
)
def test_an_offer_declined_or_not_answered_is_none(answer: str) -> None:
    assert weights("my card is broken", OFFER, answer) == []


@pytest.mark.parametrize(
    "said",
    [
        "A: Shall I block the card?",
        "A: Our agents blocked the card.",
        "A: Would you like to see the fees?",
        "A: Are you the account manager?",
    ],
)
def test_a_yes_to_something_else_is_none(said: str) -> None:
    assert weights("my card is broken", said, "yes please") == []


@pytest.mark.parametrize(
    "offer",
    [
        "A: Should I transfer you to one of our agents?",
        "A: Do you want to speak with a specialist?",
        "A: I could not find it. Can I put you through to our support team?",
        "A: May I connect you with a human colleague?",
        "A: Möchten Sie mit einem Mitarbeiter sprechen?",
        "A: Souhaitez-vous parler à un conseiller ?",
        "A: ¿Quiere hablar con un agente?",
    ],
)
def test_offers_come_in_many_words(offer: str) -> None:
    assert weights("my card is broken", offer, "yes please") == [(ACCEPTED, 2)]


def test_an_accepted_offer_nobody_honoured_is_remembered() -> None:
    assert weights("my card is broken", OFFER, "yes", IGNORED, "hello?") == [(0.72, 2)]


@pytest.mark.parametrize("answer", ["manager", "Manager.", "supervisor", "customer service agent", "Receptionist"])
def test_a_job_in_answer_to_what_ones_job_is_asks_for_nobody(answer: str) -> None:
    assert weights("I want to open an account", JOB, answer) == []


@pytest.mark.parametrize(
    "said", ["A: How can I help?", "A: What is your booking number?", "A: Fill in your job title."]
)
def test_a_job_in_answer_to_anything_else_calls_for_somebody(said: str) -> None:
    assert weights("hello", said, "manager")[0] == (0.95, 2)


def test_a_whole_request_counts_even_where_a_job_was_asked_for() -> None:
    assert weights("I want to open an account", JOB, "just let me talk to a human")[0] == (0.95, 2)
