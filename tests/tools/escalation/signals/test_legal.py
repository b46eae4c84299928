"""Threats of lawyers, courts, authorities and the press, and ordinary talk that holds the same words."""

import pytest

from tests.tools.escalation.signals.dialogue import heaviest
from tools.escalation.conversation import Conversation, Turn
from tools.escalation.signals import legal

ALARMS = 0.7

MEANT = """\
you'll be hearing from my attorney
I'm going to sue you guys
We will be taking legal action if this is not resolved by Monday
my solicitor will be in touch
see you in court
fix it or I call my lawyer
Next step is a complaint to the CFPB
I've already filed a complaint with the Better Business Bureau
I have forwarded everything to my lawyer
If I don't hear back today I will go to the ombudsman
I am considering legal action against your airline
I'll be reporting you to the DOT
I want to file a complaint with the data protection authority about you
I will report you to the police
we're filing a lawsuit against your company
do I have to sue you to get my money back?
you leave me no choice but to take this to small claims court
I'm this close to hiring an attorney
I won't hesitate to sue
Not only will I leave a bad review, I will also contact a lawyer
refund me or I'm going to the newspapers
My lawyer says you owe me a refund
i am gonna sue this airline for everything
my attorney and I will see you before a judge, expect a lawsuit
I'm escalating this to the Financial Conduct Authority
We have instructed our solicitors
I'm seeking legal advice about this
This is my letter before action
I want to speak to a lawyer about how you treated me
I am lawyering up
Ich werde einen Anwalt einschalten
Mein Anwalt wird sich bei Ihnen melden
Wenn ich mein Geld nicht bekomme, gehe ich vor Gericht
Ich beschwere mich bei der BaFin
Ich zeige Sie an
Ich behalte mir rechtliche Schritte vor
Je vais contacter mon avocat
Mon avocat prendra contact avec vous
Je vais porter plainte contre votre hôtel
On se verra au tribunal, je saisis la justice
Je vais signaler cela à la CNIL
Voy a demandarles
Mi abogado se pondrá en contacto con ustedes
Voy a poner una denuncia contra el banco
Voy a presentar una reclamación en Consumo
Tomaré acciones legales
If this isn't sorted my attorney is getting involved
You have 48 hours before I contact my solicitor
I've had enough, I'm going to the consumer protection office
I'll take you to the tribunal
I have already talked to a lawyer and he says I have a case
I intend to pursue this in court
we're ready to go to court over this
my legal team will be reaching out to you
expect a letter from our lawyers
Consider this notice of legal action
I'm going to report your airline to the aviation authority
i am filing with the BBB
your bank is going to get sued
I am prepared to take this to the financial ombudsman service
I'd hate to have to involve my lawyer
I'll make sure the regulator hears about this
I'm contacting Ofcom tomorrow
This is discrimination and I will file a discrimination complaint
the next letter you get will be from my lawyer
I've reported you to trading standards
Give me my money back or you'll be talking to my attorney
I've lodged a complaint with the ombudsman
if you don't refund me by tomorrow i'm going straight to small claims
I will be forwarding this to the FTC
Should I not hear from you within a week, proceedings will be issued
My patience is over, the lawyers take it from here
this will end up in court
I'm not threatening, I am telling you: my lawyer is on it
I will take every legal step available
we are suing
I want your legal department's address so my solicitor can serve papers
I'm contacting a solicitor first thing Monday
Your company can explain itself to the FCA
this is going to court
I've asked my lawyer to review your contract
We'll see what the data protection commissioner says about this leak
You'll regret it, I'm suing the hotel
I'm filing a police report against your staff
Meinen Anwalt habe ich bereits informiert
Sonst sehen wir uns vor Gericht
Sinon je saisis le médiateur
Si no me devuelven el dinero, iré a los tribunales
I have a meeting with my solicitor on Tuesday to discuss suing your bank
our barrister has drafted a claim and you'll be served next week
I'm putting this in front of the financial ombudsman tonight
You'll have to explain this to a judge
My next email will be to the banking regulator
I've contacted the aviation authority about your refusal to pay
A reporter from the Guardian is asking me about the bedbugs
we will be commencing litigation
my attorney has everything, every chat, every lie
I've started court proceedings for my deposit
I've been advised by counsel to seek damages
I'll see to it that trading standards shuts you down
The data protection people will be getting a complaint from me about this leak
your lawyers and mine can talk then
we're invoking the penalty clause and our legal department is writing to you
I will be reporting this hotel to the health inspectors
expect papers from small claims
I am holding you legally responsible for my injury
this is discrimination, I'm calling a lawyer
I'll have my day in court
If my deposit is not back by Monday you will hear from my solicitor
If nobody answers this week it goes to the ombudsman
If you do not pay by then this goes to my attorney
This goes to the tribunal next
We are commencing proceedings next week
There will be a lawsuit against your hotel
I'm drafting the complaint with my lawyer
You'll receive a letter from our attorneys
My solicitor will write to you on Monday
We want our money back and will take you to court
We'll be recovering the deposit through the courts
""".splitlines()  # a line each

