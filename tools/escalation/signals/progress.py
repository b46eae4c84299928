"""A long conversation that leads nowhere. Length alone is no reason: many errands take many turns."""

from collections.abc import Iterable, Iterator

from tools.escalation.conversation import Conversation, Signal, Turn, signal, weightiest
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.signals import anger, complaint, failure, relief, repetition
from tools.escalation.soft_signals import is_meant, strongest

NAME = "no_progress"
LONG, VERY_LONG = 8, 15  # customer turns since it was last settled
SOME = 4  # from so many on, the customer who says that it leads nowhere has tried
STUCK, ONLY_LONG = 0.4, 0.15
SAID_LATE = 0.7
SHOWS = 0.2  # the weight from which displeasure or failure shows

SAID = Phrases(
    [
        ("(in circles|round and round|around and around)", 0.45),
        ("(getting|got|gets|get|going|leads|leading) [me|us] nowhere", 0.45),
        ("not ~2 (getting|leading|going|got|gotten|get|lead) ~2 (anywhere|any further|any closer)", 0.45),
        ("(no|not any) (further|closer|nearer|progress|wiser) ~2 (than|on|to|here|at all|with)", 0.45),
        ("back (at|to|where) ~1 (square one|the start|the beginning|started|we started|i started)", 0.45),
        ("(been|trying|tried) ~5 for ~2 (hour|hours|days|weeks|months|ages|forever)", 0.35),
        ("(been at|at) this (for|since|all)", 0.45),
    ]
)
OWN = frozenset(("no", "not"))


def detect(conversation: Conversation) -> Iterable[Signal]:
    """What the customer says of it, or what the turns show, whichever weighs more."""
    settled = relief.settled_at(conversation)
    since = [turn for turn in conversation.customer if settled is None or turn.index > settled]
    return weightiest([*_said(conversation, since), *_shown(conversation, since)])


def _said(conversation: Conversation, since: list[Turn]) -> Iterator[Signal]:
    for said in strongest(NAME, conversation, SAID, _weigh):
        weight = SAID_LATE if len(since) >= SOME and said.weight >= STUCK else said.weight
        yield signal(NAME, weight, said.evidence, conversation.turns[said.message_index])


def _shown(conversation: Conversation, since: list[Turn]) -> Iterator[Signal]:
    if len(since) < LONG:
        return
    goes_wrong = any(
        found.weight >= SHOWS and found.message_index >= since[0].index
        for module in (failure, anger, complaint, repetition)
        for found in module.detect(conversation)
    )
    if goes_wrong or len(since) > VERY_LONG:
        weight = STUCK if goes_wrong else ONLY_LONG
        yield signal(NAME, weight, f"{len(since)} messages without a solution", conversation.message)


def _weigh(match: Match[float]) -> float:
    return match.value if match.clause.words[match.first] in OWN or is_meant(match) else 0
