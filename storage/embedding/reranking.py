"""Rerankers that fastembed runs: cross-encoders, which read a question and a passage together.

Better judges than vectors, and hundreds of times slower; so a reranker is opened when the first search asks for it, and
only if its files are on this machine.
"""

import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.embedding.catalogue import Recipe, recipe
from storage.embedding.embedder import EmbeddingFailed, ModelRefused
from storage.embedding.fetching import cached_copy, quiet
from storage.tracing import span

if TYPE_CHECKING:
    from fastembed.rerank.cross_encoder import TextCrossEncoder

logger = logging.getLogger("satchel.embedding")

AT_ONCE = 8  # passages a run; a batch is padded to its longest
LONGEST = 4_000  # characters of a passage that are read: more than the 512 tokens these models take
LOOK_SECONDS = 60.0  # how often to look again for one that was not there


class CrossEncoder:
    """A loaded reranker. Synchronous and thread-safe; call it from worker threads."""

    def __init__(self, model: "TextCrossEncoder", name: str) -> None:
        self._model = model
        self.name = name

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers, from 0 to 1 (the logistic function of what the model says). Raises
        EmbeddingFailed."""
        try:
            with span("rerank", model=self.name, texts=len(texts)):
                raw = list(self._model.rerank(query, [text[:LONGEST] for text in texts], batch_size=AT_ONCE))
        except Exception as error:  # onnxruntime and tokenizers have no base class of their own to name
            raise EmbeddingFailed(f"{self.name} failed on {len(texts)} passages") from error
        if len(raw) != len(texts) or not all(map(math.isfinite, raw)):
            raise EmbeddingFailed(f"{self.name} gave something else than a number a passage")
        return [1 / (1 + math.exp(-max(-60.0, min(60.0, score)))) for score in raw]


class RerankRuntime:
    """The reranker of one process: none for an empty ``model``, else opened at the first call that finds its files."""

    def __init__(self, model: str, cache_dir: Path, folder: Path | None = None) -> None:
        self._model = model
        self._cache_dir = cache_dir
        self._folder = folder
        self._opening = threading.Lock()
        self._opened: CrossEncoder | None = None
        self._look_after = 0.0

    def reranker(self) -> CrossEncoder | None:
        """The reranker; None while there is none. The first call may take a second. Never touches the network."""
        if not self._model and self._folder is None:
            return None
        with self._opening:
            if self._opened is None and time.monotonic() >= self._look_after:
                self._opened = self._open()
                self._look_after = time.monotonic() + LOOK_SECONDS
            return self._opened

    def _open(self) -> CrossEncoder | None:
        quiet()
        try:
            wanted = find_reranker(self._model or "auto", self._folder)
            opened = open_reranker(wanted, self._cache_dir)
        except ModelRefused as refused:
            logger.warning("reranker.refused", extra={"model": self._model, "reason": str(refused)})
            return None
        logger.info("reranker.ready" if opened else "reranker.missing", extra={"model": wanted.name})
        return opened


def find_reranker(name: str, folder: Path | None = None) -> Recipe:
    """The recipe of a listed reranker, whatever the case of its name; "auto" is the first. Raises ModelRefused."""
    described = next((each for each in _listed() if name == "auto" or each["model"].lower() == name.lower()), None)
    if described is None:
        names = ", ".join(each["model"] for each in _listed())
        raise ModelRefused(f"No reranker is called {name!r}. There is: {names}.")
    found = recipe({**described, "dim": 1})
    if folder is None:
        return found
    for file in found.files:
        if not (folder / file).is_file():
            raise ModelRefused(f"The folder of the reranker has no {file}. Check SATCHEL_RERANK_PATH.")
    return replace(found, folder=folder, hub=None)


def is_reranker(name: str) -> bool:
    """Whether fastembed lists a reranker of that name."""
    return any(each["model"].lower() == name.lower() for each in _listed())


def open_reranker(wanted: Recipe, cache_dir: Path) -> CrossEncoder | None:
    """The reranker if its files are on this machine. Raises ModelRefused when they do not load."""
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    folder = wanted.folder or cached_copy(wanted, cache_dir)
    if folder is None:
        return None
    try:
        model = TextCrossEncoder(
            wanted.registered_as, cache_dir=str(cache_dir), threads=1, local_files_only=True,
            specific_model_path=str(folder),
        )  # fmt: skip
        opened = CrossEncoder(model, wanted.name)
        opened.scores("ready", ["ready"])  # pays for the first run here
    except Exception as error:  # what is wrong with the bytes decides which library raises what
        raise ModelRefused(f"The copy of {wanted.name} does not load; fetch it again.") from error
    return opened


def _listed() -> Iterator[dict[str, Any]]:
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    yield from TextCrossEncoder.list_supported_models()
