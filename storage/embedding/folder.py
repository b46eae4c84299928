"""Models in a folder of the user's: which description fits, and a fingerprint of the files.

A folder either holds a model fastembed describes, under that name, or one of the user's own, which is registered with
what its configuration files say. A folder needs an ONNX (or static safetensors) file and ``tokenizer.json``.
"""

import hashlib
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from storage.embedding.catalogue import DEFAULT_MODEL, REGISTERED_MARK, Recipe, find, listed, recipe
from storage.embedding.embedder import ModelRefused

KNOWN_BASES = {"nreimers/minilm-l6-h384-uncased": "sentence-transformers/all-MiniLM-L6-v2"}
"""Models whose configuration names what they were trained from and not themselves."""

SAMPLES = 16
SAMPLE_BYTES = 4096

_registering = threading.Lock()


def recipe_of(model: str, folder: Path | None) -> Recipe:
    """How to open ``model`` ("auto" or a name), from ``folder`` if there is one. Raises ModelRefused."""
    if folder is None:
        return find(model)
    if not folder.is_dir():
        raise ModelRefused("The folder of the embedding model does not exist. Check SATCHEL_EMBEDDING_PATH.")
    config = _json(folder / "config.json")
    described = _described(model, folder, config)
    if described is not None:
        return _in_folder(recipe(described), folder)
    return _own(f"local/{folder.name}" if model == "auto" else model, folder, config)


def fingerprint(files: list[Path]) -> str:
    """A short text that changes when the files do: their sizes and blocks of 4 KiB from all over them.

    Reading 90 MB whole takes longer than opening the model. Sizes alone would not do: a model trained further has its
    ancestor's size to the byte, but hardly a block in common.
    """
    digest = hashlib.sha256()
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}:".encode())
        with path.open("rb") as file:
            for step in range(SAMPLES):
                file.seek(max(0, size - SAMPLE_BYTES) * step // (SAMPLES - 1))
                digest.update(file.read(SAMPLE_BYTES))
    return digest.hexdigest()[:12]


def _described(model: str, folder: Path, config: dict[str, Any]) -> dict[str, Any] | None:
    """The description for a model by its name, or by what the folder says of itself; None for one of the user's."""
    if model != "auto":
        return next((each for each in listed() if each["model"].lower() == model.lower()), None)
    names = _own_names(folder, config)
    fitting = (each for each in listed() if _fits(each, folder, config))
    return next((each for each in fitting if _spellings(each["model"]) & names), None)


def _spellings(name: str) -> set[str]:
    """A listed name with and without its owner, in lower case."""
    return {name.lower(), name.lower().rpartition("/")[2]}


def _own_names(folder: Path, config: dict[str, Any]) -> set[str]:
    """What a folder may be called, in lower case: "all-minilm-l6-v2-onnx" is "all-minilm-l6-v2" too."""
    written = str(config.get("_name_or_path", "")).lower()
    names = {folder.name.lower(), written, KNOWN_BASES.get(written, "").lower()}
    return {name.removesuffix("-q").removesuffix("-onnx") for name in names if name} | names - {""}


def _fits(described: dict[str, Any], folder: Path, config: dict[str, Any]) -> bool:
    return (folder / described["model_file"]).is_file() and _width(config) in (None, described["dim"])


def _in_folder(found: Recipe, folder: Path) -> Recipe:
    for name in found.files:
        if not (folder / name).is_file():
            raise ModelRefused(f"The folder of the embedding model has no {name}, which {found.name} needs.")
    return replace(found, folder=folder, hub=None)


def _own(name: str, folder: Path, config: dict[str, Any]) -> Recipe:
    """Register a model of the user's with fastembed, once a process."""
    dimension = _width(config)
    if dimension is None:
        raise ModelRefused(
            f"The config.json beside the embedding model {name} gives no hidden_size. Add it, or name the model."
        )
    model_file, pooling = _model_file(folder), _pooling(folder)
    registered_as = REGISTERED_MARK.join((name, str(dimension), pooling, model_file))
    _register(registered_as, dimension, pooling, model_file)
    more = tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.onnx_data")))
    return _in_folder(Recipe(name, registered_as, dimension, model_file, more), folder)


def _register(name: str, dimension: int, pooling: str, model_file: str) -> None:
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    with _registering:
        if any(each["model"] == name for each in TextEmbedding.list_supported_models()):
            return
        TextEmbedding.add_custom_model(
            model=name,
            pooling=PoolingType(pooling),
            normalization=True,
            sources=ModelSource(hf=name),  # demanded, never used: the folder is given
            dim=dimension,
            model_file=model_file,
        )


def _width(config: dict[str, Any]) -> int | None:
    """The dimension, which configurations call by several names."""
    found = (config.get(name) for name in ("hidden_size", "d_model", "dim", "n_embd"))
    return next((width for width in found if isinstance(width, int) and width > 0), None)


def _model_file(folder: Path) -> str:
    """``model.onnx``, in the folder or in ``onnx/``, or the only ONNX file there is."""
    for name in ("model.onnx", "onnx/model.onnx"):
        if (folder / name).is_file():
            return name
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.onnx"))
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} ONNX files and none is called" if found else "no"
    raise ModelRefused(f"The folder of the embedding model has {what} model.onnx. {DEFAULT_MODEL} needs no folder.")


def _pooling(folder: Path) -> str:
    """How token vectors become one: the mean, unless the folder says in sentence-transformers' way that it differs."""
    said = _json(folder / "1_Pooling" / "config.json")
    if said.get("pooling_mode_cls_token"):
        return "CLS"
    return "LAST_TOKEN" if said.get("pooling_mode_lasttoken") else "MEAN"


def _json(path: Path) -> dict[str, Any]:
    """The object in a file; empty when there is no such file."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelRefused(f"The {path.name} of the embedding model cannot be read.") from error
    return held if isinstance(held, dict) else {}
