"""How many tokens a text costs a model: an estimate from its length, and what tokenizers make of it.

Every maker of models has a tokenizer of its own, most of them not to be had offline. Tekken, Mistral's, is one that
models in use have, and comes inside its library. It makes a token of every digit, where others take up to three
together: dates, scores, offsets and ids cost more in it than elsewhere. The word pieces of the built-in table are
further away: a piece for every bracket and quote. Ratios between two texts agree better than counts do.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from importlib.util import find_spec

from storage.embedding.static_table import FOLDER

LIBRARY = "mistral_common"
TEKKEN_FILE = "tekken_240911.json"
TEKKEN = "Tekken tokens"
ESTIMATE = "characters / 4"
PIECES = "word pieces"
NEEDS_TEKKEN = "needs the package mistral-common"


def estimated(text: str) -> float:
    """A fourth of the characters."""
    return len(text) / 4


@cache
def tekken() -> Callable[[str], float]:
    """Mistral's tokenizer of September 2024, of 131,072 tokens."""
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    opened = Tekkenizer.from_file(str(files(LIBRARY) / "data" / TEKKEN_FILE))
    return lambda text: len(opened.encode(text, bos=False, eos=False))


@cache
def word_pieces() -> Callable[[str], float]:
    """The built-in table's own tokenizer."""
    from tokenizers import Tokenizer

    opened = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    return lambda text: len(opened.encode(text, add_special_tokens=False).ids)


def counters() -> Mapping[str, Callable[[str], float]]:
    """Those that are to be had here, by the unit that they count in."""
    found = {ESTIMATE: estimated, PIECES: word_pieces()}
    return found | ({TEKKEN: tekken()} if find_spec(LIBRARY) else {})
