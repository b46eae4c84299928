"""People in danger, and everyday words that only sound like it."""

import pytest

from tests.tools.escalation.signals.dialogue import heaviest
from tools.escalation.conversation import Conversation, Turn
from tools.escalation.signals import safety

ALARMS = 0.7

MEANT = """\
I want to kill myself
I'm thinking of ending my life
i dont want to be alive anymore
honestly I'd be better off dead
I feel suicidal
if I kill myself you'll be sorry
I just want to die
there's no point in living anymore
my daughter says she wants to kill herself
I'm going to hurt myself
I just took a whole bottle of sleeping pills
I will kill your manager
I'm coming down there and I will punch that receptionist
I'm gonna shoot everyone in that branch
there is a bomb on the plane
someone is trying to break into my room
there's a guy with a gun in the lobby
my husband hit me and I'm hiding in the bathroom
a man is following me around the hotel
my room is on fire
there is smoke coming from the wall socket
we are trapped in the elevator
I'm stuck in the lift with my kids
my wife is having a heart attack
my father collapsed and he is not breathing
I can't breathe
my son is having an allergic reaction
she passed out by the pool
someone call the police now
I can't find my daughter anywhere in the airport
our child is missing
a baby is locked in a car in your parking lot
I was assaulted by one of your drivers
a guest groped me at the bar
please help he is going to hurt me
I am in danger
I've been raped
he is choking, what do I do
my laptop battery caught fire
I overdosed
Ich will mich umbringen
Ich will nicht mehr leben
Es brennt in meinem Zimmer
Wir sind im Aufzug eingeschlossen
Mein Mann hat einen Herzinfarkt
Rufen Sie einen Krankenwagen
Ein Mann mit einem Messer steht vor meiner Tür
Je veux mourir
J'ai envie de me suicider, je veux en finir avec la vie
Il y a le feu dans ma chambre
Ma femme ne respire plus
Nous sommes coincés dans l'ascenseur
Appelez une ambulance
No quiero vivir más
Hay fuego en mi habitación
Mi marido no puede respirar
Estamos atrapados en el ascensor
Llamen a una ambulancia
I have pills in my hand and nobody cares
I can't go on, I want to end it
everyone would be happier if I were dead
I am standing on the roof and going to jump
I keep thinking about suicide
my brother just tried to kill himself
flames are coming out of the oven in our apartment
the elevator is stuck and my mother is inside, she is panicking
my baby isn't breathing
my grandmother fell and is bleeding heavily
I think I'm having a stroke
my boyfriend is threatening to kill me
somebody is banging on my door and trying to get in
he's got a knife
I've been kidnapped
the driver tried to rape me
help there is a shooter
I'm going to come to your office and hurt people
I will burn your branch down
my friend overdosed in room 12
I've cut myself and can't stop the bleeding
the kid is drowning in the pool
my husband beats me and reads my bank statements
I am scared for my life
there is a strong smell of gas in room 4
I don't see any reason to keep living
I'm gonna end myself
I want to disappear forever and never wake up
my partner is violent and I need to leave tonight
someone put something in my drink
my mum has fallen down the stairs and isn't moving
there's been an explosion
the carbon monoxide detector is going off
I'm being held in the room against my will
there is a drunk man threatening people with a bottle
we need the police here
he said he will come and kill us all
I'm having suicidal thoughts because of this debt
a child fell into the pool and isn't breathing
my husband is unconscious on the bathroom floor
I'm going to kill myself in my room tonight
I'll kill myself if you cancel my account
there is a man with a knife in the kitchen
there is smoke coming from the neighbour's flat
I've been thinking about ending things, I can't live like this
There's a leak of gas I think, we feel dizzy
my boyfriend choked me last night and he is outside
she took an overdose
my dad is having chest pain on flight 22 right now
we're locked in the sauna and can't get out
a man grabbed my daughter at the pool
I want to hurt the idiot who did this to me, I will find him and stab him
Meine Frau ist bewusstlos
Ich werde von meinem Mann geschlagen
Il y a un homme avec un couteau dans le couloir
Alguien con una pistola está en el vestíbulo
my ex is stalking me
""".splitlines()  # a line each

