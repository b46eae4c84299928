"""The customer cannot wait. It makes what else is there more pressing, and never hands over alone."""

from collections.abc import Iterable

from tools.escalation.conversation import Conversation, Signal
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.polarity import is_quoted
from tools.escalation.soft_signals import is_asked, meant, strongest

NAME = "urgency"
QUESTION_FROM = 0.25  # "does the train leave in an hour?" asks for the time
OWN = frozenset("can no".split())  # first words of patterns that bring their own "not"

LISTS = {
    "soon": "minutes minute mins min hour hours".split(),
    "event": "flight plane train bus ferry boarding gate meeting presentation interview exam deadline checkout check"
    " surgery wedding call shift demo appointment departure connection transfer".split(),
    "starts": "leaves leaving departs departing boards boarding starts starting closes closing begins presenting"
    " expires flying present fly go board".split(),
}
PHRASES = Phrases(
    [
        ("(urgent|urgently)", 0.25),
        ("(asap|immediately)", 0.2),
        ("emergency", 0.2),
        ("(right now|right away|straight away|this instant|this minute|at once)", 0.15),
        ("as (soon|quickly|fast) as (possible|you can|humanly possible)", 0.15),
        ("<event> ~3 in ~3 <soon>", 0.3),
        ("<starts> ~3 in ~3 <soon>", 0.3),
        ("(in|only have|only got|have only|within) (five|ten|fifteen|twenty|thirty|5|10|15|20|30) <soon>", 0.2),
        (
            "(miss|missing|missed) (my|our) (flight|plane|train|connection|connecting|interview|exam|deadline|wedding)",
            0.25,
        ),
        ("(stuck|stranded) (at|in|on|here|abroad|without|outside)", 0.25),
        ("stranded", 0.25),
        ("(running|run) out of time", 0.3),
        ("time is running out", 0.3),
        ("no time (to lose|to waste|left|for this)", 0.3),
        (
            "can not wait (any longer|any more|anymore|that long|so long|until|another|days|for days|a week|longer)",
            0.25,
        ),
        ("(time sensitive|time critical|life or death|matter of hours|business critical)", 0.3),
        ("hurry", 0.2),
        ("(desperate|desperately)", 0.25),
        (
            "(whole|entire) (team|office|company|department|floor|site) ~4 (work|down|offline|stuck)",
            0.3,
        ),
        ("production ~2 (down|stopped|offline)", 0.3),
        ("locked out", 0.15),
        ("need ~6 (now|today|tonight|immediately)", 0.15),
    ],
    LISTS,
)


def detect(conversation: Conversation) -> Iterable[Signal]:
    """What presses the customer most."""
    return strongest(NAME, conversation, PHRASES, _weigh)


def _weigh(match: Match[float]) -> float:
    if match.value > QUESTION_FROM and is_asked(match):
        return 0
    if match.clause.words[match.first] in OWN:
        return 0 if is_quoted(match.clause, match.first, match.last) else match.value
    return meant(match)
