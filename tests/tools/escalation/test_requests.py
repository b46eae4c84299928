"""Who asks for a person, and the twin of each who does not: the same words refused, over, told, supposed or asked."""

import pytest

from tools.escalation.language.reading import read
from tools.escalation.requests.finding import requests

PLAIN = 0.7
"""From here on a request is honoured whatever the threshold."""

TALK = """
I would like to talk to a person about my mortgage
can i speak with someone from your fraud team
Let me speak to your supervisor
I need to discuss this with an adviser
may we have a word with the duty manager please
who do I talk to about a refund
how do I get to speak to a real human being here
I'd rather chat with a live agent
I want to chat to a member of staff
Is it possible to talk to someone at reception?
I demand to speak with a manager right now
talk to a human
I've been trying to speak to an agent all day
I'd prefer speaking to a person
speaking to an actual person would help
It won't let me speak to anybody human
Why can't I talk to a human
Why can't I just talk to a human
I insist on a conversation with your manager
the app froze twice I want to talk to an agent
I will not stop until I speak to a manager
"""
CONTACT = """
How can I reach a human?
how do i get hold of a real person
how do I contact customer service
I can't get through to anyone real
is there a number to call a representative
what do I press to reach an operator
I need to get in touch with your support team
"""
MOVE = """
Connect me to an agent
put me through to billing please
please transfer this chat to a human agent
could you pass me on to one of your colleagues
hand this conversation over to a real person
I want to be transferred to an operator
Would you mind putting me through to a supervisor
Escalate this to your manager
can my case be escalated to a supervisor
I'd like to be put through to the front desk
forward me to customer care
I want my complaint passed to a manager
"""
GIVE = """
Give me a human
get me a supervisor now
I want a real person
I need an agent
can I have a live operator
could I get a representative please
find me somebody who can help
I'm asking for a manager
I'm requesting a supervisor
still waiting for an agent
I'd like a human being on the line
send me a real person please
I require a senior adviser
we need somebody competent on this
"""
ACT = """
Can a human help me
could someone from reception call me
have somebody ring me back
let a real person look at this
I want a supervisor to call me
will somebody from your team please contact me
can a manager get back to me today
please ask an agent to phone me
I'd like someone to give me a call
a person needs to look at my case
can one of your agents take over this chat
let a human handle it
"""
EXIST = """
is there a human I can talk to
Is there anyone I can speak to about this?
is there a real person here
any humans available
are there any live agents around
do you have a representative I could talk to
is anybody there who I can speak with
where is the human
"""
FROM_THEM = """
I want a call from a supervisor
I need help from a real person
can I get an answer from a human
I expect a reply from a manager
I would like to be helped by a human
help from a human please
"""
AT_THE_START = """
a human please
Agent
representative!!!
REAL PERSON NOW
operator, please
supervisor please, my refund is three weeks late
manager needed
straight to an agent please
just an agent
hi, customer service please
no bot, human please
live agent
speak to human
human human human
agent agent
a person who can actually help please
"""
HINTED = """
what's the quickest route to a person
there must be a way to reach an actual person
"""
UNNAMED = """
Please call me back
can you call me about my claim
I'd like a callback
I want to request a callback please
escalate this please
I want this escalated
hand me over
please transfer me
put me through
who can I talk to
I don't want to talk to a bot
I refuse to deal with a machine
stop making me talk to a robot
I'm tired of talking to a chatbot
enough of this bot
"""
ABROAD = """
Ich möchte mit einem Menschen sprechen
Kann ich bitte mit einem Mitarbeiter reden?
Verbinden Sie mich mit der Leitung
Rufen Sie mich bitte zurück
Ich will nicht mit einem Bot reden
Warum kann ich nicht mit einem Menschen sprechen
Je voudrais parler à un conseiller
Passez-moi un responsable
Puis-je parler à quelqu'un ?
rappelez-moi s'il vous plaît
Je ne veux pas parler à un robot
Quiero hablar con una persona
Páseme con un supervisor
necesito un agente
¿Me pueden llamar?
No quiero hablar con una máquina
"""
TYPED = """
wanna talk 2 a humna
i ned to speek to an agnet
can i tlak to some one
gimme a represenative plz
need a mgr asap
lemme talk to sum1 real
pls connect me w/ a live person
"""
AGAINST_THE_ODDS = """
I don't want the form, let me talk to a person
No, I want a human
thanks but I'd still like to speak to an agent
it's not about the money, I want to speak to a manager
If you can't fix this, get me a supervisor
my wife called yesterday and nothing happened, so put me through to a manager
You said "an agent will call"; nobody did, connect me to an agent
I am a manager myself and I want to talk to yours, get me your manager
"""

