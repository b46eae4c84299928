"""Accounts taken over and money stolen, against suspicion and routine."""

import pytest

from tests.tools.escalation.signals.dialogue import heaviest
from tools.escalation.conversation import Conversation, Turn
from tools.escalation.signals import fraud

ALARMS = 0.7

MEANT = """\
my account has been hacked
someone hacked into my email
I've been scammed
I got scammed out of 2000 dollars
somebody stole my identity
someone opened a loan in my name
all my savings are gone, somebody took them
there are fraudulent transactions on my account
hackers changed my password and locked me out
someone is using my card right now
a stranger withdrew 500 from my account
I clicked the link and entered my password
I gave my PIN to a man who pretended to be from the bank
I sent money to a scammer
we have ransomware on our file server
my identity was stolen
someone got into my account and spent my miles
I fell for a phishing mail and typed in my credentials
they drained my bank account
I think my account was hacked
I let him have remote access to my computer, he was a scammer
someone is logged into my account and ordering things
I was tricked into transferring my savings
They're demanding bitcoin for my files
my email got compromised
a credit card was opened in my name
somebody transferred all my money away
my sim was swapped
someone is blackmailing me with photos
thieves emptied my account
Mein Konto wurde gehackt
On a piraté mon compte
Han hackeado mi cuenta
my bank account was cleaned out overnight
someone else has logged in to my account and changed the address
I was conned by a fake call centre into giving my OTP
I've fallen for a scam
there's fraud on my card, three charges in Lagos
somebody cloned my debit card
my Microsoft account has been taken over
I gave a scammer my card details
all my miles have been stolen
someone impersonated me and took out a loan
a hacker has access to my email
I got a call from someone claiming to be the bank and I told them my code
all our files are encrypted and they want bitcoin
I'm a victim of identity theft
someone has stolen my money
there are purchases I never made on my account
people I don't know have been buying things with my account
my account got taken over
I gave out my banking password to a fake website
there are charges all over my card from a city I've never been in and my card is cloned
I've had my identity stolen
some hacker is inside my laptop
scammers took 3000 euros from my mother
Someone pretending to be Microsoft got into my PC
the caller said he was from the bank and I transferred him 900
I paid for a flat that does not exist, it was a scam
he stole all my savings
crooks used my card to buy phones
my account is hacked
somebody has been using my card in Brazil
they stole my identity and opened accounts
an unknown person withdrew all my money
I was phished
I typed my card details into a fake DHL page
ransomware has locked all the PCs
my facebook login was stolen and they message my friends
there's money missing from my savings and I never moved it
a guy rang saying he was your security team and I read him the code
someone has taken over my frequent flyer account and booked flights with my points
I was duped into buying gift cards
my card was skimmed at your restaurant
three loans have been taken out in my name
somebody got hold of my password and is sending mails as me
The villa I booked doesn't exist, the landlord took my deposit and vanished
our finance team paid a fake invoice
hackers are in our system right now
My whole pension is gone, they transferred it to some account abroad
I typed my bank login into a fake page
a stranger has been withdrawing cash with a copy of my card
someone stole my booking and cancelled my room
my phone suddenly lost signal and now my bank account is empty
an unknown device is logged into my email and is forwarding everything
every file on the share has a .locked extension and there's a ransom note
they conned my grandmother out of 10,000 pounds
jewellery was stolen from our room safe
A hacker changed my recovery email
the attackers deleted all our backups
I read the passcode to a caller and now I see transfers I didn't make
the shop page was fake and they took 300 from me
they robbed us out of 900
someone is reading my emails
my carer keeps withdrawing cash from my account
I downloaded the app the caller told me about and he emptied my balance
they took out a loan using my passport
a text about a parcel came, I paid, and now my card is being charged every hour
""".splitlines()  # a line each

