"""A development set of long chats with questions, made from hand-written lines by a seeded draw.

It is ours, it is small and its lines are plain: good for seeing whether a change helps or hurts, not for comparing
with anything published. `python -m benchmarks.recall.conversations FILE` writes it in the form that `--conversations`
takes.
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.recall.small_talk import small_talk

PAIRS = (("Nora", "Felix"), ("Priya", "Tom"), ("Ines", "Jakob"), ("Mei", "Oskar"))
SITTINGS = 9
TURNS = 20


@dataclass(frozen=True, slots=True)
class Fact:
    """Something one speaker tells, and questions: ``direct`` shares words with it, ``other_words`` does not, ``when``
    asks for a date."""

    said: str
    direct: str
    other_words: str
    when: str


TOLD = """
I adopted a grey kitten from the shelter yesterday.
What did {who} adopt from the shelter?
Which pet does {who} have?
When did {who} adopt the kitten?

I signed up for a pottery class at the community centre.
What class did {who} sign up for?
What new hobby did {who} start with clay?
When did {who} sign up for the pottery class?

My sister got married in a small chapel by the lake.
Where did {who}'s sister get married?
Which relative of {who} had a wedding?
When did {who}'s sister get married?

I finally got promoted to head of logistics.
What was {who} promoted to?
How did {who}'s career move forward?
When was {who} promoted?

The doctor says I should cut down on salt because of my blood pressure.
Why should {who} cut down on salt?
What health trouble does {who} have?
When did the doctor talk to {who} about salt?

I booked flights to Lisbon for the spring.
Where did {who} book flights to?
What trip is {who} planning?
When did {who} book the flights to Lisbon?

I always order an oat milk cappuccino, never regular milk.
What kind of cappuccino does {who} order?
What does {who} like to drink?
When did {who} mention the oat milk cappuccino?

I am allergic to walnuts, they make my throat itch.
What is {who} allergic to?
What must {who} not eat?
When did {who} mention being allergic to walnuts?

Our old sedan broke down on the motorway, the gearbox is gone.
What broke down on the motorway for {who}?
What happened to {who}'s vehicle?
When did {who}'s sedan break down?

I ran my first half marathon in under two hours!
How fast did {who} run the half marathon?
What athletic goal did {who} reach?
When did {who} run the half marathon?

We are painting the nursery yellow, the baby is due in March.
What colour is {who} painting the nursery?
Is {who} going to be a parent?
When did {who} talk about painting the nursery?

I started volunteering at the soup kitchen on Tuesdays.
Where does {who} volunteer on Tuesdays?
How does {who} help people in need?
When did {who} start volunteering?

My grandmother taught me her recipe for plum dumplings.
Whose recipe for plum dumplings did {who} learn?
What did {who} learn to cook in the family?
When did {who} learn the recipe for plum dumplings?

I lost my wallet in the tram and had to cancel all my cards.
What did {who} lose in the tram?
What did {who} have to block at the bank?
When did {who} lose the wallet?

I am reading a thick novel about the building of a cathedral.
What novel is {who} reading?
Which book keeps {who} busy?
When did {who} start the novel about the cathedral?

They offered me a place on the master's programme in marine biology.
Which master's programme offered {who} a place?
What will {who} study at university?
When was {who} offered the place on the programme?

I sold my guitar because I never play it any more.
Why did {who} sell the guitar?
Which instrument did {who} give up?
When did {who} sell the guitar?

Our landlord is raising the rent by ten percent.
By how much is the landlord raising {who}'s rent?
Why are {who}'s housing costs going up?
When did {who} hear about the rent?

I broke my wrist when I fell off the ladder.
How did {who} break a wrist?
What injury did {who} suffer?
When did {who} fall off the ladder?

I taught my nephew to ride a bicycle in the park.
Who did {who} teach to ride a bicycle?
What did {who} do with a child of the family outdoors?
When did {who} teach the nephew to ride?

I bought a second-hand telescope and saw the rings of Saturn.
What did {who} see with the telescope?
How does {who} watch the stars?
When did {who} buy the telescope?

I quit smoking, this time for good.
What did {who} quit?
Which bad habit did {who} drop?
When did {who} quit smoking?

The choir picked me for the solo in the Christmas concert.
What did the choir pick {who} for?
Where will {who} sing alone on stage?
When was {who} picked for the solo?

My flight home was cancelled and I slept at the airport.
Where did {who} sleep after the flight was cancelled?
What went wrong on {who}'s journey?
When was {who}'s flight cancelled?

