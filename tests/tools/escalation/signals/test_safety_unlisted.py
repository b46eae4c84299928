"""Dangers told in words that no table spells out, only the kinds of words they are made of."""

import pytest

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.signals.safety import detect


@pytest.mark.parametrize(
    "message",
    [
        "my dad is lying on the floor and won't wake up",
        "there's a man with a knife in the lobby",
        "I can't breathe properly and my lips are going blue",
        "smoke is coming from under the door of 312",
        "I've swallowed a bottle of sleeping tablets",
        "somebody is trying to kick my door in, please hurry",
        "my husband locked me in and took my keys, I'm scared of what he'll do",
        "I'm going to throw myself off the roof",
        "I hope your whole team dies, I'm coming with a gun",
        "our little girl is missing, she was at the pool",
        "the passenger in 14C is having a seizure",
        "your driver groped me on the way to the airport",
        "I smell gas in the apartment",
        "life isn't worth it any more, I've written my goodbye letters",
        "a guest has fallen down the stairs and is bleeding from the head",
        "the server room is on fire",
        "someone put something in my drink, I feel strange and can't walk",
        "the elevator stopped between floors and my wife is panicking inside",
        "he threatened me with a broken bottle",
        "my colleague just got electrocuted in the data centre",
        "I cut my wrist and the bleeding won't stop",
        "my son's allergic reaction is getting worse, his tongue is swollen",
        "my colleague just had a stroke",
        "people are forcing me to take out cash",
        "a woman in 305 is getting attacked",
        "my ex threatened to turn up at work and kill everyone",
        "back to cutting again and nobody notices",
        "I'm afraid of what I might do tonight",
        "somebody is screaming for help in the corridor",
        "the power bank in the seat pocket is smouldering",
        "nobody would care if I jumped",
    ],
)
def test_a_danger_nobody_listed_is_hard(message: str) -> None:
    assert any(signal.is_hard for signal in detect(dialogue(message)))


@pytest.mark.parametrize(
    "message",
    [
        "he is not responding to my emails, who else can approve my request?",
        "my husband will not move from the window seat, fine, book aisle for me",
        "my baby is not waking up before nine so can we have a late breakfast",
        "can someone bring a knife and fork to room 12",
        "the charger is burning through my data plan",
        "my boss is forcing me to fly economy, any upgrade deals?",
        "ok end it here thanks",
        "there's no point in keeping the plan, cancel it",
        "Our clinic's patient database is not syncing to the laptop",
        "Does travel insurance cover a medical emergency?",
        "I won't be here next week, who covers for me?",
        "they attacked us in the game lol, great tournament",
        "There is a smell of smoke in my room, someone smoked there before, can I switch?",
        "I broke my wrist and need an aisle seat",
        "I just had a fit of laughter at your error message",
        "they forced us to sign in again",
        "the seat is being kicked by a child",
        "the sound is cutting out again",
        "I'm afraid of what I might do wrong in the form",
        "we plan to stay and shoot portraits of the staff",
    ],
)
def test_the_same_kinds_of_words_in_everyday_talk_are_not(message: str) -> None:
    assert all(signal.weight < 0.7 for signal in detect(dialogue(message)))
