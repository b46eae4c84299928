"""`satchel models`: the embedding models there are, and those on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server.cli.failures import Failure, failures
from server.cli.options import json_option, settings_from, settings_options
from server.cli.printing import inert, out, out_json, table
from server.cli.running import prepare
from server.config import Settings

if TYPE_CHECKING:
    from storage.embedding.catalogue import ModelChoice
    from storage.embedding.embedder import ModelIdentity

BUILT_IN = "built in"


@click.group("models")
def command() -> None:
    """Fetch and list embedding models. Without one, the built-in table searches by meaning."""


@command.command("list")
@json_option
@settings_options
def list_models(as_json: bool, config: Path | None, **flags: Any) -> None:
    """Every model by size, and which are on this machine.

    One is chosen with SATCHEL_EMBEDDING_MODEL; those that may not be used commercially are refused.
    """
    settings = settings_from(config, **flags)
    prepare(settings)
    with failures():
        lines = _lines(settings)
    if as_json:
        out_json(lines)
        return
    rows = [
        (each["name"], str(each["dimension"]), f"{each['size_gb'] * 1000:,.0f} MB", each["license"], each["here"])
        for each in lines
    ]
    table(("MODEL", "DIMENSION", "SIZE", "LICENCE", "HERE"), [[inert(cell) for cell in row] for row in rows])


def _lines(settings: Settings) -> list[dict[str, Any]]:
    from storage.embedding.catalogue import available
    from storage.embedding.static_table import STATIC_IDENTITY

    built_in = {
        "name": "static",
        "dimension": STATIC_IDENTITY.dimension,
        "size_gb": 0.008,
        "license": "apache-2.0",
        "here": BUILT_IN,
    }
    return [built_in, *(_line(each, settings) for each in available())]


def _line(model: "ModelChoice", settings: Settings) -> dict[str, Any]:
    from storage.embedding.catalogue import DEFAULT_MODEL
    from storage.embedding.fetching import cached

    is_present = not model.refused and cached(model.name, settings.models) is not None
    return {
        "name": model.name,
        "dimension": model.dimension,
        "size_gb": model.size_gb,
        "license": model.license,
        "here": _here(refused=model.refused, is_present=is_present, is_default=model.name == DEFAULT_MODEL),
    }


def _here(*, refused: bool, is_present: bool, is_default: bool) -> str:
    if refused:
        return "refused"
    return ", ".join((["yes"] if is_present else []) + (["default"] if is_default else [])) or "-"


@command.command("pull")
@click.argument("name", required=False)
@settings_options
def pull_model(name: str | None, config: Path | None, **flags: Any) -> None:
    """Fetch the model NAME (the chosen one, or the default; a reranker too) and see that it loads."""
    settings = settings_from(config, **flags)
    prepare(settings)
    if name and _is_reranker(name):
        with failures():
            place = _reranker(name, settings)
        out(f"{name} is ready in {place}. SATCHEL_RERANK_MODEL={name} puts it to use.")
        return
    with failures():
        identity = _obtained(name, settings)
        place = _folder(name, settings)
    out(f"{identity.name} is ready ({identity.dimension} dimensions) in {place}.")


def _is_reranker(name: str) -> bool:
    from storage.embedding.reranking import is_reranker

    return is_reranker(name)


def _reranker(name: str, settings: Settings) -> Path | None:
    from storage.embedding.embedder import ModelUnavailable
    from storage.embedding.fetching import cached_copy, download, quiet
    from storage.embedding.reranking import find_reranker, open_reranker

    quiet()
    wanted = find_reranker(name)
    if open_reranker(wanted, settings.models) is None:
        if settings.offline:
            raise ModelUnavailable(f"{name} is not on this machine, and fetching is switched off.")
        download(wanted, settings.models)
        open_reranker(wanted, settings.models)
    return cached_copy(wanted, settings.models)


def _obtained(name: str | None, settings: Settings) -> "ModelIdentity":
    from storage.embedding.fetching import download, quiet
    from storage.embedding.folder import recipe_of
    from storage.embedding.pulling import obtain
    from storage.embedding.static_table import STATIC_IDENTITY

    if name == "static":
        return STATIC_IDENTITY
    quiet()
    recipe = recipe_of(name or _chosen(settings), None if name else settings.embedding_path)
    return obtain(recipe, settings.models, None if settings.offline else download).identity


@command.command("path")
@click.argument("name", required=False)
@settings_options
def model_path(name: str | None, config: Path | None, **flags: Any) -> None:
    """Print the folder of the model NAME (the chosen one, or the default), if it is on this machine."""
    settings = settings_from(config, **flags)
    prepare(settings)
    with failures():
        place = _folder(name, settings)
    if place is None:
        wanted = name or _chosen(settings)
        what, pull = ("The default model", "pull") if wanted == "auto" else (inert(wanted), f"pull {inert(wanted)}")
        raise Failure(f"{what} is not on this machine. `satchel models {pull}` fetches it.")
    out(str(place))


def _chosen(settings: Settings) -> str:
    """The model the settings name; the default where they leave it to us."""
    return "auto" if settings.embedding_model in ("static", "none") else settings.embedding_model


def _folder(name: str | None, settings: Settings) -> Path | None:
    from storage.embedding.fetching import cached
    from storage.embedding.static_table import FOLDER

    if name == "static":
        return FOLDER
    if name is None and settings.embedding_path is not None:
        return settings.embedding_path if settings.embedding_path.is_dir() else None
    return cached(name or _chosen(settings), settings.models)
