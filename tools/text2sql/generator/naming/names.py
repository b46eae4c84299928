"""Names of tables and columns as the words a question would use for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.text2sql.generator.language.lexicon import ABBREVIATIONS, GROUPS, JOINED
from tools.text2sql.generator.language.words import singular, split_name, stem

EXACT, OWN, ALIKE, PART, VERB = range(5)
"""How well a phrase fits a name: all its words, all but the table's, by a synonym, its last words, its first."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a name: the stems that stand for it, and the meanings they have."""

    stems: frozenset[str]
    meanings: frozenset[int]
    short: str = ""
    """The word as written, where it looks shortened."""

    def is_written(self, word: str) -> bool:
        return stem(word) in self.stems

    def is_meant(self, word: str) -> bool:
        found = stem(word) in self.stems or bool(self.meanings & GROUPS.get(stem(word), frozenset()))
        full = ABBREVIATIONS.get(singular(word), ())  # vets, of the table veterinarian
        return (
            found or any(stem(each) in self.stems for each in full) or (bool(self.short) and shortens(self.short, word))
        )


Name = tuple[Word, ...]


def name_of(text: str, known: frozenset[str] = frozenset(), is_terse: bool = True) -> Name:
    """The words of a name; ``known`` are words that a name written as one word may be made of. ``is_terse``: words
    with vowels may be shortened, too."""
    return tuple(_word(part, is_terse) for word in split_name(text) for part in _parted(word, known))


def is_terse(all_names: Iterable[str]) -> bool:
    """Whether a schema's names are shortened as a rule: one word in eight at least is known to be, or has no vowel."""
    found = {word for name in all_names for word in split_name(name) if len(word) > 1 and word not in ("id", "no")}
    short = {word for word in found if word in ABBREVIATIONS or not (VOWELS | {"y"}) & set(word)}
    return len(short) * 8 >= len(found)


def _parted(word: str, known: frozenset[str]) -> Sequence[str]:
    if word in JOINED:
        return JOINED[word].split()
    if len(word) < 6 or word in known:
        return [word]
    for cut in range(len(word) - 2, 2, -1):
        if word[:cut] in known and (word[cut:] in known or word[cut:] in ENDINGS):
            return [word[:cut], word[cut:]]
    return [word]


ENDINGS = frozenset("id date name type code number status price amount time no address email phone city".split())


def _word(word: str, is_terse: bool) -> Word:
    stems = frozenset(stem(each) for each in (word, *ABBREVIATIONS.get(word, ())))
    is_short = 2 <= len(word) <= 5 and word not in ABBREVIATIONS and stem(word) not in GROUPS and word not in ENDINGS
    is_short = is_short and (is_terse or not VOWELS & set(word))
    if word.endswith("er") and stem(word) == word[:-2]:
        return Word(stems, frozenset())  # a borrower is no loan
    meanings = frozenset[int]().union(*(GROUPS.get(each, frozenset[int]()) for each in stems))
    return Word(stems, meanings, word if is_short and word not in JOINED else "")


def shortens(short: str, word: str) -> bool:
    """Whether a name's word is the front of a longer word (``compl``) or of its consonants (``lv``, ``trn``)."""
    if len(word) < len(short) + (2 if len(short) > 3 else 3) or word[0] != short[0]:
        return False
    if len(short) > 2 and not VOWELS & set(short[1:]) and short[-1] == word[-1] and _is_within(short, word):
        return True
    if not VOWELS & set(short[1:]):
        consonants = word[0] + "".join(letter for letter in word[1:] if letter not in VOWELS)
        return consonants.startswith(short) if len(short) > 2 else consonants.rstrip("s") == short
    return len(short) > 2 and word.startswith(short)


def _is_within(short: str, word: str) -> bool:
    """Whether its letters come in the word in that order."""
    letters = iter(word)
    return all(letter in letters for letter in short)


VOWELS = frozenset("aeiou")


def without(name: Name, owner: Name) -> Name:
    """A column's name without its table's words in front: ``customer_name`` of customers is ``name``."""
    own = frozenset[str]().union(*(word.stems for word in owner)) if owner else frozenset[str]()
    kept = name
    while len(kept) > 1 and kept[0].stems & own:
        kept = kept[1:]
    return kept


def written(phrase: Sequence[str], name: Name) -> bool:
    """Whether the phrase is the name, in any order of its words (``date of birth`` is ``birth date``)."""
    if len(phrase) != len(name):
        return False
    straight = all(word.is_written(said) for word, said in zip(name, phrase, strict=True))
    if straight or stem(phrase[0]) in ("number", "count"):
        return straight
    return all(word.is_written(said) for word, said in zip(name, reversed(phrase), strict=True))


def meant(phrase: Sequence[str], name: Name) -> bool:
    """Whether the phrase is the name in synonyms."""
    return len(phrase) == len(name) and all(word.is_meant(said) for word, said in zip(name, phrase, strict=True))


def ends(phrase: Sequence[str], name: Name) -> bool:
    """Whether the name ends in the phrase: ``price`` is ``unit_price``."""
    if len(phrase) >= len(name) or name[-len(phrase) - 1].stems & {"per"}:
        return False  # a price per month is no month
    return written(phrase, name[-len(phrase) :])
