"""Lines that say nothing, in the words of the things that are told in a conversation."""

import random

SMALL_TALK = """
Hey {other}, how was your {day}?
Pretty good, thanks! {Day} was busy though, mostly {task}.
Ha, I know exactly what you mean about {task}, {other}.
{task} took me all {day}, and I still have to finish it.
It rained all {day} here, so I stayed in and read about {topic}.
Did you sleep well after all that {task}?
I was just thinking about you, {other}, because of {topic} on the radio.
Oh no, I am sorry to hear that about {kin}.
We should catch up properly on {day}, {other}.
Tell me more about {topic}!
I have been a bit tired since {day}, to be honest.
Yes, that makes sense, {kin} said the same.
What are you up to on {day}, {other}?
Nothing special, just {task} and a walk with {kin}.
I watched a documentary about {topic} on {day}.
The neighbours were loud again on {day}, {other}.
I will send you the pictures of {topic} later.
Okay, back again, {kin} was at the door.
The shop for {topic} round the corner closed, sadly.
I forgot my umbrella on {day}, after {task}.
Good luck with {task}, {other}!
Thanks for listening, {other}, {kin} never does.
I am making soup while we talk, and {task} has to wait.
The elevator was broken again on {day}.
It is getting dark so early on a {day} now.
I finally did some {task} with {kin}.
Can you believe how quickly {day} came round?
{kin} asked me about {topic} the other day.
Do you know anything about {topic}, {other}?
I dreamt of {topic} last night, can you imagine?
"""
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
TASKS = (
    "cleaning the windows,sorting old papers,ironing,filling in forms,moving the sofa,fixing the tap,"
    "looking for my keys,writing reports,calling the insurance,packing boxes,mowing the lawn,baking bread"
).split(",")
TOPICS = (
    "whales,cheap flights,old guitars,city bikes,yoga for the back,kittens,salt lakes,the tram lines,wedding cakes,"
    "sourdough,the moon,rents in the city,choirs,languages,allergies,gardens,cars,famous cathedrals,stars,universities"
).split(",")
KIN = (
    "my cousin",
    "my sister",
    "my uncle",
    "a colleague",
    "our landlord",
    "my neighbour",
    "an old friend",
    "the doctor",
)


def small_talk(draw: random.Random, other: str) -> str:
    """A line to the other speaker; hardly one comes twice."""
    day = draw.choice(DAYS)
    chosen = {"task": draw.choice(TASKS), "topic": draw.choice(TOPICS), "kin": draw.choice(KIN)}
    line = draw.choice(SMALL_TALK.strip().splitlines()).format(other=other, day=day, Day=day, **chosen)
    return line[0].upper() + line[1:]