REFUSED = """
No need to talk to a person
I don't want to talk to a person, just tell me the balance
please do not transfer me to an agent
I don't need a human for this
there's no need for a manager
don't connect me to anyone
I won't need a supervisor
I would rather not speak to anyone
I'd prefer to do it here rather than speak to an agent
can I do this without talking to an agent
how can I avoid calling customer service
I never asked for a human
I didn't ask to speak to a manager
stop transferring me to agents
you don't have to get me a manager
please don't call me
no callback needed
no agents please
instead of calling support, can I reset it here
I hate talking to people on the phone
not interested in speaking with a representative
do not escalate this
no longer need to speak to an agent
nobody needs to call me
I'm not asking for a supervisor
"""
OVER = """
I spoke to an agent yesterday and she fixed it
the agent I talked to was lovely
I talked with customer service last week
I had to call support twice in March
a manager called me this morning, thanks
your receptionist gave me the code
I was transferred to an agent who sorted it
the supervisor helped me yesterday
someone already called me back
I was talking to a representative and got cut off my flight info is in the mail
yesterday the agent told me it takes three days
I chatted with a real person before and it was great
I'm glad I could talk to a person yesterday
please thank your receptionist for me
"""
TOLD = """
My brother asked to talk to a person last week
she wants to speak to a manager
my husband said he needs an agent
the customer wants to talk to a supervisor, what do I write to them
he told me to contact a manager
the website says to contact support
my boss would like to speak to an operator at the depot
our guests ask for a receptionist at night
"""
QUOTED = """
The email said "I want to talk to a person" at the end
What does "escalate to a manager" mean in the menu?
the button "Talk to an agent" is greyed out
it says 'call me back' on the form, what is that
"""
SUPPOSED = """
if I ever need to speak to a manager I'll let you know
when I need an agent I will ask
suppose I want to talk to a person, what does it cost
once I need a human I will say so
what happens if I call an agent
"""
NEED = """
do I need to talk to an agent to change my seat
Do I have to call customer service to cancel?
should I speak to a manager about the deposit
must I see a person at the branch for this
do we have to contact support first
why must I speak to an agent for a refund
"""
ABOUT_STAFF = """
Are you a human?
are you a real person or a bot
am I talking to a person
is this a bot
what are the opening hours of customer service
how many people work at your front desk
when does reception open
does talking to an agent cost extra
how much do you charge for a call with a person
is your receptionist allowed to take tips
your staff were very kind
the manager on duty was rude
"""
OTHER_MEANINGS = """
I need a room for two people
a table for three persons tonight
add one more person to my booking
transfer money to a person abroad
my travel agent booked the flight
the backup agent is not running
how do I install the monitoring agent
I need manager approval for the laptop
which password manager do you support
task manager shows high usage
I need the human resources portal
it was a human error on my side
the estate agent needs a reference letter
call me a taxi please
can you call me Peter instead of Mr Smith
wake me at six with a call
my manager needs access to the share
my supervisor signed the form
I'm the manager of this shop
I work as a customer service representative
connect to the sales share
transfer 200 to my savings account
I need to connect my phone to the wifi
what does operator mean in excel
person to person payments are down
the escalation policy document is missing
how do I enable privilege escalation with sudo, escalate privileges fails
the front desk gave me the wrong key
can I have late checkout
is there anyone else on the lease
someone parked in my space
somebody stole the towels, may I have new ones
do you have a table for one person
do people usually tip here
get me a taxi
give me the balance
find me a flight to Rome
can I bring a guest
Can I transfer my ticket to another person?
I want a person removed from my booking
can I get a seat for a person with a disability
I need someone's phone number
I need to reschedule my call with the adviser
please ask housekeeping to bring pillows
can someone else pick up my card
how do I put a caller through to a colleague in Teams
my ticket was escalated last week, any news
I missed a call from an agent
I got a call from someone claiming to be from the bank
cancel my appointment with the adviser
the live agent button is missing
"""
ABROAD_TWINS = """
Ich muss nicht mit einem Menschen sprechen
Muss ich mit einem Mitarbeiter sprechen, um zu kündigen?
Mein Bruder wollte mit einem Mitarbeiter sprechen
Ich brauche keinen Mitarbeiter
Ein Zimmer für zwei Personen bitte
Je n'ai pas besoin de parler à un conseiller
Dois-je parler à un conseiller pour cela ?
Mon frère voulait parler à un conseiller
Une chambre pour deux personnes
No necesito hablar con un agente
¿Tengo que hablar con un agente?
Mi hermano quiere hablar con un supervisor
una mesa para dos personas por favor
"""

