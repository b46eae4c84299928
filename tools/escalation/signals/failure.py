"""The assistant fails: it says it cannot or did not understand, or the customer says that it did not help."""

from collections.abc import Iterable, Iterator
from math import prod

from tools.escalation.conversation import Conversation, Signal, Turn, signal, weightiest
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.polarity import is_quoted, is_reported, is_supposed
from tools.escalation.soft_signals import evidence, recent, said

NAME = "agent_failure"
RECENT = 6  # assistant turns
BY_FAILURES = (0.0, 0.15, 0.5, 0.75)
PLAIN = 0.46  # twice, it passes 0.7

ADMITTED = Phrases(
    [
        ("(i|we) [am|still] [can|could|was|were|am|are] ~1 not [quite|fully|able to] (understand|catch|follow)", 1.0),
        ("(i|we) (do|did) not ~1 (understand|catch|get that|follow|recognise that|recognize that)", 1.0),
        ("not (sure|certain) (i understand|i understood|what you mean|what you are|how to help|i follow)", 1.0),
        ("(i|we) [am|still] (can|could) not (help|assist|answer|process|complete|do that|access)", 1.0),
        ("(unable|not able) to (help|assist|answer|process|complete|understand|access|do that)", 1.0),
        ("(trouble|difficulty) (understanding|answering|helping)", 1.0),
        ("(rephrase|reword|say that again|ask ~2 differently|put ~2 differently)", 1.0),
        ("(something went wrong|went wrong|an error occurred|error has occurred|ran into an error)", 1.0),
        ("(sorry|apologise|apologize|apologies) ~3 (confusion|error|mistake|misunderstanding|wrong)", 1.0),
        ("(my|that was my) (mistake|error)", 1.0),
        ("not (trained|programmed|designed|equipped) to", 1.0),
        ("(beyond|outside) (my|what i)", 1.0),
        ("(i|we) do not have ~2 (answer|information|ability|capability)", 1.0),
    ]
)
SAID = Phrases(
    [
        ("(that|this|it) [really] (did|does|is|was|has|have) not [really|even] (help|helped|helping|helpful)", PLAIN),
        ("(that|this|it|which) (did|does) not [even] (answer|solve|resolve|address)", PLAIN),
        ("(that|this|it) (is|was) not what i ~1 (asked|meant|said|wanted|need|want|asking)", PLAIN),
        ("not (what i asked|what i meant|what i am asking|what i said|my question|answering)", PLAIN),
        ("(that|this|it) (did|does|has|is) not (work|worked|working) either", PLAIN),
        ("(that|this|it) (did|has) not (work|worked|fix|change|make)", 0.25),
        ("(still|again) ~1 (not working|does not work|did not work|the same problem|the same error|wrong)", 0.2),
        ("you (do|did|can|really do|still do) not ~1 (understand|get it|get what|know what|listen)", PLAIN),
        ("(do|did) you not (understand|read|listen|get)", PLAIN),
        ("you (are|were) not ~1 (listening|helping|understanding|answering|reading|helpful|getting)", PLAIN),
        ("you (did|have|are) not ~1 (answer|answered|read|helped|understood|solved)", PLAIN),
        ("(did|do|can) you even (read|understand|listen)", PLAIN),
        ("you (misunderstood|misunderstand|are misunderstanding|got it wrong|have it wrong|are wrong)", 0.3),
        (
            "(wrong|incorrect|useless|same) (answer|answers|information|advice|reply|link) ~1 (again|twice|time)",
            PLAIN,
        ),
        ("(wrong|useless) (answer|answers|advice|reply|response|suggestion)", 0.35),
        (
            "(same|that|canned) (answer|answers|reply|response|responses|link|message|thing) (again|over|every time)",
            PLAIN,
        ),
        ("(useless|worthless|hopeless|unhelpful|terrible) ~1 (bot|chat|chatbot|robot|assistant|ai|machine)", PLAIN),
        ("you are ~3 (useless|no help|unhelpful|no use|not helpful|worthless)", PLAIN),
        (
            "(bot|chatbot|chat|assistant|robot|ai) is ~2 (useless|no help|unhelpful|broken|stupid|worthless|terrible)",
            PLAIN,
        ),
        ("(none of|nothing) ~4 (helps|helped|helping|works|worked|helpful)", PLAIN),
        ("are you [even|actually|really] (reading|listening|understanding)", PLAIN),
        ("(no|not any|zero) help at all", PLAIN),
        ("you keep (asking|sending|giving|saying|repeating|telling|going|referring|ignoring|misunderstanding)", PLAIN),
        ("(stop|quit) (repeating|asking me|giving me|telling me|sending me the same|sending me links)", PLAIN),
        ("you (are making|make) no sense", PLAIN),
    ]
)


def detect(conversation: Conversation) -> Iterable[Signal]:
    """The stronger of what the assistant admits and what the customer says of its answers."""
    return weightiest([*_admitted(conversation), *_said(conversation)])


def _admitted(conversation: Conversation) -> Iterator[Signal]:
    failed = [(turn, found[0]) for turn in conversation.assistant[-RECENT:] if (found := _failures(turn, ADMITTED))]
    if failed:
        turn, match = failed[-1]
        yield signal(NAME, BY_FAILURES[min(len(failed), 3)], evidence(turn, match), turn)


def _said(conversation: Conversation) -> Iterator[Signal]:
    """What the customer said after an answer: each time adds to the last."""
    answered = next((turn.index for turn in conversation.assistant), None)
    hits = [
        (match.value * left, turn, match)
        for turn, left in recent(conversation)
        for match in _failures(turn, SAID)
        if match.value >= PLAIN or (answered is not None and answered < turn.index)
    ]
    if hits:
        weight = 1 - prod(1 - each for each, _, _ in hits)
        _, turn, match = max(hits, key=lambda each: each[0])
        yield signal(NAME, min(weight, BY_FAILURES[-1]), evidence(turn, match), turn)


def _failures(turn: Turn, phrases: Phrases[float]) -> list[Match[float]]:
    """The plainest of each clause. The phrases bring their own subject and their own "not"."""
    best: dict[int, Match[float]] = {}
    for match in said(turn, phrases):
        at = id(match.clause)
        if _is_meant(match) and (at not in best or match.value > best[at].value):
            best[at] = match
    return list(best.values())


def _is_meant(match: Match[float]) -> bool:
    words, first = match.clause.words, match.first
    return not (is_quoted(match.clause, first, match.last) or is_supposed(words, first) or is_reported(words, first))
