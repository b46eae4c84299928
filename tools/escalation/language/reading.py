"""Reads a message: sentences into clauses, clauses into plain words, each with its place in the text.

Whether somebody asks, refuses, quotes or tells of others is decided clause by clause, so everything that follows works
on clauses. One pass over the text, whatever it holds.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

from tools.escalation.language.spelling import LONGEST_WORD, plain_words

LETTER = r"(?:[^\W_][\u00ad\u200b-\u200d\u2060\ufeff]*+)"
FILES = r"(?:\.(?:exe|dll|com|org|net|io|js|py|log|txt|pdf|zip|json|xml|cfg|ini)\b)?"
WORD = re.compile(rf"{LETTER}++(?:['’]{LETTER}++)*+{FILES}")
TOKENS = re.compile(WORD.pattern + r"|[.!?…]++|[,;:()\n\u2014\u2013/]|-(?!\w)|(?<!\w)-")
QUOTES = re.compile(
    r'"[^"]*+"'
    r"|“[^“”]*+”"
    r"|«[^«»]*+»"
    r"|„[^„“”]*+[“”]"
    r"|(?<!\w)‘[^‘’]*+(?:(?<=\w)’(?=\w)[^‘’]*+)*+’"
    r"|(?<!\w)'[^']*+(?:(?<=\w)'(?=\w)[^']*+)*+'(?!\w)"
    r"|^[ \t]*+>[^\n]*+",
    re.MULTILINE,
)
WITH = re.compile(r"\bw/", re.IGNORECASE)
SENTENCE_ENDS = frozenset(".!?…\n")
STARTS_CLAUSE = frozenset(
    "but however though although because unless until if when whenever while since except otherwise whereas then yet"
    " therefore aber sondern weil wenn falls mais parce si pero porque sino".split()
)
LEADS_ON = frozenset("even as only and or what how just".split())
"""Before these words a conjunction joins a phrase and opens no clause: "even if", "only because"."""
JOINS = frozenset("and or so und oder et ou y o & plus".split())
AFTER_JOIN = frozenset(
    "i we you he she they it please just now my this that there who if when nobody ich"
    " what why how where no not pls wir sie bitte je nous vous quiero necesito por".split()
)
COMMANDS = frozenset("send bring forward escalate let give get connect transfer put hand pass".split())
ASKS = frozenset("can could would will may".split())
SUBJECTS = frozenset("i we you someone somebody".split())
STATES = frozenset("want need would demand insist wish require prefer just really only am have will".split())
GOES_ON = frozenset(
    "what that if when as do did can could would should and how because whether is thing all will may might which who"
    " not saying time where why have had am was than like or so think believe said know until after before once"
    " person human agent"
    " someone somebody anyone anybody people like".split()
)
"""After these an "I want" goes on with the sentence; after any other word it begins one that lacks its full stop."""
APART = frozenset((some, one) for some in ("some", "any") for one in ("one", "body"))
"""Words that are one and often typed as two."""
MOST = 250
"""Clauses: what is cut up further is not language, and is read in lengths."""
SHORT = 500  # characters of a message whose reading is kept, some 20 kB
LONGEST = 40
"""Words: a longer clause is cut, which keeps the work linear whatever is pasted."""
JOINED_QUALITIES = frozenset("real live actual living human breathing competent senior proper nice friendly".split())


@dataclass(frozen=True)
class Clause:
    """One clause: its words in plain form, where each stands in the message, and what ends it."""

    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    quoted: tuple[bool, ...]
    sentence: int
    is_question: bool

    @cached_property
    def text(self) -> str:
        """The words, each followed by a blank."""
        return " ".join(self.words) + " "

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each word begins in ``text``."""
        return tuple(accumulate((len(word) + 1 for word in self.words[:-1]), initial=0))

    def word_at(self, offset: int) -> int:
        """The number of the word that holds this place of ``text``."""
        return bisect_right(self.offsets, offset) - 1


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as read."""

    message: str
    clauses: tuple[Clause, ...]

    @property
    def words(self) -> Iterator[str]:
        """All words in order."""
        return (word for clause in self.clauses for word in clause.words)

    def evidence(self, clause: Clause, first: int, last: int) -> str:
        """The message's own text from one word of a clause to another."""
        return self.message[clause.spans[first][0] : clause.spans[last][1]]


def read(message: str) -> Reading:
    """The message as clauses. Short ones are kept for the next turn, which brings the same history again."""
    return _kept(message) if len(message) <= SHORT else Reading(message, tuple(_clauses(message)))


@lru_cache(maxsize=1_024)
def _kept(message: str) -> Reading:
    return Reading(message, tuple(_clauses(message)))