ORDINARY = """\
how do I change my legal name
where are the legal terms of the loyalty programme
my lawyer booked a room for tonight
I'm a lawyer, is there a desk in the room
I work as a court reporter and need wifi
is there a basketball court near the hotel
what is the ombudsman's address
is it legal to bring cheese into the country?
I don't want to sue anyone, just want my bag
I'm not saying I will sue you, I just want an answer
she said "I will sue you" and left
my neighbour is going to sue her landlord, can I print the letter here
can I book the tennis court for six
Sue will be my second passenger
I want to add Sue to the booking
my son wants to sue me lol
I am suing my landlord and need a bank letter
If I were to sue you, which law would apply?
no need to involve a lawyer, it was my mistake
can I get a power of attorney form for my mother's account
my lawyer needs the statements for the house purchase
I'm meeting my lawyer in the lobby at four
I go to court every day as a bailiff, do you have late checkout
press the button on the left
go to the media tab and click save
where is the dot on the map
the tennis court is closed
I need the police report number for the insurance after my phone was stolen
what does the regulator say about deposit protection?
the power regulator on the rack failed
Is small claims insurance included in my plan?
please share this post on social media with our guests
the article says customers may take legal action
my brother threatened legal action against his garage
our legal team needs access to the share
the claims department asked for a form
can you send the invoice to my lawyer's office for the inheritance
The contract lawyer in our firm needs a licence
case number 4411, court street 5
I'm a GDPR officer and want to see your privacy notice
Ich brauche keinen Anwalt
Ich werde Sie nicht verklagen
Mein Anwalt hat ein Zimmer bei Ihnen gebucht
Was macht die Verbraucherzentrale?
Je ne vais pas porter plainte
Mon avocat a réservé une chambre
No voy a demandar a nadie
Mi abogado necesita una habitación
My cousin is a solicitor, can he witness the form
Do I need a lawyer to open a business account?
is there a lawyer who can notarise documents near the hotel
The regulator requires a form W-9, where do I upload it
I lost a court case and have to pay by instalments, can I set up a standing order
can you suggest a legal template for our contract
my phone's legal owner is my mum
we booked the court at 5pm
Does the FCA regulate this savings account?
how do I cancel legal cover on my policy
I'm not going to the ombudsman over three euros
there is a suit in my room that is not mine
I left my suit in the wardrobe
can you report the wifi issue to the authority that runs it
what does CAA stand for on the ticket
I was at court all day so I missed your call
Your lawyer called me about the house sale, what is the number
tell the news channel app to stop
my dad sued his employer and I need his payslips
file a case in the helpdesk for me
the case is closed, thanks
I need to file a claim for my lost suitcase
please take action on my ticket
post this on our internal social media page
My attorney is the second guest in the booking
who is the data protection officer
the judge cancelled, please move the reservation
How do I reach the ombudsman in my country?
we're going to the court of honour exhibition
Can you sue someone in this game?
the word lawsuit is misspelled on your blog
My ex-wife's lawyer wants my statements, where do I get them
I need a legal document translated
I have a court date in Leeds, is the hotel near
please call me at the law office
I study law, any student discount
my boss asked me to write to legal about the logo
the sue command on linux, is it installed
who regulates airlines in Spain
my lawyers' association gets a group rate, right?
The suit came back from the laundry with a stain
what legal documents do I need for a mortgage
Is there an ombudsman for banks?
does the bank have a legal department
could I get the address of the consumer protection office for my essay
my wife is an attorney and wants the corporate rate
she works at the attorney general's office
Der Anwalt in Zimmer 12 hat seinen Mantel vergessen
Wie erreiche ich die Schlichtungsstelle?
Où se trouve le tribunal ?
¿Dónde está el juzgado más cercano?
I have to file a report to the regulator, where can I export my data?
I will need the ombudsman's contact details for my records
We're going to court Monday as witnesses, is breakfast at 6 possible
the media team needs access to the share
a reporter booked the conference room, is it ready
our lawyer will need the invoice with the company name
I need a stamped copy for my solicitor's expense file
Please send the statement to my solicitor
We will pass your offer to our lawyer before we sign
our solicitors reviewed the lease, which office gets it
I filled in the small claims form of my luggage insurance
my claim against my own insurance is settled
how do I get to the court from the hotel
My accountant will speak with the tax office
""".splitlines()  # a line each


def weight(message: str, *earlier: str) -> float:
    return heaviest(legal.detect, *earlier, message)


@pytest.mark.parametrize("message", MEANT)
def test_what_needs_a_person_alarms(message: str) -> None:
    assert weight(message) >= ALARMS


@pytest.mark.parametrize("message", ORDINARY)
def test_what_only_sounds_like_it_does_not(message: str) -> None:
    assert weight(message) < ALARMS


def test_the_words_that_threaten_are_the_evidence() -> None:
    turn = Turn("user", "Refund me by Friday, or I'll go to the Ombudsman!", 0)
    (found,) = legal.detect(Conversation([turn]))
    assert (found.name, found.evidence, found.is_hard) == ("legal_threat", "go to the Ombudsman", False)


@pytest.mark.parametrize(
    "message",
    ["can I sue you for this?", "what is the ombudsman's address?", "which regulator supervises you", "my lawyer"],
)
def test_a_question_or_a_mention_is_weak(message: str) -> None:
    assert 0 < weight(message) <= 0.5


def test_a_threat_stays_with_the_conversation_and_fades_slowly() -> None:
    assert weight("hello?", "I will sue you") == pytest.approx(0.77, abs=0.01)
    assert 0 < weight("and the invoice?", "I will sue you", "hello?", "where is my refund") < ALARMS


def test_what_the_assistant_says_of_lawyers_is_no_threat() -> None:
    turns = [Turn("assistant", "You may go to the ombudsman or call a lawyer.", 0), Turn("user", "ok", 1)]
    assert not list(legal.detect(Conversation(turns)))


def test_a_press_story_weighs_less_than_a_lawyer() -> None:
    assert weight("story for the press") < weight("you will hear from my lawyer")
