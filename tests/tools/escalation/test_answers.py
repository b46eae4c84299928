"""What a model reads of a check: the answer first, then why, then the brief."""

import re

from tools.escalation.models import Checked, HandoffPart, MemoryPart, SignalPart


def unmarked(text: str) -> list[str]:
    """The lines, without what is new in each mark."""
    return [re.sub(r"^(</?\w+) \w{4}>$", r"\1>", line) for line in text.splitlines()]


def checked(**given: object) -> Checked:
    nothing = {
        "should_escalate": False, "confidence": 0.0, "level": "none", "category": "none", "signals": [],
        "recommended_action": "Go on.", "version": "1",
    }  # fmt: skip
    return Checked.model_validate(nothing | given)


def test_nothing_to_worry_about_is_one_short_line() -> None:
    assert checked().text() == "escalate: no"


def test_signals_below_the_threshold_are_told_with_the_answer() -> None:
    seen = SignalPart(name="anger", weight=0.5, evidence="ridiculous", message_index=4)
    answer = checked(confidence=0.5, level="low", category="anger", signals=[seen])
    assert unmarked(answer.text()) == [
        "escalate: no · low · 0.50 · anger",
        "Go on.",
        "<signals>",
        "anger 0.50  ridiculous",
        "</signals>",
    ]


def test_an_escalation_comes_with_its_id_and_brief() -> None:
    seen = SignalPart(name="explicit_request", weight=0.95, evidence="a human\nplease", message_index=0)
    brief = HandoffPart(
        summary="Asks for a person.\nNow: please",
        customer={"name": "Anna"},
        open_questions=["Where is it?"],
        memories=[MemoryPart(memory_id="m1", content="Calls after six")],
    )
    answer = checked(
        should_escalate=True, confidence=0.95, level="high", category="explicit_request", signals=[seen],
        handoff=brief, escalation_id="e1", recommended_action="Hand over.", note="Recorded.",
    )  # fmt: skip
    assert unmarked(answer.text()) == [
        "escalate: yes · high · 0.95 · explicit_request [e1]",
        "Hand over.",
        "<signals>",
        "explicit_request 0.95  a human",
        "  please",
        "</signals>",
        "<handoff>",
        "summary:  Asks for a person.",
        "  Now: please",
        "customer  name: Anna",
        "open question:  Where is it?",
        "memory [m1]  Calls after six",
        "</handoff>",
        "Recorded.",
    ]
