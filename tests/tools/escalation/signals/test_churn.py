"""Leaving for good is told from everyday cancelling, closing and moving."""

import pytest

from tests.tools.escalation.signals.dialogue import dialogue, heaviest
from tools.escalation.signals.churn import detect


def weight(*turns: str) -> float:
    return heaviest(detect, *turns)


@pytest.mark.parametrize(
    "message",
    [
        "You've just lost a long-standing customer",
        "Congratulations, you lost me as a customer",
        "I'm done with you people, close my account today",
        "I'm cancelling my account and moving to another bank",
        "If my money isn't back by Friday I'm closing my accounts and moving to another bank",
        "Close all my accounts, I'm moving to a bank that cares about its customers",
        "I've had enough, I'm switching to another provider and want my contract ended",
        "I no longer wish to be your customer, please delete my account",
        "That's it, I'm leaving. Cancel my contract, you're the worst provider I've ever had",
        "I am sick of this, cancel my subscription",
        "You are going to lose a loyal customer over this",
        "Mir reicht es, ich kündige meinen Vertrag und gehe zur Konkurrenz",
        "Estoy harto, doy de baja mi contrato y me voy a la competencia",
        "I'm taking my business elsewhere, you've treated us horribly",
        "Worst bank ever. Closing all my accounts this week.",
        "That's the last straw, we're moving to Hilton for good",
        "Enough of these lies. Cancel my membership, I'm gone.",
        "I hate this airline, I'm tearing up my gold card and going to Lufthansa",
        "You disgust me. Shut my account down.",
        "We will be terminating our agreement at renewal because your support is a disgrace",
        "I'm so fed up with you lot, I've already opened an account with another bank",
        "absolutely shameful. you won't be getting another penny out of me",
        "Ten years loyal, and for what? Cancel everything, I'm done with this company.",
        "After this fiasco our whole team is migrating to a competitor",
        "I'm sick of your excuses, please end my contract immediately",
        "Screw you guys, I'm leaving and never coming back",
        "We've decided to drop your product. Two outages a week is a joke",
        "Never again. You've lost a family of five as customers.",
        "You can keep your vouchers, from now on we fly with your competitor",
        "I'm walking away from you and taking my accounts with me. Shame on you.",
        "Close my account, I will never give you another penny",
        "I will tell all my friends to steer clear and I'm cancelling my membership",
        "I regret ever joining, terminate my membership",
        "Disgusted. We're off to a different lender",
        "I don't want anything to do with your bank, close everything",
        "I quit. You don't deserve my business",
    ],
)
def test_leaving_because_of_us_is_enough_alone(message: str) -> None:
    assert weight(message) >= 0.7


@pytest.mark.parametrize(
    "message",
    [
        "I will never stay at your hotel again",
        "I won't be flying with you ever again",
        "I will never use your bank again",
        "This is the last time we book with you",
        "I'm leaving you for another network",
        "I'm switching to your competitor",
        "We want out of this contract",
        "I'm going to find another bank",
    ],
)
def test_an_announcement_to_go_weighs_but_does_not_decide(message: str) -> None:
    assert 0.3 <= weight(message) < 0.7


@pytest.mark.parametrize(
    "message",
    [
        "cancel my booking",
        "Please cancel my order, I picked the wrong size",
        "how do I close my account",
        "close the savings account",
        "I want to close my savings account",
        "How do I switch to another bank with your switching service?",
        "Can I transfer my number to another provider?",
        "I'm moving to another room, the AC is loud",
        "I never use this password, right?",
        "We will not be coming back until 6pm",
        "we are leaving you a great review",
        "leaving your hotel at 10, can I get a taxi",
        "I'm done with the form, what next",
        "I've had enough towels, thanks",
        "you lost my bag on flight 22",
        "When was the last time I used my card?",
        "I'm not leaving you, I only want another plan",
        'The advert says "never bank with them again", is it yours?',
        "My brother is switching to another bank",
        "Take my luggage somewhere else please",
        "I want to transfer my money to another bank, what are the fees?",
        "Never again will I forget my adapter",
        "Remove my profile picture please",
        "I'd like to move my booking to another hotel of yours",
        "You can keep the old card, please cancel it",
        "I want to cancel my membership, I signed up by mistake",
        "If I were to switch to another provider, would I keep my number",
        "we are leaving now, can you call us a taxi",
        "I'm done with the survey, thanks",
        "The wifi is a bit of a mess in room 5 but we are leaving today anyway",
        "I will not be renewing my parking permit, please remove me from the list",
        "I'm closing my business account since I'm retiring, thanks for the years",
        "this was the last time I needed the code, right?",
        "I hate this new layout, where did the export button go",
    ],
)
def test_everyday_business_is_no_leaving(message: str) -> None:
    assert weight(message) <= 0.2


def test_what_was_said_earlier_fades_and_names_its_turn() -> None:
    (signal,) = detect(dialogue("You've lost a customer", "A: I am sorry.", "What is my balance?"))
    assert (signal.weight, signal.message_index) == (0.6, 0)
