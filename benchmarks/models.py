"""The embedding models that servers are measured with: the built-in table, and a transformer where there is one."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import Gap, median_ms
from benchmarks.wire import Peer
from storage.embedding.static_table import static_table

if TYPE_CHECKING:
    from fastembed import TextEmbedding

SHARED = Path(__file__).resolve().parents[2] / "shared" / "models" / "all-MiniLM-L6-v2-onnx"
NEEDS_SHARED = f"needs ../shared/models/{SHARED.name}"
NAME = "sentence-transformers/all-MiniLM-L6-v2"
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Model:
    """A model by the name that figures give it, and the settings that make a server use it."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_transformer(self) -> bool:
        return "satchel_embedding_path" in self.settings

    def gaps(self, subject: str, *names: str) -> list[Gap]:
        """What is missing of the figures with these names: all where the model is not there, else nothing."""
        is_missing = self.is_transformer and not Path(self.settings["satchel_embedding_path"]).is_dir()
        return [Gap(subject, name, NEEDS_SHARED) for name in names if is_missing]


def _transformer(folder: Path) -> Model:
    return Model("transformer", {"satchel_embedding_model": "auto", "satchel_embedding_path": str(folder)})


BUILT_IN = Model("built-in")
TRANSFORMER = _transformer(SHARED)


def chosen(wanted: str) -> Model:
    """The model for `static`, `none` or a transformer's folder."""
    return _transformer(Path(wanted)) if Path(wanted).is_dir() else Model(wanted, {"satchel_embedding_model": wanted})


def await_ready(server: Peer, model: Model) -> None:
    """Return once the store is open and, if that is what is measured, the transformer serves."""
    server.call("memory_store", content="The first memory opens the store")
    while model.is_transformer:
        text = server.request("resources/read", {"uri": "satchel://health"})["result"]["contents"][0]["text"]
        if json.loads(text)["embedding_model"]["state"] == "ready":
            return
        time.sleep(LOOK_SECONDS)


def embedding_ms(model: Model, text: str) -> float:
    """The median milliseconds of embedding the text with the model alone."""
    embed: Callable[[str], object] = static_table().embed_query
    if model.is_transformer:
        opened = fastembed_model(threads=1)

        def embed(text: str) -> object:
            return next(iter(opened.embed([text])))

    embed(text)
    return median_ms(lambda: embed(text), 50, time.perf_counter)


def fastembed_model(threads: int | None = None) -> "TextEmbedding":
    """The shared transformer in fastembed alone, on all cores by default."""
    from fastembed import TextEmbedding

    return TextEmbedding(NAME, specific_model_path=str(SHARED), threads=threads, local_files_only=True)
