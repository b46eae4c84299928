"""The customer asks for a person: now, in an earlier turn nobody honoured, or by accepting the assistant's offer."""

from collections.abc import Iterable
from itertools import pairwise

from tools.escalation.conversation import FADES, Conversation, Signal, Turn, signal
from tools.escalation.language.reading import Clause, Reading
from tools.escalation.requests.abroad import phrases_abroad
from tools.escalation.requests.finding import may_hold_request, requests
from tools.escalation.requests.mood import is_refused
from tools.escalation.requests.people import people

NAME = "explicit_request"
HARD_FROM = 0.7
ACCEPTED = 0.9
REMEMBERED = 3  # customer turns back
LONGEST_YES = 12  # words
SETTLED = frozenset("perfect great wonderful solved works worked fixed".split())
YES = frozenset("yes yeah yep yup sure ok okay please definitely absolutely ja gern gerne oui si claro".split())
GO_ON = (
    ("i", "guess"),
    ("i", "would"),
    ("i", "think"),
    ("do", "that"),
    ("do", "it"),
    ("go", "ahead"),
    ("that", "would"),
)
OFFERS = frozenset(
    "would shall should want like may can could need prefer soll mochten moechten wollen sollen voulez"
    " souhaitez puis dois"
    " quiere desea".split()
)
ASKS_WHO_YOU_ARE = frozenset("title role occupation job profession position employed employment work".split())


def detect(conversation: Conversation) -> Iterable[Signal]:
    """The requests of the last turns; hard when plain, whatever the threshold."""
    for age, turn in enumerate(reversed(conversation.customer[-1 - REMEMBERED :])):
        if age and _is_done_with(conversation):
            return
        if found := _request(conversation, turn):
            evidence, weight = found
            weight *= FADES**age
            yield signal(NAME, weight, evidence, turn, is_hard=weight >= HARD_FROM)


def _request(conversation: Conversation, turn: Turn) -> tuple[str, float] | None:
    """The words that ask most surely, and how surely."""
    said = _before(conversation, turn)
    if said and _accepts(turn.reading, said.reading):
        return turn.text, ACCEPTED
    if not may_hold_request(turn.words):
        return None
    found = requests(turn.reading, answers_who=said is not None and _asks_who(said.reading))
    return max(found, key=lambda each: each[1], default=None)


def _is_done_with(conversation: Conversation) -> bool:
    """Whether the customer has moved on from what they asked for before: it is solved, or they decline."""
    now, said = conversation.message.reading, _before(conversation, conversation.message)
    words = list(now.words)
    if words[:1] == ["no"] and said and any(_is_offer(clause) for clause in said.reading.clauses[-4:]):
        return True
    if words[:1] == ["no"] and {"rather", "here", "fine"} & set(words):
        return True
    if SETTLED & set(words) or ("never", "mind") in pairwise(words) or "forget" in words[:1]:
        return True
    return any(is_refused(clause.words) and any(True for _ in people(clause.words)) for clause in now.clauses)


def _before(conversation: Conversation, turn: Turn) -> Turn | None:
    """What the assistant said just before the turn."""
    earlier = [other for other in conversation.turns if other.index < turn.index]
    return earlier[-1] if earlier and earlier[-1].role == "assistant" else None


def _accepts(answer: Reading, offer: Reading) -> bool:
    words = list(answer.words)
    if (
        len(words) > LONGEST_YES
        or {"no", "not", "but"} & set(words)
        or any(each.is_question for each in answer.clauses)
    ):
        return False
    if not YES & set(words[:3]) and tuple(words[:2]) not in GO_ON:
        return False
    return any(_is_offer(clause) for clause in offer.clauses[-4:])


def _is_offer(clause: Clause) -> bool:
    words = tuple("your" if word == "our" else word for word in clause.words)  # the assistant's "our" agents
    offered = any(person.first > 1 for person in people(words))
    offered = offered or ("call", "back") in pairwise(words) or ("call", "you") in pairwise(words)
    offered = offered or any(True for _ in phrases_abroad(clause))
    return clause.is_question and bool(OFFERS & set(clause.words)) and offered


def _asks_who(said: Reading) -> bool:
    return bool(ASKS_WHO_YOU_ARE & set(said.words)) and any(clause.is_question for clause in said.clauses)
