"""Questions and names as words: where they stand, and what two forms of one word have in common."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from py_rust_stemmers import SnowballStemmer  # pyright: ignore[reportAttributeAccessIssue]  # made in Rust, no stubs

from tools.text2sql.generator.language.irregular import PLURALS, VERBS

TOKEN = re.compile(
    r"""(?P<quoted>(?<!\w)(?:"[^"]+"|'[^']+'(?!\w)|“[^”]+”|‘[^’]+’(?!\w)|`[^`]+`))
    |(?P<date>\d{4}-\d{1,2}(?:-\d{1,2})?(?!\d))
    |(?P<number>[$€£]?\d+(?:,\d{3})+(?:\.\d+)?|[$€£]?\d+(?:\.\d+)?)(?:(?P<scale>k|m|bn)\b)?
    |(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?)
    |(?P<sign>>=|<=|!=|<>|[,;:%&()<>=?!–—-]|\.(?!\w))""",
    re.VERBOSE | re.IGNORECASE,
)
CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
LONGEST_NUMBER = 18
SCALES = {"k": 1e3, "m": 1e6, "bn": 1e9}
_stemmer = SnowballStemmer("english")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, date, sign or quotation of a question. ``word`` is its folded text, ``start`` and ``end`` where
    it stands; ``number`` its value if it is one."""

    word: str
    kind: str
    start: int
    end: int
    number: float | None = None
    is_capital: bool = False


def tokens(question: str) -> list[Token]:
    """The question's tokens in order. Contractions are undone: ``haven't`` is two tokens, and so is ``Anna's``."""
    return _merged([token for match in TOKEN.finditer(question) for token in _tokens(match)])


PHRASAL = {
    ("sign", "up"): "signup",
    ("check", "in"): "checkin",
    ("check", "out"): "checkout",
    ("log", "in"): "login",
    ("e", "mail"): "email",
    ("pick", "up"): "pickup",
    ("drop", "off"): "dropoff",
}
"""Two words that names of columns have as one, or as two."""


def _merged(found: list[Token]) -> list[Token]:
    """``signed up`` and ``sign-up`` are one word."""
    merged = list[Token]()
    for token in found:
        if len(merged) > 1 and merged[-1].word == "-" and _is_hyphened(merged[-2], token):
            merged.pop()
        if merged and (whole := _whole(merged[-1], token)):
            merged[-1] = replace(merged[-1], word=whole, end=token.end)
        else:
            merged.append(token)
    return merged


def _is_hyphened(first: Token, second: Token) -> bool:
    """``check-in`` and ``5-star``; a number and a number are a span."""
    is_measure = first.kind == "number" and second.kind == "word" and second.start == first.end + 1
    return is_measure or bool(_whole(first, second))


def _whole(first: Token, second: Token) -> str:
    if first.kind != "word" or second.kind != "word":
        return ""
    return PHRASAL.get((stem(first.word), second.word.removesuffix("s")), "")


def _tokens(match: re.Match[str]) -> Iterator[Token]:
    kind, text = str(match.lastgroup), match[0]
    if match["number"] and len(text) <= LONGEST_NUMBER:
        plain = float(match["number"].replace(",", "").lstrip("$€£")) * SCALES.get((match["scale"] or "").lower(), 1)
        yield Token(text.lower(), "number", match.start(), match.end(), plain)
    elif kind == "quoted":
        yield Token(text[1:-1].casefold(), kind, match.start(), match.end())
    elif kind == "word":
        yield from _plain(text, match.start())
    else:
        yield Token(":" if _is_dash(match) else text.casefold(), kind, match.start(), match.end())


def _is_dash(match: re.Match[str]) -> bool:
    """Whether a sign is a dash between words, which is as good as a colon."""
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return match[0] in "-–—" and before.isspace() and after.isspace()


CONTRACTED = {"can't": "cannot", "won't": "will not", "shan't": "shall not"}
CLITICS = {"s": "'s", "re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}


def _plain(text: str, start: int) -> Iterator[Token]:
    low, end = text.casefold().replace("’", "'"), start + len(text)
    stem, apostrophe, tail = low.partition("'")
    capital = text[0].isupper()
    if not apostrophe or len(tail) > 2:
        yield Token(low, "word", start, end, None, capital)
    elif tail == "t":
        yield Token(CONTRACTED.get(low, stem.removesuffix("n")).split()[0], "word", start, start + len(stem))
        yield Token("not", "word", start + len(stem), end)
    else:
        yield Token(stem, "word", start, start + len(stem), None, capital)
        yield Token(CLITICS.get(tail, tail), "word", start + len(stem), end)


def split_name(name: str) -> list[str]:
    """The words of a table's or column's name, folded: ``unit_price``, ``unitPrice`` and ``UnitPrice`` alike."""
    found = [word.casefold() for part in re.split(r"[\W_]+", name) for word in CAMEL.findall(part)]
    words = list[str]()
    for word in found:
        whole = PHRASAL.get((stem(words[-1]), word)) if words else None
        words = [*words[:-1], whole] if whole else [*words, word]
    return words


@lru_cache(maxsize=20_000)
def singular(word: str) -> str:
    """The word without the ending of a plural."""
    if word in PLURALS:
        return PLURALS[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What forms of a word share: of irregular verbs the infinitive, else Snowball's stem (Porter, 2001)."""
    word = VERBS.get(word, word)
    if singular(word) == "rating":
        return "rating"  # no rate
    return str(_stemmer.stem_word(singular(word)))
