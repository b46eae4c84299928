"""Which models there are, what each wants in front of a text, and how its cosines read.

fastembed lists the models but adds no prefix and knows no calibration; both are known by family here. fastembed itself
is imported inside functions: it takes more than a second, and only the background thread and the CLI need it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage.embedding.embedder import Calibration, ModelIdentity, ModelRefused

DEFAULT_MODEL = "BAAI/bge-small-en-v1.5"
MULTILINGUAL_MODEL = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"

REFUSED_LICENSES = ("cc-by-nc",)
"""Non-commercial ones: whoever carries the memory could not use it at work."""

TOKENIZER_FILE = "tokenizer.json"
REGISTERED_MARK = "#"
"""In the names this program gives fastembed for models that are not its own; no listed name holds one."""


def calibrated(floor: float = 0.0) -> Calibration:
    """A transformer's calibration when unrelated texts have the cosine ``floor``.

    Measured with all-MiniLM-L6-v2, where the floor is 0: a full match is 0.7, and 0.85 lets through 39 of 40 pairs
    that say one thing in two ways and none of 40 pairs on one topic (but 7 of 8 that differ in a number or a "not": a
    near duplicate is to be shown, never merged). Elsewhere both keep their share of the range above the floor.
    """
    above = 1.0 - floor
    return Calibration(
        floor=floor, scale=floor + 0.7 * above, weight=0.5, document_weight=0.5, duplicate=floor + 0.85 * above
    )


@dataclass(frozen=True, slots=True)
class Family:
    """Models whose lower-case name starts with ``start``; the first one in FAMILIES that fits counts."""

    start: str
    query: str = ""
    passage: str = ""
    calibration: Calibration = field(default_factory=calibrated)


_SEARCH = "Represent this sentence for searching relevant passages: "
_INSTRUCT = "Instruct: Given a web search query, retrieve relevant passages that answer the query"

# Floors that are not 0 are not measured here, where those models cannot be had. Those of bge and e5 are what the
# models' cards say of unrelated texts ("[0.6, 1]", "0.7 to 1.0"); v1.5 of bge has, says its card, a better spread, and
# too low a floor only lifts all candidates alike while too high a one cuts off the order below it: hence 0.5.
FAMILIES = (
    Family("baai/bge-small-zh-v1.5", query="为这个句子生成表示以用于检索相关文章：", calibration=calibrated(0.5)),
    Family("baai/bge-small-en-v1.5", query=_SEARCH, calibration=calibrated(0.5)),
    Family("baai/bge-base-en-v1.5", query=_SEARCH, calibration=calibrated(0.5)),
    Family("baai/bge-large-en-v1.5", query=_SEARCH, calibration=calibrated(0.5)),
    Family("baai/bge-", query=_SEARCH, calibration=calibrated(0.6)),
    Family("intfloat/", query="query: ", passage="passage: ", calibration=calibrated(0.7)),
    Family("thenlper/gte-", calibration=calibrated(0.7)),  # trained like e5, at a temperature of 0.01
    Family("nomic-ai/", query="search_query: ", passage="search_document: "),
    Family("snowflake/", query=_SEARCH),
    Family("mixedbread-ai/", query=_SEARCH),
    Family("google/embeddinggemma", query="task: search result | query: ", passage="title: none | text: "),
    Family("qwen/", query=f"{_INSTRUCT}\nQuery:"),
    Family("qdrant/stella-", query=f"{_INSTRUCT}.\nQuery: "),
    Family(""),
)


def family(name: str) -> Family:
    """What is known of a model by its name; a plain model without prefixes when nothing is."""
    return next(each for each in FAMILIES if name.lower().startswith(each.start))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to open one model: a description fastembed has, and where the files are.

    ``registered_as`` is the name fastembed knows it by; ``hub`` the repository it is fetched from, None when it only
    exists in ``folder``.
    """

    name: str
    registered_as: str
    dimension: int
    model_file: str
    more_files: tuple[str, ...] = ()
    hub: str | None = None
    folder: Path | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """All files it needs, the model first."""
        return (self.model_file, *self.more_files, TOKENIZER_FILE)

    @property
    def calibration(self) -> Calibration:
        return family(self.name).calibration

    @property
    def is_static(self) -> bool:
        """Whether fastembed computes it with numpy alone: it then warns about onnxruntime's options."""
        return self.model_file.endswith(".safetensors")

    def identity(self, revision: str) -> ModelIdentity:
        known = family(self.name)
        return ModelIdentity(self.name, self.dimension, known.query, known.passage, revision)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A line of the list a person chooses from."""

    name: str
    dimension: int
    size_gb: float
    license: str
    description: str
    refused: bool


def available() -> list[ModelChoice]:
    """Every model fastembed offers, the smallest first."""
    choices = [
        ModelChoice(
            name=each["model"],
            dimension=each["dim"],
            size_gb=each["size_in_GB"],
            license=each["license"],
            description=each["description"],
            refused=_is_refused(each["license"]),
        )
        for each in listed()
    ]
    return sorted(choices, key=lambda choice: (choice.size_gb, choice.name))


def find(name: str) -> Recipe:
    """The recipe of a listed model, whatever the case of its name. Raises ModelRefused."""
    wanted = DEFAULT_MODEL if name == "auto" else name
    described = next((each for each in listed() if each["model"].lower() == wanted.lower()), None)
    if described is None:
        raise ModelRefused(f"No embedding model is called {name!r}. `satchel models list` shows the names.")
    return recipe(described)


def recipe(described: dict[str, Any]) -> Recipe:
    """The recipe for one of fastembed's descriptions. Raises ModelRefused for a non-commercial one."""
    if _is_refused(described["license"]):
        raise ModelRefused(
            f"{described['model']} may not be used commercially ({described['license']}). "
            f"Use {MULTILINGUAL_MODEL} or {DEFAULT_MODEL} instead."
        )
    return Recipe(
        name=described["model"],
        registered_as=described["model"],
        dimension=described["dim"],
        model_file=described["model_file"],
        more_files=tuple(described["additional_files"]),
        hub=described["sources"]["hf"],
    )


def listed() -> Iterator[dict[str, Any]]:
    """Yield fastembed's own descriptions, without the models this program registered."""
    from fastembed import TextEmbedding

    return (each for each in TextEmbedding.list_supported_models() if REGISTERED_MARK not in each["model"])


def _is_refused(license_name: str) -> bool:
    return license_name.lower().startswith(REFUSED_LICENSES)
