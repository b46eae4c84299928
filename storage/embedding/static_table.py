"""The built-in embedder: a table with one vector a word piece, and no neural network.

It answers from the first call on, needs no download and takes tens of microseconds a text. Its README, in the folder
of the data, says how the table was made and how well it does. English; a text mostly in another script has no vector.
"""

import json
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from storage.embedding.embedder import Calibration, EmbeddingFailed, ModelIdentity, Vectors, unit_rows
from storage.tracing import span

FOLDER = Path(__file__).with_name("minilm_static_256")

STATIC_IDENTITY = ModelIdentity("minilm-static-256", 256, revision="5264e013cacc")
"""The revision is the start of the table's SHA-256."""

STATIC_CALIBRATION = Calibration(floor=0.0, scale=0.7, weight=0.4, document_weight=0.3, duplicate=0.88)
"""``duplicate``: of 40 pairs that say one thing in two ways 36 pass, of 40 pairs on one topic none does. Pairs that
differ in a number or a "not" pass as well (7 of 8): a near duplicate is to be shown, never merged."""

UNKNOWN = "[UNK]"

TOKENS_AT_ONCE = 4096
"""Rows are widened to float32 while they are summed: 1 KiB a token, so 4 MiB at most, however long the text."""


class StaticTable:
    """Reads the table once. The rows stay int8 and on disk, mapped, so that processes share one copy."""

    identity = STATIC_IDENTITY
    calibration = STATIC_CALIBRATION

    def __init__(self, folder: Path = FOLDER) -> None:
        try:
            self._rows, self._weights = _tensors(folder / "model.safetensors")
            self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._is_word = _words(self._tokenizer, len(self._weights))
            self._unknown: int = self._tokenizer.get_vocab()[UNKNOWN]
        except Exception as error:  # tokenizers raises bare Exception
            raise EmbeddingFailed("the built-in table cannot be read; install Satchel again") from error

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        sums = np.zeros((len(texts), self.identity.dimension), np.float32)
        with span("embed", model=self.identity.name, texts=len(texts)):
            for row, ids in enumerate(self._tokens(texts)):
                if self._is_readable(ids):
                    sums[row] = self._sum(ids)
        return unit_rows(sums)

    def embed_query(self, text: str) -> Vectors:
        row: Vectors = self.embed_passages([text])[0]
        return row

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        try:
            encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        except Exception as error:  # as above; half a surrogate pair is enough
            raise EmbeddingFailed("the built-in table cannot read this text") from error
        return [encoding.ids for encoding in encoded]

    def _is_readable(self, ids: list[int]) -> bool:
        """Whether known words are not outnumbered by unknown ones.

        Else all that is left of two Russian sentences may be their full stops, and those are alike: cosine 1.
        """
        unknown = ids.count(self._unknown)
        return unknown == 0 or unknown <= int(np.count_nonzero(self._is_word[ids]))

    def _sum(self, ids: list[int]) -> Vectors:
        """The weighted sum of the tokens' rows. An unknown token weighs nothing."""
        total = np.zeros(self.identity.dimension, np.float32)
        for start in range(0, len(ids), TOKENS_AT_ONCE):
            part = ids[start : start + TOKENS_AT_ONCE]
            total += self._weights[part] @ self._rows[part]
        return total


def _tensors(path: Path) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    with path.open("rb") as file:
        head_bytes = int.from_bytes(file.read(8), "little")
        head: dict[str, Any] = json.loads(file.read(head_bytes))
    mapped = np.memmap(path, np.uint8, "r", offset=8 + head_bytes)

    def tensor(name: str, dtype: str) -> NDArray[Any]:
        first, last = head[name]["data_offsets"]
        return np.asarray(mapped[first:last]).view(dtype).reshape(head[name]["shape"])

    return tensor("embeddings", "i1"), tensor("weights", "<f4").copy()


def _words(tokenizer: Tokenizer, size: int) -> NDArray[np.bool_]:
    """Which tokens are words or parts of words, and neither special nor punctuation."""
    is_word = np.zeros(size, np.bool_)
    for token, number in tokenizer.get_vocab().items():
        is_word[number] = token.removeprefix("##").isalnum()
    return is_word


_loading = threading.Lock()


def static_table() -> StaticTable:
    """The table of this process, loaded on the first call."""
    with _loading:
        return _load()


@cache
def _load() -> StaticTable:
    return StaticTable()