ORDINARY = """\
this wait is killing me
I'm dying to know when the pool opens
how do I kill the process
I'd like an emergency exit row seat
please update my emergency contact
my Fire TV stick won't connect
where is the fire extinguisher
my phone battery is dying
the hotel is in the heart of the city
shoot me an email when it's done
I always hang myself up on this step of the form
I could kill for a coffee
I'm allergic to nuts, can I get another meal
I'm allergic to feathers, may I have another pillow
I'm not suicidal, I'm just tired of the form
does your travel insurance cover medical emergencies?
is there a fire escape on my floor
there is a fire drill tomorrow, will breakfast be served
the server crashed and died
I'm bleeding money with these fees
we live in danger of missing the connection
my key is stuck in the room
I don't want to live in this flat any more, change my address
my son is missing from the booking
my child is missing a meal on flight 12
I lost my son's passport
can I travel with a hunting rifle in checked luggage?
can I bring a pocket knife in my checked bag
I can't breathe in this shirt, it's too small, wrong size. Can I exchange it for an XL?
the new update is fire
my wife will kill me if I miss this flight
my boss is going to kill me if this isn't fixed
hit me up when it's ready
the film about a man with a gun stopped halfway
what should one do in case of fire
what if there is a medical emergency on board?
I died laughing at your ad
the song Suicide is Painless, can you add it to the playlist
do you have a smoking room
can you smell the sea from the room
is there a doctor on board
how do I attach a child seat in the car
kill them and restart the pods, does that work
the app attacked my patience
someone keeps hitting the wrong button in our team
my account was under attack by bots, is the firewall on
I need a police clearance certificate, is the notary open
We had a heart attack patient last year at our clinic and need the same flight
the kids have been running wild in the pool, what time does it close
I'm in the elevator business, do you stock cables
my mom passed out the flyers at the lobby
the ink is bleeding through the paper
the process is choking on large files
Ich sterbe vor Hunger, wann gibt es Essen
Der Film über einen Mann mit einem Messer läuft nicht
Wo ist der Feuerlöscher?
Je meurs de faim, le restaurant est ouvert ?
Où est la sortie de secours ?
Me muero de hambre
¿Dónde está la salida de emergencia?
is there a panic button in the lift
I almost died of laughter
this traffic is murder
I'm drowning in emails, can you set up a filter
the battery exploded in popularity
how to survive a heart attack, do you have a first-aid course
I had a heart attack last year, do I need a medical form to fly?
can I bring my epipen on board
do you have vegan food, I'm allergic to eggs
there's a fire pit on the terrace, when is it lit
the fire alarm battery chirps, can someone replace it
how do I report a gas meter reading
I'm trapped in a contract until June
stuck in traffic, please hold my reservation
my car was broken into last month, can I get a letter for the insurance
is it safe to walk to the station at night
do I need a doctor's note to cancel
we need a doctor's certificate for the refund, which form
child seat for my baby please
my child is alone on the flight, how does the unaccompanied minor service work
call the police museum for tickets?
he hit me up for the wifi code
shooting some photos of your lobby, okay?
I want to shoot a video in your hotel
the process died with signal 9 and I want to kill it
kill -9 does not work on the child process
I'm sick of the app logging me out
it's a matter of life and death for my garden, where are my seeds
my server was attacked, do we have a backup
hit by a virus, my laptop I mean
a friend is following me on the app, how do I block
my ankle is swollen, can I get an aisle seat
our non-smoking room smells of smoke
I shot myself in the foot with that password
do the workers kill themselves after the job ends, or do I stop the processes
the plants on my balcony are dying, who waters them
I fell in love with your hotel
kids fell asleep, can we check out later
I nearly had a stroke when I saw the price
my heart is racing for this concert
he has a gun licence, can he book
I need to be picked up, I broke my arm last week and can't drive
the child lock is on, how do I turn it off
there's a knife missing in the apartment kitchen
my life is a mess, but the booking is fine
I burned my tongue on the coffee, ha
the shower is trapped behind a stuck door
kill the lights in room 4 please
my password is dead to me
I'll be dead tired after the flight
can my husband get a heart check at the spa
how many people can drown... I mean how deep is the pool
baby shower room for 20 people
our dog passed away, please cancel his ticket
my mother died, do you offer bereavement fares?
call security desk number?
the battery got hot but it's fine now
the pool is closed because someone was injured?
Ich habe mir den Fuß verstaucht
Mein Akku stirbt
Mon fils a perdu son billet
Mi hijo ha perdido su maleta
""".splitlines()  # a line each


def weight(message: str, *earlier: str) -> float:
    return heaviest(safety.detect, *earlier, message)


@pytest.mark.parametrize("message", MEANT)
def test_what_needs_a_person_alarms(message: str) -> None:
    assert weight(message) >= ALARMS


@pytest.mark.parametrize("message", ORDINARY)
def test_what_only_sounds_like_it_does_not(message: str) -> None:
    assert weight(message) < ALARMS


def test_a_plain_danger_is_hard_and_shows_its_words() -> None:
    (found,) = safety.detect(Conversation([Turn("user", "Help! There's smoke coming out of the socket.", 0)]))
    assert (found.name, found.evidence, found.is_hard) == ("safety", "smoke coming", True)


def test_a_mention_is_not_hard() -> None:
    (found,) = safety.detect(Conversation([Turn("user", "does the life insurance cover suicide?", 0)]))
    assert not found.is_hard
    assert found.weight <= 0.3


@pytest.mark.parametrize("message", ["I'm not suicidal", "I would never hurt myself", "I don't want to kill myself"])
def test_self_harm_that_is_denied_is_weak(message: str) -> None:
    assert weight(message) <= 0.3


def test_a_danger_of_an_earlier_turn_is_still_hard() -> None:
    turns = [Turn("user", "I want to kill myself", 0), Turn("assistant", "I am sorry.", 1), Turn("user", "whatever", 2)]
    (found,) = safety.detect(Conversation(turns))
    assert (found.is_hard, found.message_index) == (True, 0)


def test_an_illness_that_is_over_does_not_alarm() -> None:
    assert weight("my father is having a heart attack") > ALARMS > weight("my father had a heart attack last year")


def test_a_film_or_a_quotation_is_no_danger() -> None:
    assert weight("there is a man with a gun") > ALARMS
    assert weight("I saw a documentary about a man with a gun") == 0
    assert weight('The flyer says "there is a man with a gun", is it on tonight?') == 0
