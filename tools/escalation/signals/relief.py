"""The customer says that it is solved, or that they no longer want it. Thanks alone settle nothing."""

from tools.escalation.conversation import Conversation, Turn
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.polarity import DENIES, any_of, is_quoted
from tools.escalation.signals.anger import mood
from tools.escalation.soft_signals import is_meant, said

OWN = frozenset("no never not".split())  # first words of phrases that bring their own "not"
PENDING = frozenset(
    "until unless once before till after hope want wants need needs should must make ensure expect think be being to"
    " would could will when was were not".split()
)
"""Before "it is fixed": not yet."""
REOPENS = frozenset("but however still except though although yet".split())

OVER = frozenset("yesterday before last earlier previously once".split())
"""After "it worked": no longer."""

PHRASES = Phrases(
    [
        ("(that|it|this|which|yes|yep|yay|thanks|great|and|now) [all|just|really] (worked|works|helped)", 1.0),
        ("(that|it|this) [has] (fixed|solved|resolved|sorted|did) (it|the trick|that|my|the problem|the issue)", 1.0),
        ("(works|working|worked) (now|again|fine|perfectly|great|like a charm|this time)", 1.0),
        ("(is|are|been|got|all|now|was) ~1 (fixed|solved|resolved|sorted|settled)", 1.0),
        ("(problem|issue|everything|all) ~2 (fixed|solved|resolved|sorted)", 1.0),
        ("you [have|just] (solved|fixed|sorted|resolved)", 1.0),
        ("(all|it is|we are|i am) (good|set|sorted|fixed) now", 1.0),
        ("(i am|we are) all (good|set|sorted)", 1.0),
        ("all (good|set|sorted) (thanks|thank you|now)", 1.0),
        ("(never mind|nevermind|nvm)", 1.0),
        (
            "(forget|scrap|disregard|ignore) (it|that|this|about it|about that|my last|my request|what i said)",
            1.0,
        ),
        ("cancel (that|that request|my request|the request|my last)", 1.0),
        ("(figured|worked|sorted) it out", 1.0),
        ("(found|got) (it|the answer|what i needed) ~1 (myself|now|thanks|thank you)", 1.0),
        ("(that is|that was|this is) (all|everything|exactly what) ~2 (needed|wanted|thanks|need|for now|today)", 1.0),
        ("that is (all|everything thanks|everything for now|perfect|great)", 1.0),
        ("(that|this) answers (it|my|the)", 1.0),
        ("no longer (need|an issue|a problem|necessary|required|needed|relevant)", 1.0),
        ("not (need|an issue|a problem|necessary|needed|relevant) ~4 (anymore|any more|any longer)", 1.0),
        (
            "(thanks|thank you) for ~2 (quick|great|kind|fast|excellent|amazing|fantastic|brilliant) ~1 (help|support)",
            1.0,
        ),
        ("sorry (i|for) ~1 (shouted|shouting|yelled|yelling|rude|snapped|ranting)", 1.0),
        ("(hat sich|schon) erledigt", 1.0),
        ("(funktioniert|geht|klappt) (jetzt|wieder|nun)", 1.0),
        ("(ca|cela) (marche|fonctionne) (maintenant|de nouveau|a nouveau)", 1.0),
        ("(est|tout est) (regle|resolu)", 1.0),
        ("ya (funciona|esta resuelto|esta solucionado|esta arreglado)", 1.0),
    ]
)
SARCASM = Phrases(
    [
        ("(thanks|thank you) for (nothing|wasting|ruining|no|ignoring|the useless)", 1.0),
        ("(a lot of|great|big|much|some) help (you are|that was|you were)", 1.0),
        ("(you are|that is) (useless|no help)", 1.0),
    ]
)


def settled_at(conversation: Conversation) -> int | None:
    """The number of the customer's last turn that says it is settled, or None."""
    return next((turn.index for turn in reversed(conversation.customer) if _settles(turn)), None)


def _settles(turn: Turn) -> bool:
    if not any(_counts(match) for match in said(turn, PHRASES)) or any(True for _ in said(turn, SARCASM)):
        return False
    return mood(turn.text)[0] == 0 and not _reopened(turn)


def _counts(match: Match[float]) -> bool:
    words, first, last = match.clause.words, match.first, match.last
    if match.clause.is_question or any_of(words[:first], PENDING) or is_quoted(match.clause, first, last):
        return False
    if words[last : last + 1] == ("all",) and last + 1 < len(words):  # "that is all I got from you"
        return False
    if any_of(words[last + 1 : last + 2], OVER):
        return False
    return words[first] in OWN or (is_meant(match) and not any_of(words[first : last + 1], DENIES))


def _reopened(turn: Turn) -> bool:
    """Whether a later clause takes it back: "… but it still does not work"."""
    clauses = turn.reading.clauses
    return any(
        clause.words[0] == "until" or (clause.words[0] in REOPENS and any_of(clause.words, DENIES | {"still", "again"}))
        for clause in clauses
    )
