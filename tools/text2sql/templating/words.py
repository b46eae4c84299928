"""The words of a question, so that two ways of writing the same question have the same words.

Case, punctuation, accents, plurals, contractions and polite openings do not count; signs that compare do. What stands
in quotes is one word, and keeps its spelling.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from storage.analysis import fold

LONGEST = 1_000
"""Characters of a question that are looked at; a longer one has no template, nor one of more than MOST_WORDS."""
MOST_WORDS = 100

_QUOTED = re.compile(r"""(?<!\w)(?:"([^"]+)"|'([^']+)'|“([^”]+)”|‘([^’]+)’|`([^`]+)`|«([^»]+)»)(?!\w)""")
_TOKEN = re.compile(
    r"(?<![\w.])\d{4}-\d{1,2}(?:-\d{1,2})?(?![\w-])"  # a month or a day
    r"|(?<![\w.])\d{1,4}[/.]\d{1,2}[/.]\d{1,4}(?!\w)"  # a day whose order of parts nobody can tell: a word
    r"|(?<![\w.-])-?\d+(?:,\d{3})*(?:\.\d+)?(?:[kK]\b|(?!\w))"
    r"|[^\W_]+(?:['’][^\W_]+)*"
    r"|[<>=!]+|[%$€£¥+*/&#]"
)
_NEGATED = {"ca": "can", "wo": "will", "sha": "shall"}
_CLITICS = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}
_ASKING = frozenset("what who how where when which there that it here let".split())
_SKIPPED = frozenset({"the", "please", "kindly"})
_UNCOUNTED = frozenset("this his its us yes is was has does as plus minus always previous various".split())
_OPENING = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|so|now|well)\b ?"
    r"|(?:can|could|would|will) (?:you|i|we)\b ?"
    r"|(?:i|we) (?:want|need|wish|would like)\b(?: to (?:know|see|get|have|find out)\b)? ?"
    r"|let (?:me|us) (?:know|see)\b ?"
    r"|(?:show|tell|give|list|display|get|find|fetch|return|print|provide)\b(?: (?:me|us)\b)?(?: all\b(?: of\b)?)? ?)+"
)
_CLOSING = re.compile(r"(?: (?:thank|thank you|for me|for us))+$")


@dataclass(frozen=True, slots=True)
class Word:
    """``text`` is what is compared, ``raw`` what stands there; a quoted one may hold several words."""

    text: str
    raw: str
    is_quoted: bool = False


@lru_cache(maxsize=256)  # a question is laid over many verified ones
def words_of(question: str) -> tuple[Word, ...]:
    """The words that tell one question from another, in order; none of one that is too long."""
    if len(question) > LONGEST:
        return ()
    found: list[Word] = []
    end = 0
    for quoted in _QUOTED.finditer(question):
        found += _plain(question[end : quoted.start()])
        raw = next(group for group in quoted.groups() if group is not None)
        found.append(Word(key_of(raw) or raw, raw, True))
        end = quoted.end()
    found += _plain(question[end:])
    return _trimmed(found) if len(found) <= MOST_WORDS else ()


def normalised(question: str) -> str:
    """The question as its words are compared: equal for two that ask the same in the same order."""
    return joined(words_of(question))


def joined(words: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in words)


def key_of(value: str) -> str:
    """A stored value as the words of a question would name it."""
    return joined(tuple(_plain(value)))


def _trimmed(words: list[Word]) -> tuple[Word, ...]:
    """Without the polite words around the question."""
    text = " ".join("_" if word.is_quoted else word.text for word in words)
    opening = _OPENING.match(text)
    start = len(opening[0].split()) if opening else 0
    closing = _CLOSING.search(text)
    end = len(words) - (len(closing[0].split()) if closing else 0)
    return tuple(words[start:end])


def _plain(text: str) -> list[Word]:
    found = [word for match in _TOKEN.finditer(text) for word in _expanded(match[0])]
    return [word for word in found if word.text not in _SKIPPED]


def _expanded(raw: str) -> list[Word]:
    """One word, or the two that a contraction stands for."""
    text = fold(raw).replace("’", "'")
    stem, apostrophe, clitic = text.rpartition("'")
    if not apostrophe:
        return [Word(_singular(text), raw)]
    if clitic == "t" and stem.endswith("n"):
        verb = stem.removesuffix("n")
        return [Word(_NEGATED.get(verb, verb), raw), Word("not", raw)]
    if clitic == "s":
        return [Word(stem, raw), Word("is", raw)] if stem in _ASKING else [Word(_singular(stem), raw)]
    return [Word(stem, raw), Word(_CLITICS[clitic], raw)] if clitic in _CLITICS else [Word(text, raw)]


def _singular(word: str) -> str:
    """The word without its plural ending; only spelling, so that other forms stay apart."""
    if len(word) < 4 or not word.endswith("s") or word in _UNCOUNTED or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses", "zzes")) else word[:-1]
