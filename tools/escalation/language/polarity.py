"""Who says it, and whether they mean it: negation, quotation, what others said, and what is only supposed.

All by the words around a match in its clause, after Chapman et al., "A simple algorithm for identifying negated
findings and diseases in discharge summaries" (NegEx, 2001): a cue denies what follows it up to the end of the clause.
"""

from collections.abc import Iterable, Sequence

from tools.escalation.language.reading import Clause

REACH = 8  # words that a cue reaches forward

DENIES = frozenset(
    "not no never without neither nor nobody none nothing hardly avoid nicht kein keine keinen keinem keiner ohne nie"
    " niemals ne pas sans jamais aucun aucune sin nunca jamas ningun ninguna".split()
)
LETS_STAND = {  # a word before or after the cue that turns "not" into its opposite
    "not": frozenset("only just hesitate until unless stop rest joking kidding sure certain".split()),
    "no": frozenset("longer choice option alternative doubt joke longer".split()),
    "never": frozenset("again mind".split()),
    "nothing": frozenset("but except".split()),
}
CUES = (("instead", "of"), ("rather", "than"), ("as", "opposed", "to"), ("far", "from"))

OTHERS = frozenset(
    "he she they friend friends brother sister husband wife mother father mom mum dad son daughter colleague coworker"
    " neighbour neighbor roommate flatmate partner cousin uncle aunt guy guest passenger client someone somebody people"
    " everyone article email mail website page sign letter ad advert movie film book song news policy faq er"
    " sie il elle"
    " ils elles ella ellos mein meine mon ma mi amigo".split()
)
SELF = frozenset("i we me us my our ich wir mich je nous moi yo nosotros".split())
TELLS = frozenset(
    "said says say told tells asked asks wrote writes mentions mentioned called claims claimed reads states stated"
    " suggested suggests recommended advised wants wanted threatened threatens sagte sagt dit dice dijo".split()
)
SUPPOSES = frozenset("if when whether whenever wenn falls si cuando suppose supposing imagine hypothetically".split())


def is_quoted(clause: Clause, first: int, last: int) -> bool:
    """Whether all of it stands in quotation marks: a word or two put in marks within one's own statement do not."""
    return all(clause.quoted[first : last + 1])


def is_denied(words: Sequence[str], first: int) -> bool:
    """Whether a cue within reach before word number ``first`` denies it."""
    begin = max(0, first - REACH)
    for at in range(begin, first):
        if any(tuple(words[at : at + len(cue)]) == cue for cue in CUES):
            return True
        if words[at] in DENIES and not _stands(words, at, first):
            return True
    return False


def _stands(words: Sequence[str], at: int, first: int) -> bool:
    following = words[at + 1] if at + 1 < len(words) else ""
    if following in LETS_STAND.get(words[at], ()):
        return True
    if words[at] == "not" and at and words[at - 1] == "why":
        return True
    # "can't you …", "don't you …": a question that expects a yes. "No I want …": an interjection.
    return words[at] == "no" and at == 0 and following in SELF


def is_reported(words: Sequence[str], first: int) -> bool:
    """Whether the nearest subject before it is somebody else, who says or wants it."""
    for at in range(first - 1, max(-1, first - 1 - REACH), -1):
        if words[at] in SELF:
            return False
        if words[at] in OTHERS:
            return True
        if words[at] in TELLS and at + 1 < len(words):
            return any(word in OTHERS for word in words[max(0, at - 3) : at])
    return False


def is_supposed(words: Sequence[str], first: int) -> bool:
    """Whether the clause only supposes it: "if I were to …", but not "if you don't …, I will …"."""
    return bool(words) and words[0] in SUPPOSES and first > 0


def any_of(words: Iterable[str], known: frozenset[str]) -> bool:
    """Whether one of the words is known."""
    return not known.isdisjoint(words)
