"""The operator's own words with their weights: whole, meant, and not part of another thing's name."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from tools.escalation.conversation import Conversation, Signal, signal
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.reading import read
from tools.escalation.soft_signals import evidence, is_meant, said

NAME = "keyword"

AFTER = {  # what makes a name of the keyword before it
    "legal": "name names terms notice notices entity address document documents hold age department guardian tender"
    " representative status to team requirement requirements"
    " counsel advice size paper".split(),
    "manager": "approval approvals approved role roles access app account level name 's field".split(),
    "supervisor": "approval role access account name 's field".split(),
    "emergency": "exit exits contact contacts row rows number numbers cash fund funds change brake button light lights"
    " lighting landing call calls maintenance room services kit slide door doors stairs".split(),
    "complaint": "form forms category field type".split(),
    "urgent": "flag care label tag".split(),
}
BEFORE = {  # what makes a name of the keyword after it
    "legal": "it that this".split(),
    "manager": "password task device file window windows package store shop project product hr office account boot"
    " download content ads session connection configuration update credential my our his her line branch general"
    " marketing sales system queue key license".split(),
    "supervisor": "my our his her line".split(),
    "emergency": "non in".split(),
    "urgent": "non".split(),
}


def detect(conversation: Conversation, keywords: Mapping[str, float]) -> Iterable[Signal]:
    """The weightiest keyword of the message asked about."""
    turn = conversation.message
    found = [
        (match.value, match)
        for match in said(turn, _phrases(tuple(sorted(keywords.items()))))
        if is_meant(match) and not _is_part_of_a_name(match)
    ]
    if found:
        weight, match = max(found, key=lambda each: each[0])
        yield signal(NAME, weight, evidence(turn, match), turn)


@lru_cache(maxsize=64)
def _phrases(keywords: tuple[tuple[str, float], ...]) -> Phrases[float]:
    """The keywords as messages are read: folded, written out, and without what a pattern would take for a sign."""
    plain = ((" ".join(read(word).words), weight) for word, weight in keywords)
    return Phrases((words, weight) for words, weight in plain if words and weight > 0)


def _is_part_of_a_name(match: Match[float]) -> bool:
    words, first, last = match.clause.words, match.first, match.last
    following = words[last + 1] if last + 1 < len(words) else ""
    preceding = words[first - 1] if first else ""
    return following in AFTER.get(words[last], ()) or preceding in BEFORE.get(words[first], ())
