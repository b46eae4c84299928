"""The brief: what it is about, where it stands, who the customer is, what they still ask."""

from typing import Any

import pytest

from tools.escalation.brief import MOST_QUESTIONS, Brief, brief
from tools.escalation.conversation import Conversation, Signal, Turn
from tools.escalation.customer_facts import MOST
from tools.retrieval.budget import as_json, tokens

FIRST = "My parcel with the order number 4711 has not arrived."
REPLY = "I am sorry. Parcels take five working days."


def talk(*turns: str, **metadata: Any) -> Conversation:
    """Turns of the customer and the assistant, in turn, that end with the customer."""
    last = len(turns) - 1
    said = [Turn("assistant" if (last - at) % 2 else "user", text, at) for at, text in enumerate(turns)]
    return Conversation(said, metadata)


def briefed(*turns: str, category: str = "complaint", signals: tuple[Signal, ...] = (), **metadata: Any) -> Brief:
    return brief(talk(*turns, **metadata), category, signals)


def asked(*turns: str) -> list[str]:
    return briefed(*turns).open_questions


def test_it_says_what_it_is_about_how_it_stands_and_what_was_answered() -> None:
    found = briefed("Hello!", "Hi, how can I help?", FIRST, REPLY, "That was two weeks ago, where is it?")
    assert found.summary.splitlines() == [
        "The customer complains. Messages from the customer: 3.",
        f'It began: "{FIRST}"',
        'Now: "That was two weeks ago, where is it?"',
        f'The assistant\'s last answer: "{REPLY}"',
    ]


def test_a_single_message_is_told_once() -> None:
    assert briefed(FIRST).summary.splitlines() == [
        "The customer complains. Messages from the customer: 1.",
        f'Now: "{FIRST}"',
    ]


def test_moods_are_told_beside_the_reason() -> None:
    signals = (Signal("anger", 0.5, "!", 0), Signal("urgency", 0.3, "now", 0), Signal("churn", 0.1, "x", 0))
    assert "customer: 1. Mood: angry, in a hurry." in briefed(FIRST, signals=signals).summary
    assert "Mood" not in briefed(FIRST, category="anger", signals=signals[:1]).summary


def test_an_unknown_reason_is_told_by_its_name() -> None:
    assert briefed(FIRST, category="solar_flare").summary.startswith("Noticed: solar flare.")


def test_the_questions_of_the_message_are_always_open() -> None:
    assert asked("Where is my parcel? It is late. Can you refund me? Thanks.") == [
        "Where is my parcel?",
        "Can you refund me?",
    ]


def test_an_earlier_question_is_open_until_an_answer_takes_it_up() -> None:
    unanswered = asked("Do you ship to Norway?", "I can help with parcels.", FIRST)
    assert unanswered == ["Do you ship to Norway?"]
    assert asked("Do you ship to Norway?", "Yes, we ship to Norway every day.", FIRST) == []


def test_a_question_asked_again_is_told_once_as_it_was_asked_last() -> None:
    assert asked("Where is my parcel?", "One moment.", "So WHERE is my parcel??") == ["So WHERE is my parcel??"]


def test_only_the_newest_questions_are_told() -> None:
    many = " ".join(f"What about item number {number}?" for number in range(9))
    assert asked(many) == [f"What about item number {number}?" for number in range(9 - MOST_QUESTIONS, 9)]


def test_the_customer_is_told_by_what_a_person_needs() -> None:
    found = briefed(
        FIRST,
        customer={"name": "Anna Berg", "tier": "gold", "password": "sesame", "address": {"street": "x"}},
        session_token="sesame",
        cardNumber="4111 1111 1111 1111",
        locale="nb-NO",
        vip=True,
        isVulnerable=False,
        userId=42,
        shoe_size=44,
        email="anna@example.org\nBcc: x",
    )
    assert found.customer == {
        "name": "Anna Berg",
        "vip": "yes",
        "tier": "gold",
        "userId": "42",
        "locale": "nb-NO",
        "email": "anna@example.org Bcc: x",
    }


def test_much_that_is_known_of_the_customer_is_cut() -> None:
    many = [f"{who}_{part}" for who in ("booking", "order", "ticket", "case") for part in ("id", "number", "reference")]
    metadata: dict[str, Any] = dict.fromkeys(many, "x" * 500) | {"name": "y" * 500}
    found = briefed(FIRST, **metadata)
    assert len(found.customer) == MOST
    assert next(iter(found.customer)) == "name"
    assert max(len(value) for value in found.customer.values()) < 60


@pytest.mark.parametrize("metadata", [{}, {"customer": None}, {"customer": []}, {"a": {"name": "x"}}])
def test_metadata_of_any_shape_is_taken(metadata: dict[str, Any]) -> None:
    assert briefed(FIRST, **metadata).customer == {}


@pytest.mark.parametrize("text", ["Why? " * 1_000, "why is it so " * 380, "x" * 5_000, "?" * 5_000, "\n" * 5_000 + "a"])
def test_a_brief_is_short_whatever_was_said(text: str) -> None:
    found = briefed(*[text] * 51)
    assert tokens(found.summary) + tokens(as_json(found.open_questions)) < 300


def test_the_same_conversation_gives_the_same_brief() -> None:
    assert len({as_json([b.summary, b.open_questions]) for b in (briefed(FIRST, REPLY, "Why?") for _ in range(3))}) == 1


def test_what_stands_deeper_is_found_where_customers_and_bookings_keep_it() -> None:
    customer = {"name": {"first": "Anna", "last": "Berg"}, "contact": {"email": "anna@example.org"}}
    found = briefed(FIRST, customer=customer, booking={"reference": "KX4471"})
    assert found.customer == {
        "name first": "Anna",
        "name last": "Berg",
        "booking reference": "KX4471",
        "email": "anna@example.org",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account", "4111 1111 1111 1111"),
        ("reference", "4111111111111111"),
        ("account_number", "DE89 3704 0044 0532 0130 00"),
        ("customer", "https://example.org/?token=abc"),
        ("userAPIKey", "sk-2"),
        ("passport_id", "C01X00T47"),
        ("mothers_maiden_name", "Smith"),
        ("health_status", "positive"),
        ("file_name", "scan.pdf"),
        ("http_status", 200),
    ],
)
def test_what_is_nobodys_business_stays_out_whatever_it_is_called(name: str, value: Any) -> None:
    assert briefed(FIRST, **{name: value}).customer == {}
