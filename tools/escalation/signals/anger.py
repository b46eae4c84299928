"""How angry the customer is, 0 to 3 a turn, and whether it rises. A polite turn after an angry one changes little."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tools.escalation.conversation import FADES, Conversation, Signal, Turn, signal
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.polarity import DENIES, any_of, is_quoted
from tools.escalation.language.reading import read
from tools.escalation.soft_signals import REMEMBERED, is_meant

NAME, RISING = "anger", "anger_rising"
WEIGHTS = (0.0, 0.25, 0.5, 0.75)
STAYS = 3  # customer turns that anger does not fade over
TREND = 4  # customer turns that a rise is looked for in
STEADILY, AT_ONCE = 0.4, 0.3

LISTS = {
    "insult": "idiot idiots moron morons imbecile imbeciles asshole assholes arsehole arseholes bastard bastards scum"
    " scumbag scumbags cunt cunts bitch bitches dickhead dickheads wanker wankers retard retards".split(),
    "scorn": "stupid dumb incompetent pathetic clueless worthless crooks thieves liars liar scammers clowns clown fools"
    " joke hopeless disgusting".split(),
    "us": "bank company airline hotel bot chatbot robot machine assistant app website system service people policy"
    " rules support place firm provider process menu".split(),
    "mad": "furious livid enraged fuming outraged seething".split(),
    "very": "absolutely utterly completely totally beyond just so freaking really".split(),
    "nth": "third fourth fifth sixth tenth hundredth umpteenth 3rd 4th 5th 10th nth".split(),
    "them": "bot chatbot robot people company bank airline hotel".split(),
    "fuck": "fuck fucking fucked fuckin fking fucks".split(),
}
MEANT = [  # what only the customer's own words make anger
    ("(ridiculous|outrageous|preposterous|ludicrous|absurd|infuriating|maddening|insane that|absurd that)", 1),
    ("<very> (ridiculous|outrageous|ludicrous|absurd|infuriating)", 2),
    ("(am|are|be|getting|become|becoming) ~3 <mad>", 2),
    ("(am|are|be|getting) ~2 (angry|mad at|pissed)", 2),
    ("(makes|making|made|make) me ~2 (angry|mad|furious|sick|rage)", 2),
    ("(am|are|getting|become|becoming|feel) ~2 (frustrated|annoyed|irritated|aggravated|exasperated)", 1),
    ("(frustrating|annoying|irritating|aggravating)", 1),
    ("<very> (frustrating|annoying|irritating|frustrated|annoyed|irritated)", 1),
    ("fed up", 2),
    ("(disgusted|appalled) (by|with|at)", 2),
    ("(ruined|ruining) (my|our) (honeymoon|wedding|holiday|vacation|trip|birthday|anniversary|day|life)", 2),
    ("(nobody|no one) ~3 (gives|give) a (damn|shit|toss)", 2),
    ("sick and tired", 2),
    ("sick of", 2),
    ("tired of (this|your|you|waiting|being|repeating|asking|having|explaining|all)", 1),
    ("(had|have) [more than] enough of (this|you|your|all|it)", 2),
    ("(have|had) it with (you|your|this)", 2),
    ("(i have|we have) had ~1 enough", 1),
    ("i have had it", 2),
    ("enough is enough", 2),
    ("(losing|lost|lose|running out of|out of|end of) (my|our|all) patience", 2),
    ("(at|reached) (the end of my|my) (rope|tether|wits|limit)", 2),
    ("(losing|lose|lost) (my temper|my mind)", 1),
    ("(driving|drives|drive) me (crazy|nuts|insane|mad|up the wall)", 1),
    ("hate (you|your|this|dealing)", 1),
    ("hate (you|dealing with you|your) ~1 (all|people|company|guts|bank|airline)", 2),
    ("(pissed|pissing) (off|me)", 2),
    ("(what|where|why|who|how) the (hell|fuck|bloody hell)", 2),
    ("(wtf|ffs)", 2),
    ("for (god|christ|heaven|pete|fuck|crying out loud|goodness) ['s] sake", 1),
    ("(damn|damned|goddamn|dammit|damnit)", 1),
    (
        "bloody (useless|ridiculous|hell|joke|awful|terrible|thing|bot|website|app|phone|money|time|long|people|nerve)",
        1,
    ),
    ("(this|that|it|which) (sucks|is crap|is crappy|is garbage|is rubbish|is trash)", 1),
    ("(bullshit|horseshit|shitty|shit|shitshow|total bs|this is bs|is bs)", 2),
    ("<fuck>", 2),
    ("shut up", 2),
    ("my (ass|arse)", 2),
    ("<nth> time (i|we|in a row|today|now|this week|and|you)", 1),
    ("<nth> (week|day|month|night|hour|year) (with no|in a row|running|waiting|now)", 1),
    ("(for the|this is the|it is the|now the|already the) <nth> time", 1),
]
AIMED = [  # what names whom it is aimed at, and so cannot be of somebody else
    ("(fuck|screw|damn) (you|off)", 3),
    ("you ~2 <fuck> ~1 <insult>", 3),
    ("you ~2 <insult>", 3),
    ("(bunch|pack|gang|load) of ~2 <insult>", 3),
    ("(bunch|pack|gang|load) of ~2 <scorn>", 3),
    ("(these|those|dealing with|run by|fucking|bloody) (idiots|morons|imbeciles|assholes|clowns|crooks)", 2),
    ("are you ~1 (stupid|dumb|deaf|blind|retarded|brainless|kidding me)", 2),
    ("are you (kidding|serious|joking)", 1),
    ("you (are|must|have got) [be|to] ~1 (kidding|joking)", 1),
    ("you [guys|people|lot|all] are ~3 <scorn>", 2),
    ("your ~2 <us> (is|are) ~3 <scorn>", 2),
    ("this ~1 <us> (is|are) ~2 (stupid|dumb|incompetent|pathetic|disgusting|joke)", 1),
    ("(stupid|dumb|idiotic|moronic|brainless|pathetic) ~1 <us>", 1),
    ("(stupid|dumb|idiotic|moronic|brainless|pathetic) ~1 <them>", 2),
    ("(this is|what|such|it is) a [complete|total|bloody|sick|bad] joke", 1),
    ("how dare you", 2),
    ("shame on you", 2),
    ("(none|not one|no one|not a single one) of you", 1),
    ("not care less", 1),
    ("(laughed|laughing) at (me|us)", 1),
    ("(piece|pieces|load|pile|crock) of (shit|crap|garbage|trash|rubbish)", 2),
    ("(go to|rot in|burn in) hell", 3),
    ("(stfu|gtfo|motherfucker|motherfuckers|kiss my ass|kiss my arse|suck my)", 3),
    ("stop (messing|fucking|screwing) (with|around)", 2),
]


@dataclass(frozen=True, slots=True)
class Tone:
    """How angry a phrase is, and whether it names its own target."""

    level: int
    is_aimed: bool


PHRASES = Phrases(
    [
        *((pattern, Tone(level, is_aimed=False)) for pattern, level in MEANT),
        *((pattern, Tone(level, is_aimed=True)) for pattern, level in AIMED),
    ],
    LISTS,
)

PRAISE = frozenset(
    "good great nice amazing awesome cool cute fast fine brilliant lovely beautiful tasty delicious impressive love"
    " loved perfect excellent fantastic wonderful congratulations happy excited thanks thank hooray wow best"
    " yeah".split()
)
SOFTENED = frozenset("bit little slightly somewhat kinda mildly".split())
LETS_OFF = frozenset("holy no".split())  # before a swear word: wonder, not anger
MASKED = re.compile(r"\b(?:f|sh?|b|a)[*#@$]{1,4}(?:c?k(?:ing|ed)?|ing|ch|it|t|s)\b", re.IGNORECASE)
MARKS = re.compile(r"!{2,}+|\?[?!]++|!\?")
LOUD_ALONE = 2  # marks; as many or fewer only add to what the words say
WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*+")
SHOUTED, LONG_WORDS, LONG = 3, 2, 4  # so many words in capitals, so many of them of so many letters: no acronyms
RAGE, STRONG = 4, 2  # what the levels of a message's phrases add up to


def detect(conversation: Conversation) -> Iterable[Signal]:
    """The angriest of the last turns as it is, of those before faded; and a rise over the last turns."""
    customer = conversation.customer[-REMEMBERED:]
    moods = [mood(turn.text) for turn in customer]
    yield from _strongest(customer, moods)
    yield from _rise(customer, moods)


@lru_cache(maxsize=2_048)
def mood(text: str) -> tuple[int, str]:
    """How angry a message is, and the words that show it most."""
    hits = _distinct(text)
    points, loud = _loud(text)
    if not hits:
        return (min(points, STRONG), loud) if loud else (0, "")
    highest, words = hits[0]
    added = sum(level for level, _ in hits) + points
    return max(highest, 3 if added >= RAGE else 2 if added >= STRONG else 1), words


def _strongest(customer: list[Turn], moods: list[tuple[int, str]]) -> Iterator[Signal]:
    best: Signal | None = None
    for age, (turn, (level, words)) in enumerate(zip(reversed(customer), reversed(moods), strict=True)):
        weight = WEIGHTS[level] * FADES ** max(0, age - STAYS + 1)
        if weight > (best.weight if best else 0):
            best = signal(NAME, weight, words, turn)
    if best is not None:
        yield best


def _rise(customer: list[Turn], moods: list[tuple[int, str]]) -> Iterator[Signal]:
    """Two steps up within the last turns, the last of them the angriest: one by one, or at once after calm ones."""
    levels = [level for level, _ in moods[-TREND:]]
    if len(levels) < 3 or levels[-1] < max(levels) or levels[-1] - min(levels) < 2:
        return
    steps = sum(later > earlier for earlier, later in pairwise(levels))
    yield signal(RISING, STEADILY if steps > 1 else AT_ONCE, moods[-1][1], customer[-1])


def _distinct(text: str) -> list[tuple[int, str]]:
    """What shows anger, strongest first, each word of the message once."""
    reading = read(text)
    found = [(2, hit[0]) for hit in MASKED.finditer(text)]
    for clause in reading.clauses:
        taken: set[int] = set()
        for match in sorted(PHRASES.in_clause(clause), key=lambda each: (-each.value.level, each.first)):
            covered = range(match.first, match.last + 1)
            if taken.isdisjoint(covered) and _counts(match):
                taken.update(covered)
                found.append((match.value.level, reading.evidence(clause, match.first, match.last)))
    return sorted(found, key=lambda each: -each[0])


def _counts(match: Match[Tone]) -> bool:
    words, first, last = match.clause.words, match.first, match.last
    if any_of(words[max(0, first - 1) : first], LETS_OFF) or any_of(words[max(0, first - 3) : first], SOFTENED):
        return False
    if any_of(words[first + 1 : last + 1], DENIES | SOFTENED) or any_of(words[last + 1 : last + 4], PRAISE):
        return False
    return not is_quoted(match.clause, first, last) if match.value.is_aimed else is_meant(match)


def _loud(text: str) -> tuple[int, str]:
    """How loud the message is, by capitals and by marks, and where; a glad one is not."""
    if any_of(read(text).words, PRAISE):
        return 0, ""
    shouted, marks = _shouted(text), MARKS.search(text)
    return bool(shouted) + bool(marks), shouted or (text if marks and len(marks[0]) > LOUD_ALONE else "")


def _shouted(text: str) -> str:
    """The first run of words in capitals that is no acronym and no code."""
    run: list[re.Match[str]] = []
    for word in [*WORDS.finditer(text), None]:
        if word is not None and word[0].isupper() and word[0].replace("'", "").replace("’", "").isalpha():
            run.append(word)
            continue
        if len(run) >= SHOUTED and sum(len(each[0]) >= LONG for each in run) >= LONG_WORDS:
            return text[run[0].start() : run[-1].end()]
        run = []
    return ""
