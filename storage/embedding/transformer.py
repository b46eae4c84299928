"""Embedders that fastembed runs: any model of its list, or one in a folder. Opening one never touches the network."""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from storage.embedding.catalogue import Recipe
from storage.embedding.embedder import (
    Calibration,
    EmbeddingFailed,
    ModelDamaged,
    ModelIdentity,
    Vectors,
    unit_rows,
)
from storage.embedding.fetching import cached_copy
from storage.embedding.folder import fingerprint
from storage.tracing import span

if TYPE_CHECKING:
    from fastembed import TextEmbedding

BATCH_TEXTS = 8
BATCH_CHARS = 4000
"""A batch is padded to its longest text and onnxruntime keeps the memory of the largest batch it saw: eight chunks of
500 words take 140 MB more than two, for nothing gained."""

MOST_THREADS = 8

_opening = threading.Lock()


class Transformer:
    """A loaded model. Up to one batch runs on the calling thread; more batches share the machine's cores.

    Each inference uses one thread: onnxruntime's own pool spins and waits, which on a busy machine multiplies the
    time of a query. Inference releases the interpreter's lock, so callers and batches run side by side.
    """

    def __init__(self, model: "TextEmbedding", identity: ModelIdentity, calibration: Calibration) -> None:
        self._model = model
        self.identity = identity
        self.calibration = calibration

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self.identity.passage_prefix + text if text.strip() else "" for text in texts])

    def embed_query(self, text: str) -> Vectors:
        row: Vectors = self._embed([self.identity.query_prefix + text if text.strip() else ""])[0]
        return row

    def _embed(self, texts: list[str]) -> Vectors:
        """Unit rows; an empty text has no vector, whatever the model would say of it."""
        vectors = np.zeros((len(texts), self.identity.dimension), np.float32)
        work = list(batches(texts))
        with span("embed", model=self.identity.name, texts=len(texts)):
            for batch, rows in zip(work, self._spread([[texts[at] for at in batch] for batch in work]), strict=True):
                vectors[batch] = rows
        return unit_rows(vectors)

    def _spread(self, work: list[list[str]]) -> list[Vectors]:
        if len(work) < 2:
            return [self._run(batch) for batch in work]
        with ThreadPoolExecutor(min(len(work), MOST_THREADS, usable_cores()), "satchel-embed") as pool:
            return list(pool.map(self._run, work))

    def _run(self, batch: list[str]) -> Vectors:
        try:
            rows = np.asarray(list(self._model.embed(batch, batch_size=len(batch))), np.float32)
        except Exception as error:  # onnxruntime and tokenizers have no base class of their own to name
            raise EmbeddingFailed(f"{self.identity.name} failed on {len(batch)} texts") from error
        if rows.shape != (len(batch), self.identity.dimension):
            raise EmbeddingFailed(f"{self.identity.name} returned vectors of another size than it declares")
        return rows


def batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the places of texts to embed together: of like length, at most 8 and 4,000 characters, or a long one."""
    batch: list[int] = []
    for at in sorted((at for at, text in enumerate(texts) if text), key=lambda at: len(texts[at])):
        if batch and (len(batch) == BATCH_TEXTS or len(texts[at]) * (len(batch) + 1) > BATCH_CHARS):
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def usable_cores() -> int:
    """The cores this process may use, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_local(recipe: Recipe, cache_dir: Path) -> Transformer | None:
    """The model if its files are on this machine, in a fraction of a second; None if they are not.

    Raises ModelDamaged when there is a copy that does not load.
    """
    folder = recipe.folder or cached_copy(recipe, cache_dir)
    if folder is None:
        return None
    try:
        with _opening:  # two first callers would load it twice
            return _open(recipe, cache_dir, folder)
    except Exception as error:  # what is wrong with the bytes decides which library raises what
        raise ModelDamaged(_damaged(recipe)) from error


def _open(recipe: Recipe, cache_dir: Path, folder: Path) -> Transformer:
    from fastembed import TextEmbedding

    files = [folder / name for name in recipe.files]
    load = partial(TextEmbedding, recipe.registered_as, cache_dir=str(cache_dir), local_files_only=True)
    model = load(
        threads=None if recipe.is_static else 1,
        specific_model_path=str(recipe.folder) if recipe.folder else None,
    )
    opened = Transformer(model, recipe.identity(fingerprint(files)), recipe.calibration)
    opened.embed_query("ready")  # proves the dimension, and pays for the first run here
    return opened


def _damaged(recipe: Recipe) -> str:
    if recipe.hub is None:
        return f"{recipe.name} cannot be loaded from its folder: a file is damaged or of another model. Copy it again."
    copy = f"models--{recipe.hub.replace('/', '--')}"
    return f"The copy of {recipe.name} is damaged. Delete the folder {copy} among the models, then fetch it again."