ORDINARY = """\
I don't recognise this payment
I lost my card
my card was stolen, please block it
how do I report phishing
I think someone may have my card number
I got a suspicious email
is this mail phishing?
can a friend use my card
can someone else pay into my account
my wife used my card with my permission
I entered my password and it says invalid
I clicked the reset link you sent and entered my new password, but it still fails
how do I protect my account from hackers
what happens if my account gets hacked?
in case my account is hacked, who do I call
my account wasn't hacked, I only forgot the password
I haven't been scammed, just checking
do you sell identity theft protection
the fraud department called me about my loan, what are the hours
fraud alert settings please
does the antivirus protect against ransomware?
what is a sim swap?
I gave my card details to your receptionist for the deposit
I gave the hotel my account number for the refund
we ran a hackathon, who hacked the best app?
I transferred money to my landlord yesterday
my colleague said her account was hacked last year
they charged my card twice
someone from your bank called me, is that real?
they took the money from my account twice, I need one refunded
people use my account at home, can I add a profile
can someone log into my account to help me
an agent accessed my account and fixed it, thanks
they opened an account for me last week
he changed my seat on my account
my travel agent used my email for the booking
access is unauthorized: error 401
the page says unauthorized access
someone ordered the wrong thing on my account, my kid I mean
I need to tell you that my phone number changed
the money is gone from my pending balance, so the transfer worked
you charged my card by mistake
who moved my account to the new plan
they changed my login page, where's the button
my old phone was stolen, how do I move the authenticator
the vending machine stole my money
the cash machine took my card
the fraud check took long, is my order ok
was my account compromised in the breach?
how long do fraud investigations take
I want to opt out of fraud texts
your system flagged my payment as fraud, it was me
I forgot who has access to my account
someone in my team has access to my account, how do I revoke it
I need access to my old account
the password was changed by IT yesterday
I sent the code to my email
I told your colleague my account number already
I typed my pin wrong three times
I shared my screen with the technician
the transfer was made by me
someone used the pool towel
somebody took my seat
someone took my suitcase by mistake
my luggage was stolen
my points are gone after the update, when do they show again
our account manager changed
they moved my flight
somebody changed my booking, was it my wife?
I changed my password and locked me out
my colleague has my laptop
is there a scam with fake hotel sites I should know about?
report spam button is missing
my balance is gone from the home screen
my savings account has disappeared from the app
I used my card to buy phones
my husband is using my account
what is the phishing report address
my account was drained by your fees
they hacked together a fix
life hack for packing?
our accounts were merged
I scanned for malware, all clean
the scammer in the movie, who is he
someone used the same email as mine for the newsletter
can you check whether this SMS is a scam
has someone accessed my account?
I want to report a scam call I ignored
can I withdraw all my money
I gave my number to the front desk
I typed my card details but the page froze
an unknown error on my account
how do hackers get into accounts
is someone using my wifi?
the hackers conference needs rooms
two charges on my card for one night
my payment was taken twice
my account is locked after 3 tries
someone changed the meeting in my calendar
my manager used my laptop yesterday
phishing training link is broken
My card is being used as the default, change it
someone stole my bike outside the hotel
My card was charged twice for the same booking, please refund one
There's a payment I didn't make, can you check
I gave my card details at check in, when will you charge me
The cleaner took my laptop charger from the room, can you ask
I didn't use the minibar but it's on the bill
My points have disappeared from the app since the update
I got a message that asked me to log in again, is it from you?
It wasn't me who booked, it was my assistant
Unknown charge of 20 on my debit card
how often must I change my password
the system says I have to change my PIN
I've got to change my password again
I got my PIN by post
Somebody changed the wallpaper on my laptop
someone else is using the meeting room booked under my name
they have my number already
an email about a customs form came, where do I send it
a hacker event is in our conference room
they stole my umbrella at the pool
""".splitlines()  # a line each


def weight(message: str, *earlier: str) -> float:
    return heaviest(fraud.detect, *earlier, message)


@pytest.mark.parametrize("message", MEANT)
def test_what_needs_a_person_alarms(message: str) -> None:
    assert weight(message) >= ALARMS


@pytest.mark.parametrize("message", ORDINARY)
def test_what_only_sounds_like_it_does_not(message: str) -> None:
    assert weight(message) < ALARMS


def test_the_words_that_tell_of_it_are_the_evidence() -> None:
    (found,) = fraud.detect(Conversation([Turn("user", "Hi, somebody stole my identity last week", 0)]))
    assert (found.name, found.evidence, found.is_hard) == ("fraud", "somebody stole my identity", False)


@pytest.mark.parametrize(
    "message",
    [
        "I don't recognise this payment",
        "my card was stolen, please block it",
        "I got a suspicious email",
        "I think someone may have my card number",
        "maybe someone hacked my account",
    ],
)
def test_a_suspicion_counts_without_alarming(message: str) -> None:
    assert 0.3 <= weight(message) <= 0.5


def test_a_password_given_away_alarms_only_with_a_lure() -> None:
    assert weight("I entered my password and nothing happens") < 0.3
    assert weight("I clicked the link and entered my password") >= ALARMS
    assert weight("I clicked the reset link you sent and entered my password") < 0.3


def test_how_it_happened_takes_it_for_a_fact_and_how_to_protect_does_not() -> None:
    assert weight("how did someone get in, my account was hacked") >= ALARMS
    assert weight("how do I tell whether my account was hacked") < ALARMS


def test_a_fact_of_an_earlier_turn_fades_slowly() -> None:
    assert weight("hello?", "my account was hacked") == pytest.approx(0.72, abs=0.01)


@pytest.mark.parametrize(
    "message",
    [
        "Someone stole my wallet, what should I do about my card?",
        "my card was stolen",
        "a pickpocket stole my phone on the train, how do I block the app",
    ],
)
def test_a_stolen_thing_alone_is_routine(message: str) -> None:
    assert weight(message) < ALARMS


def test_a_stolen_card_that_was_used_is_not() -> None:
    assert weight("my card was stolen and used to buy a television") >= ALARMS
