"""Keywords count as whole words that are meant, in the message asked about."""

import pytest

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.signals.keywords import detect

DEFAULTS = {
    "urgent": 0.2,
    "emergency": 0.2,
    "complaint": 0.25,
    "legal": 0.15,
    "lawsuit": 0.4,
    "manager": 0.2,
    "supervisor": 0.25,
}


def found(message: str, **keywords: float) -> dict[str, float]:
    return {signal.evidence: signal.weight for signal in detect(dialogue(message), keywords or DEFAULTS)}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("This is URGENT", {"URGENT": 0.2}),
        ("it's an emergency", {"emergency": 0.2}),
        ("I have a complaint", {"complaint": 0.25}),
        ("this becomes a legal matter", {"legal": 0.15}),
        ("expect a lawsuit", {"lawsuit": 0.4}),
        ("Get the manager", {"manager": 0.2}),
        ("where is your supervisor", {"supervisor": 0.25}),
        ("a complaint and a lawsuit", {"lawsuit": 0.4}),
    ],
)
def test_the_weightiest_word_is_found(message: str, expected: dict[str, float]) -> None:
    assert found(message) == expected


@pytest.mark.parametrize(
    "message",
    [
        "how can I change my legal name",
        "where are the legal terms",
        "is it legal to bring plants",
        "the legal department needs a printer",
        "the password manager is locked",
        "device manager shows a yellow triangle",
        "who gives manager approval",
        "my manager approved it",
        "my supervisor can't open the calendar",
        "the emergency exit row please",
        "emergency contact",
        "what's the emergency number",
        "no need for a manager",
        "it's not urgent",
        "no complaint, all fine",
        "the urgent care clinic",
        'the mail said "urgent"',
        "if there is an emergency whom do I call",
        "my sister wrote a complaint",
        "illegal parking in front of the hotel",
        "insurgent",
    ],
)
def test_names_denials_and_other_words_are_not(message: str) -> None:
    assert found(message) == {}


@pytest.mark.parametrize(
    ("keyword", "message", "evidence"),
    [
        ("data breach", "There was a Data Breach here", "Data Breach"),
        ("kündigen", "ich will KÜNDIGEN", "KÜNDIGEN"),
        ("résiliation", "une resiliation svp", "resiliation"),
        ("c++ (beta)", "the C++ beta fails", "C++ beta"),
        ("gold|silver", "gold silver", "gold silver"),
        ("<name>", "a name", "name"),
        ("can't login", "I cannot login", "cannot login"),
    ],
)
def test_keywords_are_compared_as_messages_are_read(keyword: str, message: str, evidence: str) -> None:
    (signal,) = detect(dialogue(message), {keyword: 1.0})
    assert (signal.name, signal.weight, signal.evidence) == ("keyword", 1.0, evidence)


@pytest.mark.parametrize("keyword", ["", "  ", "!!!", "()"])
def test_a_keyword_without_a_word_finds_nothing(keyword: str) -> None:
    assert not list(detect(dialogue("anything (at all)!!!"), {keyword: 1.0}))


def test_a_weight_of_nothing_switches_a_keyword_off() -> None:
    assert found("urgent", urgent=0.0) == {}


def test_only_the_message_asked_about_counts() -> None:
    assert not list(detect(dialogue("a lawsuit", "A: A lawsuit?", "hello"), DEFAULTS))
