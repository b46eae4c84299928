"""The built-in table serves at once; the transformer comes when it can, and nobody waits for it.

Threads are met with events: no test sleeps. What needs the hub's address at import runs in a process of its own.
"""

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import pytest
from huggingface_hub import constants

from storage.embedding.embedder import ModelIdentity, ModelRefused, ModelUnavailable
from storage.embedding.fetching import cached, download
from storage.embedding.folder import recipe_of
from storage.embedding.pulling import obtain
from storage.embedding.runtime import EmbeddingRuntime, ModelStatus, delays
from tests import tiny_model
from tests.storage.embedding.hub import hub_of

ROOT = Path(__file__).resolve().parents[3]
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_HUB = "Qdrant/all-MiniLM-L6-v2-onnx"
STATIC = "minilm-static-256"
SECONDS = 20


@pytest.fixture
def closed_port() -> Iterator[str]:
    """An address nobody answers at: bound, so that nobody takes it, and not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, closed_port: str) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", closed_port)


def names(runtime: EmbeddingRuntime) -> list[str]:
    return [embedder.identity.name for embedder in runtime.embedders()]


def pull(model: str, cache_dir: Path, folder: Path | None = None) -> ModelIdentity:
    """As `satchel models pull` has it."""
    return obtain(recipe_of(model, folder), cache_dir, download).identity


def never() -> None:
    pytest.fail("no transformer was to arrive")


@pytest.mark.parametrize(
    ("model", "status", "serving"),
    [
        ("static", ModelStatus("static", STATIC, "ready", ""), [STATIC]),
        ("none", ModelStatus("none", "none", "off", ""), []),
    ],
)
def test_without_a_transformer_wanted_nothing_is_started(
    tmp_path: Path, model: str, status: ModelStatus, serving: list[str]
) -> None:
    runtime = EmbeddingRuntime(model, tmp_path)
    before = threading.active_count()
    runtime.start(never)
    assert threading.active_count() == before
    assert runtime.status() == status
    assert names(runtime) == serving
    runtime.stop()


def test_the_table_serves_before_anything_is_started(tmp_path: Path) -> None:
    runtime = EmbeddingRuntime("auto", tmp_path)
    assert runtime.status() == ModelStatus("auto", STATIC, "loading", "")
    assert names(runtime) == [STATIC]


def test_a_model_in_a_folder_arrives_and_comes_last(tmp_path: Path) -> None:
    runtime = EmbeddingRuntime("auto", tmp_path, tiny_model.build(tmp_path / "all-MiniLM-L6-v2"))
    arrived = threading.Event()
    runtime.start(arrived.set)
    assert arrived.wait(SECONDS)
    assert names(runtime) == [STATIC, MINILM]
    assert runtime.status() == ModelStatus("auto", MINILM, "ready", "")
    runtime.stop()


@pytest.mark.usefixtures("no_network")
def test_offline_the_table_goes_on_serving_and_one_line_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    runtime = EmbeddingRuntime(MINILM, tmp_path)
    runtime.start(never)
    status = runtime.settled(SECONDS)
    runtime.stop()
    assert (status.state, status.serving) == ("waiting", STATIC)
    assert "satchel models pull" in status.detail
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [("INFO", "model.unreachable")]
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_network")
def test_a_model_that_appears_later_is_taken_up(tmp_path: Path) -> None:
    """As when `satchel models pull` runs beside the server."""
    runtime = EmbeddingRuntime(MINILM, tmp_path)
    arrived = threading.Event()
    runtime.start(arrived.set)
    assert runtime.settled(SECONDS).state == "waiting"
    tiny_model.build_in_cache(tmp_path, MINILM_HUB)
    runtime.retry()
    assert arrived.wait(SECONDS)
    assert names(runtime) == [STATIC, MINILM]
    assert runtime.status().state == "ready"
    runtime.stop()


@pytest.mark.usefixtures("no_network")
def test_stopping_ends_the_wait_at_once(tmp_path: Path) -> None:
    runtime = EmbeddingRuntime(MINILM, tmp_path)
    runtime.start(never)
    runtime.settled(SECONDS)
    runtime.stop()
    assert "satchel-model" not in [thread.name for thread in threading.enumerate()]


def test_switched_off_the_network_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{listening.getsockname()[1]}")
        runtime = EmbeddingRuntime(MINILM, tmp_path, offline=True)
        runtime.start(never)
        status = runtime.settled(SECONDS)
        runtime.stop()
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert status.state == "waiting"
    assert "switched off" in status.detail


def test_the_hubs_own_switch_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailable, match="HF_HUB_OFFLINE is set"):
        pull(MINILM, tmp_path)


@pytest.mark.usefixtures("no_network")
def test_a_damaged_copy_is_reported_and_a_repaired_one_taken_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = tiny_model.build_in_cache(tmp_path, MINILM_HUB)
    whole = (copy / "model.onnx").read_bytes()
    (copy / "model.onnx").write_bytes(whole[: len(whole) // 2])
    runtime = EmbeddingRuntime(MINILM, tmp_path)
    arrived = threading.Event()
    runtime.start(arrived.set)
    status = runtime.settled(SECONDS)
    assert (status.state, names(runtime)) == ("waiting", [STATIC])
    assert "Delete the folder models--Qdrant--all-MiniLM-L6-v2-onnx" in status.detail
    assert [record.getMessage() for record in caplog.records] == ["model.damaged"]
    (copy / "model.onnx").write_bytes(whole)
    runtime.retry()
    assert arrived.wait(SECONDS)
    runtime.stop()


@pytest.mark.parametrize("model", ["jinaai/jina-embeddings-v3", "acme/unheard-of"])
def test_a_refused_model_is_off_for_good_and_says_why(tmp_path: Path, model: str) -> None:
    runtime = EmbeddingRuntime(model, tmp_path)
    runtime.start(never)
    status = runtime.settled(SECONDS)
    assert (status.state, status.serving) == ("off", STATIC)
    with pytest.raises(ModelRefused) as refused:
        pull(model, tmp_path)
    assert status.detail == str(refused.value)


def test_attempts_are_five_minutes_apart_then_twice_as_long_up_to_six_hours() -> None:
    waits = list(islice(delays(), 10))
    assert (waits[0], waits[-1]) == (300.0, 6 * 3600.0)
    assert all(later == min(2 * earlier, 6 * 3600.0) for earlier, later in pairwise(waits))


def test_pulling_a_model_that_is_there_gives_its_identity(tmp_path: Path) -> None:
    copy = tiny_model.build_in_cache(tmp_path, MINILM_HUB)
    assert pull(MINILM, tmp_path).key == pull("auto", tmp_path, tiny_model.build(tmp_path / "all-minilm-l6-v2")).key
    assert cached(MINILM, tmp_path) == copy
    assert cached("auto", tmp_path) is None


@pytest.mark.usefixtures("no_network")
def test_pulling_without_a_network_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        pull(MINILM, tmp_path)


START = """
import sys, threading
from pathlib import Path
from storage.embedding.runtime import EmbeddingRuntime
runtime, arrived = EmbeddingRuntime(sys.argv[1], Path(sys.argv[2])), threading.Event()
runtime.start(arrived.set)
"""


def process(code: str, cache_dir: Path, endpoint: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", START + code, MINILM, str(cache_dir)]
    environment = os.environ | {"HF_ENDPOINT": endpoint}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdin=pipe, stdout=pipe, stderr=pipe)


def test_a_model_is_fetched_in_the_background_without_a_word(tmp_path: Path) -> None:
    code = f"assert arrived.wait({SECONDS}); print(runtime.status()); runtime.stop()"
    with hub_of(MINILM_HUB, tiny_model.build(tmp_path / "repository")) as hub:
        output, errors = process(code, tmp_path / "cache", hub.address).communicate(timeout=2 * SECONDS)
    assert (output.strip(), errors) == (str(ModelStatus(MINILM, MINILM, "ready", "")), "")


def test_a_process_ends_in_the_middle_of_a_download(tmp_path: Path) -> None:
    """The hub client's threads would otherwise keep it until the last byte, here for minutes."""
    with hub_of(MINILM_HUB, tiny_model.build(tmp_path / "repository"), halting=True) as hub:
        started = process("input(); runtime.stop(); print(runtime.status().state)", tmp_path / "cache", hub.address)
        assert hub.halted.wait(SECONDS)
        output, errors = started.communicate("stop\n", timeout=SECONDS)
    assert (started.returncode, errors) == (0, "")
    assert output.strip() == "waiting"


def test_a_process_that_cannot_reach_the_hub_is_silent(tmp_path: Path, closed_port: str) -> None:
    code = f"print(runtime.settled({SECONDS}).state); runtime.stop()"
    output, errors = process(code, tmp_path, closed_port).communicate(timeout=2 * SECONDS)
    assert (output.strip(), errors) == ("waiting", "")
