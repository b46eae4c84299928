"""How angry a message is, that a polite turn does not wipe it out, and that a rise is seen."""

import pytest

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.signals.anger import detect, mood


@pytest.mark.parametrize(
    ("message", "level"),
    [
        ("fuck you", 3),
        ("go to hell you useless thieves", 3),
        ("You are a bunch of idiots", 3),
        ("you're all morons", 3),
        ("this is bullshit, you're all incompetent", 3),
        ("I've had it with this bank, sick of your lies", 3),
        ("This is absolutely outrageous!!! Not one of you cares!!!", 3),
        ("what the hell is going on", 2),
        ("I am beyond furious", 2),
        ("I am sick of your excuses", 2),
        ("How dare you charge me twice", 2),
        ("are you fucking kidding me", 2),
        ("the f***ing app crashed again", 2),
        ("you stupid bot", 2),
        ("WHERE IS MY MONEY!!! THIS IS RIDICULOUS", 2),
        ("this is ridiculous", 1),
        ("This is so annoying", 1),
        ("WHERE IS MY MONEY", 1),
        ("damn, it crashed", 1),
        ("you must be joking", 1),
    ],
)
def test_anger_has_levels(message: str, level: int) -> None:
    assert mood(message)[0] == level


@pytest.mark.parametrize(
    "message",
    [
        "I'm such an idiot, I forgot my PIN",
        "stupid question, how do I log in",
        "the breakfast was damn good",
        "this view is sick",
        "the printer is useless",
        "HAPPY BIRTHDAY MUM!!! thanks",
        "my husband is furious",
        "I'm not angry, just asking",
        "it's a bit annoying that it is landscape",
        'she said "you are all idiots"',
        "what's the third time slot",
        "I was furious yesterday but your agent fixed it",
        "holy shit that was fast",
        "fuck yeah, it works",
        "I'm tired of my old phone, which one do you recommend",
        "kill the process",
        "The VPN and the USB hub are down",
        "great!!",
        "we hated to leave, thank you",
    ],
)
def test_self_mockery_praise_and_others_anger_are_none_at_us(message: str) -> None:
    assert mood(message)[0] == 0


def test_one_polite_turn_does_not_cancel_anger() -> None:
    (signal,) = detect(dialogue("you are all idiots", "A: I am sorry.", "thank you"))
    assert (signal.name, signal.weight, signal.message_index) == ("anger", 0.75, 0)


def test_anger_fades_after_three_turns() -> None:
    turns = ["you are all idiots", "ok", "my number is 5", "yes", "and the other one"]
    weights = [max(signal.weight for signal in detect(dialogue(*turns[:count]))) for count in range(1, 6)]
    assert weights == [0.75, 0.75, 0.75, 0.6, 0.48]


def test_a_steady_rise_weighs_more_than_a_jump() -> None:
    steady = detect(dialogue("where is it", "this is ridiculous", "I am sick of your excuses"))
    jump = detect(dialogue("where is it", "ok", "I am sick of your excuses"))
    assert [signal.weight for signal in steady if signal.name == "anger_rising"] == [0.4]
    assert [signal.weight for signal in jump if signal.name == "anger_rising"] == [0.3]


@pytest.mark.parametrize(
    "turns",
    [
        ("I am sick of your excuses", "ok", "fine"),
        ("hello", "I am sick of your excuses"),
        ("you are all idiots", "this is ridiculous", "I am sick of your excuses"),
        ("this is ridiculous", "so ridiculous", "this is ridiculous"),
    ],
)
def test_no_rise_where_it_falls_stays_or_has_only_begun(turns: tuple[str, ...]) -> None:
    assert not [signal for signal in detect(dialogue(*turns)) if signal.name == "anger_rising"]


def test_the_assistants_words_are_not_the_customers() -> None:
    assert not list(detect(dialogue("hi", "A: You are all idiots", "ok")))