def folded(token: str) -> str:
    """Small letters without accents or what cannot be seen; ß becomes ss."""
    if token.isascii():
        return token.lower()
    spread = unicodedata.normalize("NFKD", token).casefold()  # first apart: some signs stand for capital letters
    return "".join(char for char in spread if not unicodedata.combining(char) and unicodedata.category(char) != "Cf")


@lru_cache(maxsize=256)
def different_words(message: str) -> frozenset[str]:
    """The plain words of a message and nothing more, at a fifth of the cost of reading it."""
    return frozenset([word for token in WORD.findall(message) for word in _plain_words(token)])


def _plain_words(token: str) -> tuple[str, ...]:
    return _plain(token) if len(token) <= LONGEST_WORD else (folded(token),)


@lru_cache(maxsize=8_192)
def _plain(token: str) -> tuple[str, ...]:
    return plain_words(folded(token))


@dataclass(slots=True)
class _Word:
    """A plain word as read: where it stands, and whether something typed before it ends a clause."""

    text: str
    span: tuple[int, int]
    is_quoted: bool
    sentence: int
    opens: bool


def _clauses(message: str) -> Iterator[Clause]:
    words, questions = _words(WITH.sub("w ", message))
    first, made = 0, 0
    for at in range(1, len(words) + 1):
        opens = made < MOST and _opens_clause(words, first, at) if at < len(words) else True
        if opens or at - first == LONGEST:
            yield _clause(words[first:at], questions)
            first, made = at, made + 1


def _words(message: str) -> tuple[list[_Word], set[int]]:
    """The words in order, and the numbers of the sentences that are questions."""
    quotations = _Quotations(message)
    quoted = quotations.any
    words: list[_Word] = []
    questions: set[int] = set()
    sentence, opens = 0, False
    for token in TOKENS.finditer(message):
        mark, span = token[0], token.span()
        if mark[0].isalnum():
            texts = _plain_words(mark)
            if words and not opens and (words[-1].text, *texts) in APART:
                words[-1].text += texts[0]
                words[-1].span = (words[-1].span[0], span[1])
                continue
            for text in texts:
                words.append(_Word(text, span, quoted and quotations.hold(span[0]), sentence, opens))
                opens = False
        elif not _goes_on(message, token, words):
            opens = True
            if mark[0] in SENTENCE_ENDS:
                if "?" in mark:
                    questions.add(sentence)
                sentence += 1
    return words, questions


def _clause(words: list[_Word], questions: set[int]) -> Clause:
    plain = tuple([word.text for word in words])
    return Clause(
        plain,
        tuple([word.span for word in words]),
        tuple([word.is_quoted for word in words]),
        words[0].sentence,
        words[0].sentence in questions,
    )


def _opens_clause(words: list[_Word], first: int, at: int) -> bool:
    """Whether word ``at`` opens a clause of its own, given that the one before began at ``first``."""
    word, last = words[at].text, words[at - 1].text
    following = words[at + 1].text if at + 1 < len(words) else ""
    if words[at].opens:
        return True
    if word in STARTS_CLAUSE:
        return last not in LEADS_ON
    if last in JOINS:
        commands = word in COMMANDS and following in ("me", "us", "it", "this")
        commands = commands or (word == "let" and following in ("a", "an", "someone", "somebody"))
        return commands or word in AFTER_JOIN or (word in ASKS and following in SUBJECTS)
    if word == "i" and at - first > 2 and following in STATES:
        return last not in GOES_ON
    return word in ASKS and following in ("i", "you") and at - first > 2 and last not in GOES_ON


def _goes_on(message: str, token: re.Match[str], words: list[_Word]) -> bool:
    """Whether a mark ends nothing: a comma in a list of qualities, a line break within a sentence."""
    if token[0] == ",":
        return _lists_qualities(message, token.end(), words)
    if token[0] == "\n":
        return message[token.start() - 1 : token.start()].isalnum() and message[token.end() : token.end() + 1].islower()
    return False


def _lists_qualities(message: str, end: int, words: list[_Word]) -> bool:
    """Whether a comma only stands between qualities, as in "a real, live person"."""
    if not words or words[-1].text not in JOINED_QUALITIES:
        return False
    following = TOKENS.match(message, end + 1) if message[end : end + 1] == " " else TOKENS.match(message, end)
    return following is not None and folded(following[0]) in JOINED_QUALITIES


class _Quotations:
    """The parts of a message in quotation marks. A message that is one quotation has none."""

    def __init__(self, message: str) -> None:
        spans = [match.span() for match in QUOTES.finditer(message)]
        if len(spans) == 1 and message.strip() == message[slice(*spans[0])].strip():
            spans = []
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]
        self.any = bool(spans)

    def hold(self, at: int) -> bool:
        """Whether this place is inside."""
        found = bisect_right(self._starts, at) - 1
        return found >= 0 and at < self._ends[found]
