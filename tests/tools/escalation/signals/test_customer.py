"""What the host knows of the customer in any shape, and what the customer says of their own plight."""

from typing import Any

import pytest

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.signals.customer import MOST, detect


def known(metadata: dict[str, Any], message: str = "What does it cost?") -> dict[str, float]:
    return {signal.name: signal.weight for signal in detect(dialogue(message, metadata=metadata))}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"vip": True}, {"vip_customer": 0.3}),
        ({"isVip": "yes"}, {"vip_customer": 0.3}),
        ({"customer": {"loyalty_tier": "Platinum"}}, {"vip_customer": 0.3}),
        ({"customer_plan": "enterprise"}, {"vip_customer": 0.3}),
        ({"tags": ["new", "VIP"]}, {"vip_customer": 0.3}),
        ({"accountValue": 120_000}, {"vip_customer": 0.3}),
        ({"vulnerable": True}, {"vulnerable_customer": 0.4}),
        ({"profile": {"flags": ["bereaved"]}}, {"vulnerable_customer": 0.4}),
        ({"accessibility": "wheelchair"}, {"vulnerable_customer": 0.4}),
        ({"minor": True}, {"vulnerable_customer": 0.4}),
        ({"sentiment": "negative"}, {"customer_risk": 0.25}),
        ({"sentiment_score": -0.8}, {"customer_risk": 0.25}),
        ({"previous_escalations": 1}, {"customer_risk": 0.25}),
        ({"openTickets": 4}, {"customer_risk": 0.25}),
        ({"churn_risk": "high"}, {"customer_risk": 0.25}),
        ({"churn_risk": 0.9}, {"customer_risk": 0.25}),
        ({"vip": 1, "vulnerable": 1}, {"vulnerable_customer": 0.4, "vip_customer": 0.3}),
    ],
)
def test_metadata_in_any_shape_is_understood(metadata: dict[str, Any], expected: dict[str, float]) -> None:
    assert known(metadata) == expected


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"vip": False},
        {"vip": "no"},
        {"vip": None},
        {"vulnerable": "none"},
        {"vulnerable": "not vulnerable"},
        {"tier": "standard"},
        {"tier": "not gold"},
        {"plan": "enterprise"},
        {"card_type": "platinum"},
        {"account": {"type": "Black"}},
        {"device": {"group": "Executive Board"}},
        {"account_disabled": True},
        {"disabled": True},
        {"department": "legal", "role": "manager"},
        {"minor_version": 3},
        {"favourite_colour": "gold"},
        {"sentiment": "positive"},
        {"sentiment": 0.4},
        {"churn_risk": 0.1},
        {"churn_risk": "low"},
        {"open_tickets": 0},
        {"open_tickets": "many"},
        {"contact": "+49 30 1234567"},
        {"account_value": float("nan")},
        {"previous_escalations": False},
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"vip": True}}}}}}}},
        {"list": [0] * (MOST + 1), "vip": True},
    ],
)
def test_noes_names_and_what_is_too_deep_or_too_much_say_nothing(metadata: dict[str, Any]) -> None:
    assert known(metadata) == {}


def test_a_problem_of_somebody_flagged_decides() -> None:
    assert known({"vulnerable": True}, "Nobody came with the wheelchair") == {"vulnerable_customer": 0.7}
    assert known({"vip": True}, "My payment was rejected") == {"vip_customer": 0.7}
    assert known({"sentiment": "negative"}, "My payment was rejected") == {"customer_risk": 0.25}
    assert known({"vip": True}, "Thanks, no problem") == {"vip_customer": 0.3}


def test_values_are_evidence_only_and_cut() -> None:
    (signal,) = detect(dialogue("hi", metadata={"vip": "x" * 10_000}))
    assert len(signal.evidence) < 100
    (signal,) = detect(dialogue("hi", metadata={"open_tickets": 10**5_000}))
    assert signal.evidence == "open_tickets: very many"


@pytest.mark.parametrize(
    "message",
    [
        "I'm 84 and don't understand computers",
        "I am 79 years old",
        "I'm a pensioner",
        "my wife passed away last week and the account is in her name",
        "my son died",
        "I am a widow",
        "I'm disabled",
        "I am visually impaired",
        "I have dementia",
        "I can't pay my rent",
        "I'm about to lose my home",
        "I lost my job and can't pay the loan",
        "we are facing eviction",
        "I have no money left to feed my kids",
        "I'm struggling to pay",
        "I'm in tears here",
        "I am 13",
    ],
)
def test_a_plight_told_weighs_but_does_not_decide(message: str) -> None:
    assert 0.35 <= known({}, message)["vulnerable_customer"] <= 0.5


@pytest.mark.parametrize(
    "message",
    [
        "I am 80 miles away from the airport",
        "I am 15 minutes late",
        "I lost my son's passport",
        "my dad passed his driving test",
        "my phone died",
        "I can't pay with my card online",
        "I can't afford the deluxe room",
        "do you have rooms for disabled guests",
        "is there a bereavement fare",
        "I'm not disabled",
        "if I lose my job, what happens to the loan",
        'the article "my husband died" on your page is broken',
        "how old must I be",
        "the account is disabled",
    ],
)
def test_what_only_sounds_like_a_plight_is_none(message: str) -> None:
    assert known({}, message) == {}


def test_of_long_notes_only_the_telling_words_are_evidence() -> None:
    """Evidence is kept and sent on; what else stands in a note is nobody's business."""
    notes = "elderly, has been ill for years, wife left him last spring"
    (found,) = detect(dialogue("What does it cost?", metadata={"customer": {"notes": notes}}))
    assert found.evidence == "customer.notes: elderly"
