"""`satchel models`: which there are, fetching one, and where it is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants

from storage.embedding.static_table import FOLDER
from tests import tiny_model
from tests.server.cli.conftest import Satchel
from tests.storage.embedding.hub import hub_of

ROOT = Path(__file__).resolve().parents[3]
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_HUB = "Qdrant/all-MiniLM-L6-v2-onnx"


def test_the_list_says_what_each_model_costs_and_which_may_not_be_used(satchel: Satchel) -> None:
    tiny_model.build_in_cache(satchel.home / "models", MINILM_HUB)
    found = {each["name"]: each for each in json.loads(satchel.ok("models", "list", "--json"))}
    assert found["static"]["here"] == "built in"
    assert found[MINILM]["here"] == "yes"
    assert found["BAAI/bge-small-en-v1.5"]["here"] == "default"
    assert {each["license"] for each in found.values() if each["here"] == "refused"} == {"cc-by-nc-4.0"}
    assert all(each["dimension"] > 0 and each["size_gb"] > 0 for each in found.values())


def test_the_list_is_a_table_too(satchel: Satchel) -> None:
    lines = satchel.ok("models", "list").splitlines()
    assert lines[0].split() == ["MODEL", "DIMENSION", "SIZE", "LICENCE", "HERE"]
    assert lines[1].split() == ["static", "256", "8", "MB", "apache-2.0", "built", "in"]


def test_the_path_stands_alone_on_stdout(satchel: Satchel) -> None:
    folder = tiny_model.build_in_cache(satchel.home / "models", MINILM_HUB)
    assert satchel.ok("models", "path", MINILM) == f"{folder}\n"
    assert satchel.ok("models", "path", SATCHEL_EMBEDDING_MODEL=MINILM) == f"{folder}\n"
    assert satchel.ok("models", "path", "static") == f"{FOLDER}\n"
    assert satchel.ok("models", "path", SATCHEL_EMBEDDING_PATH=str(folder)) == f"{folder}\n"


def test_there_is_no_path_to_what_is_not_here(satchel: Satchel) -> None:
    done = satchel("models", "path")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "The default model is not on this machine. `satchel models pull` fetches it." in done.stderr
    assert f"`satchel models pull {MINILM}`" in satchel("models", "path", MINILM).stderr


@pytest.mark.parametrize("command", ["pull", "path"])
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nobody/knows-it", "No embedding model is called 'nobody/knows-it'. `satchel models list` shows the names."),
        ("none", "No embedding model is called 'none'."),
        ("jinaai/jina-embeddings-v3", "may not be used commercially"),
    ],
)
def test_a_name_that_will_not_do_is_told(satchel: Satchel, command: str, name: str, says: str) -> None:
    done = satchel("models", command, name)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert says in done.stderr


def test_pulling_what_is_here_needs_no_network(satchel: Satchel) -> None:
    tiny_model.build_in_cache(satchel.home / "models", MINILM_HUB)
    assert f"{MINILM} is ready (384 dimensions) in " in satchel.ok("models", "pull", MINILM)
    assert "minilm-static-256 is ready (256 dimensions) in " in satchel.ok("models", "pull", "static")


def test_fetching_that_is_switched_off_is_told(satchel: Satchel) -> None:
    done = satchel("models", "pull", MINILM)
    assert (done.exit_code, "fetching is switched off" in done.stderr) == (1, True)


def test_a_hub_that_cannot_be_reached_is_told_in_one_line(satchel: Satchel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    done = satchel("models", "pull", MINILM, SATCHEL_OFFLINE="0")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "the model hub cannot be reached" in done.stderr


def test_a_model_is_fetched_and_ready(satchel: Satchel, tmp_path: Path) -> None:
    """In a process of its own: the hub's address is read when its client is imported."""
    with hub_of(MINILM_HUB, tiny_model.build(tmp_path / "remote")) as hub:
        environment = os.environ | {"SATCHEL_HOME": str(satchel.home), "HF_ENDPOINT": hub.address}
        environment = {name: value for name, value in environment.items() if not name.lower().endswith("_proxy")}
        command = [sys.executable, "-m", "server", "models", "pull", MINILM]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    place = satchel.ok("models", "path", MINILM).strip()
    assert done.stdout == f"{MINILM} is ready (384 dimensions) in {place}.\n"