I planted tomatoes and basil on the balcony.
What did {who} plant on the balcony?
What does {who} grow at home?
When did {who} plant the tomatoes?

I am learning Portuguese with an app every morning.
Which language is {who} learning with an app?
What does {who} study before work?
When did {who} say they learn Portuguese?

Someone stole my bike from the cellar.
What was stolen from {who}'s cellar?
Of which theft was {who} the victim?
When was {who}'s bike stolen?

I gave a talk about recycling at the town hall.
What did {who} give a talk about?
On which topic did {who} address an audience?
When did {who} give the talk at the town hall?
"""
FACTS = tuple(Fact(*lines.splitlines()) for lines in TOLD.strip().split("\n\n"))

JOINED = (
    ("What did {who} buy or sell?", (20, 16)),
    ("Which things did {who} lose or have stolen?", (13, 26)),
    ("What does {who} do to stay healthy?", (4, 21)),
    ("Which trips and flights did {who} talk about?", (5, 23)),
    ("What is {who} learning or studying?", (15, 25)),
    ("What does {who} eat and drink, and what not?", (6, 7)),
    ("Which members of the family did {who} mention?", (2, 19)),
)


@dataclass(slots=True)
class Conversation:
    """Turns and questions, as the file holds them."""

    name: str
    turns: list[dict[str, str]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)

    def say(self, speaker: str, text: str, when: datetime) -> str:
        turn_id = f"{self.name}-{len(self.turns)}"
        self.turns.append({"id": turn_id, "speaker": speaker, "text": text, "time": when.isoformat()})
        return turn_id

    def ask(self, question: str, category: str, *evidence: str) -> None:
        self.questions.append({"question": question, "category": category, "evidence": list(evidence)})


def conversations(seed: int = 1) -> Iterator[Conversation]:
    """Yield one long chat for each pair of speakers."""
    for number, pair in enumerate(PAIRS):
        yield _conversation(f"c{number}", pair, random.Random(seed + number))


def _conversation(name: str, pair: tuple[str, str], draw: random.Random) -> Conversation:
    chat = Conversation(name)
    order = draw.sample(range(len(FACTS)), len(FACTS))
    teller = _tellers(order, pair, draw)
    _ask(chat, teller, _told(chat, order, teller, pair, draw))
    return chat


def _tellers(order: Sequence[int], pair: tuple[str, str], draw: random.Random) -> dict[int, str]:
    """Who tells each fact; questions over two facts are about one person."""
    teller = {fact: draw.choice(pair) for fact in order}
    for _, both in JOINED:
        teller[both[1]] = teller[both[0]]
    return teller


def _told(
    chat: Conversation, order: Sequence[int], teller: dict[int, str], pair: tuple[str, str], draw: random.Random
) -> dict[int, str]:
    """Let them talk, sitting by sitting; the turn in which each fact is told."""
    when = datetime(2025, 1, 10, 18, 30, tzinfo=UTC)
    told: dict[int, str] = {}
    for sitting in range(SITTINGS):
        due = order[sitting * len(order) // SITTINGS : (sitting + 1) * len(order) // SITTINGS]
        places = dict(zip(sorted(draw.sample(range(2, TURNS - 1), len(due))), due, strict=True))
        for turn in range(TURNS):
            if (fact := places.get(turn)) is not None:
                told[fact] = chat.say(teller[fact], FACTS[fact].said, when)
            else:
                chat.say(pair[turn % 2], small_talk(draw, pair[1 - turn % 2]), when)
        when += timedelta(days=draw.randint(5, 40), minutes=draw.randint(0, 200))
    return told


def _ask(chat: Conversation, teller: dict[int, str], told: dict[int, str]) -> None:
    """Three questions about each fact, and those over two."""
    for number, asked in enumerate(FACTS):
        who = teller[number]
        chat.ask(asked.direct.format(who=who), "single fact", told[number])
        chat.ask(asked.other_words.format(who=who), "other words", told[number])
        chat.ask(asked.when.format(who=who), "time", told[number])
    for question, facts in JOINED:
        chat.ask(question.format(who=teller[facts[0]]), "two facts", *(told[fact] for fact in facts))


def write(file: Path) -> None:
    """The set as JSON lines, a conversation each."""
    lines = [
        json.dumps({"conversation": chat.name, "turns": chat.turns, "questions": chat.questions})
        for chat in conversations()
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
