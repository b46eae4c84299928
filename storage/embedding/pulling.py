"""A model by all means: opened where it lies, else fetched and opened. For the background thread and the CLI."""

from collections.abc import Callable
from pathlib import Path

from storage.embedding.catalogue import Recipe
from storage.embedding.embedder import ModelDamaged, ModelUnavailable
from storage.embedding.transformer import Transformer, open_local

Fetch = Callable[[Recipe, Path], None]
"""Puts a model's files into the cache, or raises ModelUnavailable."""


def obtain(recipe: Recipe, cache_dir: Path, fetch: Fetch | None) -> Transformer:
    """The model: from this machine if it is there, else fetched. Raises ModelUnavailable.

    A damaged copy in the cache is fetched again, which helps where fastembed sees the damage by a file's size.
    """
    damage: ModelDamaged | None = None
    try:
        if found := open_local(recipe, cache_dir):
            return found
    except ModelDamaged as error:
        damage = error
    if recipe.hub is None or fetch is None:
        raise damage or ModelUnavailable(_offline(recipe))
    try:
        fetch(recipe, cache_dir)
    except ModelUnavailable as error:
        raise damage or error from error
    if found := open_local(recipe, cache_dir):
        return found
    raise ModelUnavailable(f"{recipe.name} was fetched, but files it needs are not among what the hub has.")


def _offline(recipe: Recipe) -> str:
    return (
        f"{recipe.name} is not on this machine, and fetching is switched off. Run `satchel models pull` with it on, "
        "or set SATCHEL_EMBEDDING_PATH to a folder that holds the model."
    )