ASKED = {
    "talk": TALK,
    "contact": CONTACT,
    "move": MOVE,
    "give": GIVE,
    "act": ACT,
    "exist": EXIST,
    "from them": FROM_THEM,
    "at the start": AT_THE_START,
    "hinted": HINTED,
    "unnamed": UNNAMED,
    "abroad": ABROAD,
    "typed": TYPED,
    "against the odds": AGAINST_THE_ODDS,
}
NOT_ASKED = {
    "refused": REFUSED,
    "over": OVER,
    "told": TOLD,
    "quoted": QUOTED,
    "supposed": SUPPOSED,
    "need": NEED,
    "about staff": ABOUT_STAFF,
    "other meanings": OTHER_MEANINGS,
    "abroad": ABROAD_TWINS,
}


def lines(tables: dict[str, str]) -> list[tuple[str, str]]:
    return [(kind, line) for kind, table in tables.items() for line in table.strip().splitlines()]


def weight(message: str) -> float:
    return max((weight for _, weight in requests(read(message))), default=0.0)


@pytest.mark.parametrize(("frame", "message"), lines(ASKED))
def test_a_person_is_asked_for(frame: str, message: str) -> None:
    assert weight(message) >= PLAIN, frame


@pytest.mark.parametrize(("reason", "message"), lines(NOT_ASKED))
def test_nobody_is_asked_for(reason: str, message: str) -> None:
    assert weight(message) < PLAIN, reason


@pytest.mark.parametrize(
    ("message", "evidence"),
    [
        ("Hello, I'd like to talk to a person about my loan", "talk to a person"),
        ("My card is stuck. Connect me to an agent now!", "Connect me to an agent"),
        ("ok but gimme a HUMAN", "gimme a HUMAN"),
        ("Representative!", "Representative"),
    ],
)
def test_evidence_is_the_request_itself(message: str, evidence: str) -> None:
    assert evidence in {found for found, _ in requests(read(message))}


@pytest.mark.parametrize("message", ["manager", "Manager.", "a supervisor", "agent", "Receptionist"])
def test_a_name_of_a_job_alone_is_a_call_unless_it_answers_what_somebody_is(message: str) -> None:
    assert weight(message) >= PLAIN
    assert not list(requests(read(message), answers_who=True))


def test_a_whole_request_is_one_even_as_an_answer_to_what_somebody_is() -> None:
    assert list(requests(read("let me talk to a manager"), answers_who=True))


@pytest.mark.parametrize(
    "message",
    [
        "Is anybody there? I want to talk to them",
        "you have agents, give me one",
        "I know who can help, connect me to him",
    ],
)
def test_somebody_mentioned_before_is_asked_for_by_a_pronoun(message: str) -> None:
    assert weight(message) >= PLAIN


@pytest.mark.parametrize("message", ["give me one", "let me talk to her", "send it to them"])
def test_a_pronoun_for_nobody_asks_for_nobody(message: str) -> None:
    assert weight(message) < PLAIN
