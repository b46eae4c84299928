"""Getting a model's files onto this machine: are they there, can they be fetched, fetch them.

fastembed alone takes 39 s to find out that there is no network, and says so on stderr three times. So one request for
one file's headers goes first. Where the hub is (``HF_ENDPOINT``) and whether it may be asked at all
(``HF_HUB_OFFLINE``) is huggingface_hub's knowledge and is taken from there; httpx2 honours the usual proxy variables.
"""

import json
import logging
import subprocess
import sys
import threading
import warnings
from pathlib import Path

from storage.embedding.catalogue import Recipe, find
from storage.embedding.embedder import ModelUnavailable

PROBE_SECONDS = 2.5
POLL_SECONDS = 0.1

Stamp = tuple[str, int, int]


def cached(model: str, cache_dir: Path) -> Path | None:
    """The folder that holds a listed model's files, or None. Raises ModelRefused for an unknown name."""
    return cached_copy(find(model), cache_dir)


def cached_copy(recipe: Recipe, cache_dir: Path) -> Path | None:
    """The folder in the cache that has all the files this model needs, or None."""
    from huggingface_hub import try_to_load_from_cache

    if recipe.hub is None:
        return None
    snapshot: Path | None = None
    for name in recipe.files:
        found = try_to_load_from_cache(recipe.hub, name, cache_dir)
        if not isinstance(found, str):
            return None
        snapshot = Path(found.removesuffix(name))
    return snapshot


def stamp(recipe: Recipe, cache_dir: Path) -> Stamp | None:
    """Something that differs once the model's file was put there or replaced. Costs two looks at the disk."""
    folder = recipe.folder or cached_copy(recipe, cache_dir)
    if folder is None:
        return None
    try:
        found = (folder / recipe.model_file).stat()
    except OSError:
        return None
    return folder.name, found.st_size, found.st_mtime_ns


def check_reachable(recipe: Recipe) -> None:
    """Raise ModelUnavailable, in under three seconds, when the model's file cannot be had now."""
    if reason := _obstacle(recipe):
        raise ModelUnavailable(_not_fetched(recipe, reason))


def _obstacle(recipe: Recipe) -> str:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    said: list[str] = []
    address = f"{constants.ENDPOINT}/{recipe.hub}/resolve/main/{recipe.model_file}"
    probe = threading.Thread(target=lambda: said.append(_probe(address)), name="satchel-probe", daemon=True)
    probe.start()
    probe.join(PROBE_SECONDS)  # a resolver that does not answer keeps to no time limit of ours
    return said[0] if said else "the model hub does not answer"


def _probe(address: str) -> str:
    import httpx2

    try:
        answer = httpx2.head(address, timeout=PROBE_SECONDS)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError):  # ValueError: a proxy address that is none
        return "the model hub cannot be reached"
    return "" if answer.status_code < 400 else f"the model hub answers {answer.status_code}"


def download(recipe: Recipe, cache_dir: Path) -> None:
    """Fetch the files into the cache, with fastembed's progress bar on stderr. Raises ModelUnavailable."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import DenseModelDescription, ModelSource

    check_reachable(recipe)
    wanted = DenseModelDescription(
        model=recipe.registered_as,
        sources=ModelSource(hf=recipe.hub),
        model_file=recipe.model_file,
        description="",
        license="",
        size_in_GB=0.0,
        additional_files=list(recipe.more_files),
        dim=recipe.dimension,
    )
    cache_dir.mkdir(parents=True, exist_ok=True)
    try:  # checks sizes and hashes; one try, as the next two would come after naps of 3 and 9 s
        TextEmbedding.download_model(wanted, str(cache_dir), retries=1)
    except Exception as error:  # fastembed, its hub client and their transports share no base class
        raise ModelUnavailable(_not_fetched(recipe, "the download failed")) from error


def download_apart(recipe: Recipe, cache_dir: Path, stopping: threading.Event) -> None:
    """The same in a process of its own, silently, ended when ``stopping`` is set. Raises ModelUnavailable.

    In this process, the hub client's threads would hold up its end until the download is over.
    """
    check_reachable(recipe)
    command = [sys.executable, "-P", "-c", _CHILD, json.dumps(sys.path), recipe.name, str(cache_dir)]
    nothing = subprocess.DEVNULL  # stdout is the protocol's, and a host may wait until nobody holds it
    with subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing) as child:
        while child.poll() is None:
            if stopping.wait(POLL_SECONDS):
                child.kill()
    if child.returncode != 0:
        raise ModelUnavailable(_not_fetched(recipe, "the download failed"))


_CHILD = """
import json, pathlib, sys
sys.path[:] = json.loads(sys.argv[1])
from storage.embedding import catalogue, fetching
fetching.download(catalogue.find(sys.argv[2]), pathlib.Path(sys.argv[3]))
"""
"""Finds the modules where this process found them, installed or not; -P keeps it from looking in the current folder,
which may be anyone's."""


def _not_fetched(recipe: Recipe, reason: str) -> str:
    return (
        f"{recipe.name} is not on this machine and was not fetched: {reason}. Run `satchel models pull` "
        "where there is a network, or set SATCHEL_EMBEDDING_PATH to a folder that holds it."
    )


def quiet() -> None:
    """Keep what the libraries say about an expected failure off stderr, in this process from now on."""
    from loguru import logger as loguru

    loguru.disable("fastembed")
    for name in ("huggingface_hub", "httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for module in ("fastembed", "huggingface_hub"):
        warnings.filterwarnings("ignore", module=module)
