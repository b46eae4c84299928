"""Sums a conversation up for the person who takes over: what it is about, where it stands, what is still asked.

The customer's words are quoted, never retold: a retelling could be wrong, and what they wrote is data.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from storage.analysis import query_words, words
from tools.escalation.conversation import Conversation, Signal, Turn
from tools.escalation.customer_facts import profile
from tools.retrieval.budget import shortened

SENTENCE_END = re.compile(r"(?<=[.!?？…])\s+|\n+")
LONGEST_FIRST = 35  # tokens of each part
LONGEST_LAST = 50
LONGEST_REPLY = 30
LONGEST_QUESTION = 24
MOST_QUESTIONS = 5
LAST_TURNS = 4  # of the customer's, whose questions may still be open
TELLING_WORDS = 3  # a message with fewer words beside stop words does not say what it is about
ANSWERED = 0.5  # of a question's words come again in an answer to it

CATEGORIES = {
    "explicit_request": "The customer asks for a person",
    "legal_threat": "Legal or regulatory steps are in question",
    "safety": "Somebody's safety is in question",
    "fraud": "Fraud or a taken-over account is in question",
    "churn": "The customer is about to leave",
    "complaint": "The customer complains",
    "urgency": "It is urgent to the customer",
    "anger": "The customer is angry",
    "anger_rising": "The customer is getting angrier",
    "repeated_question": "The customer asks the same again",
    "assistant_loop": "The assistant repeats itself",
    "agent_failure": "The assistant could not help",
    "no_progress": "The conversation gets nowhere",
    "vulnerable_customer": "The customer may need special care",
    "vip_customer": "A valued customer has a problem",
    "customer_risk": "The customer was unhappy before",
}
MOODS = {"anger": "angry", "anger_rising": "getting angrier", "churn": "about to leave", "urgency": "in a hurry"}
FELT_FROM = 0.2  # weight


@dataclass(frozen=True, slots=True)
class Brief:
    """What the person needs; all of it but the connecting words is the customer's, the assistant's or the host's."""

    summary: str
    customer: dict[str, str]
    open_questions: list[str]


def brief(conversation: Conversation, category: str, signals: Sequence[Signal]) -> Brief:
    """The brief of a conversation, about 250 tokens at most; the same for the same conversation."""
    return Brief(
        summary="\n".join(_summary(conversation, category, signals)),
        customer=profile(conversation.metadata),
        open_questions=_open_questions(conversation),
    )


def _summary(conversation: Conversation, category: str, signals: Sequence[Signal]) -> Iterator[str]:
    asked = conversation.customer
    about = CATEGORIES.get(category, f"Noticed: {category.replace('_', ' ')}")
    yield f"{about}. Messages from the customer: {len(asked)}.{_mood(category, signals)}"
    first = next((turn for turn in asked if _is_telling(turn.text)), asked[0])
    if first is not conversation.message:
        yield f"It began: {_quoted(first.text, LONGEST_FIRST)}"
    yield f"Now: {_quoted(conversation.message.text, LONGEST_LAST)}"
    if conversation.assistant:
        yield f"The assistant's last answer: {_quoted(conversation.assistant[-1].text, LONGEST_REPLY)}"


def _mood(category: str, signals: Sequence[Signal]) -> str:
    felt = {signal.name for signal in signals if signal.weight >= FELT_FROM} - {category}
    found = [mood for name, mood in MOODS.items() if name in felt]
    return f" Mood: {', '.join(found)}." if found else ""


def _is_telling(text: str) -> bool:
    return len(query_words(text)) >= TELLING_WORDS


def _quoted(text: str, most: int) -> str:
    return f'"{shortened(" ".join(text.split()), most)}"'


def _open_questions(conversation: Conversation) -> list[str]:
    """The newest of them, in the order they were asked."""
    found: dict[frozenset[str], str] = {}
    for turn in conversation.customer[-LAST_TURNS:]:
        answers = [] if turn is conversation.message else _answers(conversation, turn)
        for question in _questions(turn.text):
            spoken = frozenset(query_words(question))
            if spoken and not any(_answers_it(answer, spoken) for answer in answers):
                found.pop(spoken, None)
                found[spoken] = shortened(question, LONGEST_QUESTION)
    return list(found.values())[-MOST_QUESTIONS:]


def _questions(text: str) -> Iterator[str]:
    for sentence in SENTENCE_END.split(text):
        if sentence.rstrip().endswith(("?", "？")):
            yield " ".join(sentence.split())


def _answers(conversation: Conversation, turn: Turn) -> list[frozenset[str]]:
    """The words of what the assistant said after a turn."""
    return [frozenset(words(other.text)) for other in conversation.assistant if other.index > turn.index]


def _answers_it(answer: frozenset[str], question: frozenset[str]) -> bool:
    return len(question & answer) >= ANSWERED * len(question)
