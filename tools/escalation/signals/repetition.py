"""Going round in circles: the customer asks the same again, or says so; the assistant answers the same again.

Two messages are alike when they share most of their content words and the later one brings no new number: "a table for
two at 6", "… at 7" is a request refined, not repeated. Short answers are alike to nothing.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tools.escalation.conversation import FADES, Conversation, Signal, Turn, signal, weightiest
from tools.escalation.language.phrases import Phrases
from tools.escalation.language.reading import different_words
from tools.escalation.soft_signals import strongest

CUSTOMER, ASSISTANT = "repeated_question", "assistant_loop"
ONCE, AGAIN = 0.4, 0.75  # the customer asks a second and a third time
TWICE, THRICE = 0.5, 0.75  # the assistant says the same two and three times
COMPARED_TURNS = 50
STILL_ASKED, STILL_ANSWERED = 3, 8  # the last turns in which a repetition matters
SHARED, KEPT = 0.7, 0.8  # of the words of both, and of a shorter message's words in an earlier one
SAME_ANSWER = 0.9
SHORTEST_ANSWER = 5  # words

IDLE = frozenset(
    "a an the i you he she it we they me my your his her our us to of in on at for with by from and or is are was am be"
    " been will would can could do does did have has had get got this that these those what who how if so just all any"
    " please yes yeah no not ok okay thanks thank hi hello hey sorry still again also now then there here as up"
    " out about but more next back page show continue sure right good well really very too some want need like know"
    " tell help say said ask asked asking told when where why which again already one".split()
)
DATES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august"
    " september october november december today tomorrow tonight morning afternoon evening noon midnight two three"
    " four five six seven eight nine ten first second third".split()
)
ENDING = re.compile(r"(?<=\w{3})(?:ings?|ed|es|s|ly|e)$")
CEREMONY = Phrases(
    [
        ("(hello|hi|hey|welcome|greetings|goodbye|bye|farewell)", 0.0),
        ("(anything|something) else", 0.0),
        ("(how|what) (can|may|could) i (help|assist|do)", 0.0),
        ("you are welcome", 0.0),
        ("have a ~2 (day|evening|night|stay|flight|trip|weekend)", 0.0),
        ("(glad|happy|pleased) to ~1 (help|assist)", 0.0),
        ("(glad|happy) i could", 0.0),
        ("(thank you|thanks) for (contacting|choosing|calling|reaching|waiting)", 0.0),
    ]
)
SAID = Phrases(
    [
        ("already (told|explained|answered|gave|given|provided|mentioned|asked|sent|said|wrote)", 0.4),
        ("(told|explained|asked) (you|that|this) ~1 (already|before|twice|three times|several times|many times)", 0.4),
        ("already (tried|did|done) (that|this|it|all)", 0.2),
        ("(as|like) i (said|told|wrote|mentioned|explained)", 0.35),
        ("for the (third|fourth|fifth|tenth|hundredth|umpteenth|nth|last|3rd|4th|5th) time", 0.35),
        ("(second|third|fourth|fifth|3rd|4th|5th|sixth|tenth) time (i|we) ~2 <ask>", 0.4),
        ("how (many times|often) (do|have|must|should|did|will) i", 0.45),
        ("(have|had|am) ~2 <ask> ~4 (times|twice|over and over|again and again|repeatedly)", 0.4),
        ("i keep <ask>", 0.4),
        ("(repeat|repeating) myself", 0.4),
        (
            "<ordinal> (time|week|day|call|ticket|flight) ~ (asking|asked|writing|without|on me|now)",
            0.4,
        ),
        (
            "(opened|written|called|emailed|complained|reported|asked) ~5 <count> (times|tickets|emails|calls)",
            0.4,
        ),
        (
            "<count> (times|tickets|emails|calls) ~ (about this|about my|for this|for the same|and nothing|and nobody)",
            0.4,
        ),
        ("(same|identical) question", 0.4),
        ("(asked|asking|ask) (you the same|the same thing|the same)", 0.4),
        ("(over and over|again and again|time and again|time after time)", 0.25),
    ],
    {
        "ordinal": "third fourth fifth sixth seventh eighth ninth tenth 3rd 4th 5th 6th".split(),
        "count": "three four five six seven eight nine ten 3 4 5 6 7 8 9 10 many countless several".split(),
        "ask": "ask asked asking tell told telling say said saying explain explained explaining call called calling"
        " contact contacted contacting write wrote written writing request requested requesting repeat repeated"
        " repeating".split(),
    },
)


def detect(conversation: Conversation) -> Iterable[Signal]:
    """What the customer repeats, by the words or by their saying so; then what the assistant repeats."""
    yield from weightiest([*_asked_again(conversation), *strongest(CUSTOMER, conversation, SAID)])
    yield from _answered_again(conversation)


def _asked_again(conversation: Conversation) -> Iterator[Signal]:
    customer = conversation.customer[-COMPARED_TURNS:]
    for age, turn in enumerate(reversed(customer[-STILL_ASKED:])):
        at = len(customer) - 1 - age
        alike = sum(is_repeated(turn.text, earlier.text) for earlier in _answered(customer[:at], turn))
        if alike:
            yield signal(CUSTOMER, (AGAIN if alike > 1 else ONCE) * FADES**age, turn.text, turn)


def _answered(earlier: list[Turn], turn: Turn) -> list[Turn]:
    """The turns before, less the message itself where it was sent twice in a row."""
    if earlier and earlier[-1].index == turn.index - 1 and earlier[-1].text.strip() == turn.text.strip():
        return earlier[:-1]
    return earlier


def is_repeated(new: str, old: str) -> bool:
    """Whether a message says again what an earlier one said, and nothing more."""
    now, before = _content(new), _content(old)
    shared = len(now & before)
    if not shared:
        return False
    if len(now) > 2:
        alike = shared / len(now | before) >= SHARED or shared / len(now) >= KEPT
    else:
        alike = now == before and (len(now) > 1 or len(different_words(new)) > 3)
    return alike and not any(_is_detail(word) for word in now - before)


def _answered_again(conversation: Conversation) -> Iterator[Signal]:
    answers = [turn for turn in conversation.assistant[-STILL_ANSWERED:] if _is_answer(turn)]
    for at in range(len(answers) - 1, 0, -1):
        alike = 1 + sum(_same_answer(answers[at].text, earlier.text) for earlier in answers[:at])
        if alike > 1:
            yield signal(ASSISTANT, THRICE if alike > 2 else TWICE, answers[at].text, answers[at])
            return


def _is_answer(turn: Turn) -> bool:
    if len(different_words(turn.text)) < SHORTEST_ANSWER:
        return False
    if not CEREMONY.may_be_among(turn.words):
        return True
    return not any(True for clause in turn.reading.clauses for _ in CEREMONY.in_clause(clause))


def _same_answer(new: str, old: str) -> bool:
    now, before = different_words(new), different_words(old)
    alike = len(now & before) / len(now | before) >= SAME_ANSWER
    return alike and not any(_is_detail(word) for word in now ^ before)


def _is_detail(word: str) -> bool:
    return word in DATES or any(char.isdigit() for char in word)


@lru_cache(maxsize=256)
def _content(text: str) -> frozenset[str]:
    """The stems of the words that say something."""
    return frozenset(_stemmed(word) for word in different_words(text) if word not in IDLE)


@lru_cache(maxsize=8_192)
def _stemmed(word: str) -> str:
    return word if _is_detail(word) else stem(word)


def stem(word: str) -> str:
    """The word less a common English ending."""
    return ENDING.sub("", word)
