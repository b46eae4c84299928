"""Embedding switched off, failing, arriving late or changing: what is stored stays found, and vectors of two models
never meet."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import anyio
import numpy as np
import pytest

from server.config import load
from server.house import House as OpenHouse
from server.lifespan import open_house
from storage.embedding.embedder import Calibration, Embedder, EmbeddingFailed, ModelIdentity, Vectors
from storage.embedding.runtime import EmbeddingRuntime
from storage.embedding.static_table import static_table
from storage.memories.rows import MemoryFilter
from tests import tiny_model
from tests.faults import truth
from tests.faults.house import House, house
from tests.faults.process import serving
from tools.memory.models import RetrieveArguments, StoreArguments
from tools.memory.retrieving import retrieve
from tools.memory.storing import store
from tools.services import LOCAL

pytestmark = pytest.mark.anyio

SECONDS = 30
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_HUB = "Qdrant/all-MiniLM-L6-v2-onnx"
TEXTS = ["the customer likes green tea", "the project deadline is friday", "the dog moved to paris"]


class Switch:
    """An embedder that can be broken and mended."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.is_broken = False

    @property
    def identity(self) -> ModelIdentity:
        return self._inner.identity

    @property
    def calibration(self) -> Calibration:
        return self._inner.calibration

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self._fail()
        return self._inner.embed_passages(texts)

    def embed_query(self, text: str) -> Vectors:
        self._fail()
        return self._inner.embed_query(text)

    def _fail(self) -> None:
        if self.is_broken:
            raise EmbeddingFailed("out of order")


def tiny(folder: Path, *, dimension: int = 384, seed: int = 0) -> Embedder:
    """The small ONNX model, opened through fastembed."""
    built = tiny_model.build(folder, dimension=dimension, seed=seed)
    runtime = EmbeddingRuntime(f"local/{folder.name}", folder.parent / "models", built, offline=True)
    arrived = threading.Event()
    runtime.start(arrived.set)
    assert arrived.wait(SECONDS)
    runtime.stop()
    return runtime.embedders()[-1]


async def found(here: House, query: str) -> tuple[str, list[str]]:
    """The mode of a search and the contents it finds."""
    answer = await here.call("memory_retrieve", query=query)
    return answer.data["mode"], [memory["content"] for memory in answer.data["memories"]]


async def pending(here: House, embedder: Embedder) -> int:
    """How many live memories the model has not seen."""
    sql = """SELECT count(*) FROM memories m WHERE state = 'active' AND NOT EXISTS (
        SELECT 1 FROM memory_vectors v JOIN models USING (model_id) WHERE v.row_id = m.row_id AND name = ?)"""
    return int((await here.db.read(lambda db: db.execute(sql, (embedder.identity.key,)).fetchone()))[0])


async def test_with_embedding_off_words_are_enough(tmp_path: Path) -> None:
    async with serving(tmp_path / "home", embedding_model="none") as server:
        stored = await server.call("memory_store", content="Prefers oat flat white")
        answer = await server.call("memory_retrieve", query="flat white")
        assert stored.data["indexed"] == "pending"
        assert (answer.data["mode"], answer.data["count"]) == ("keyword", 1)
        assert (await server.call("memory_retrieve", query="zebra")).data["count"] == 0


async def test_a_store_without_embedding_is_caught_up_by_one_that_has_it(tmp_path: Path) -> None:
    """Both work on the directory at once, and each finds the other's memories."""
    async with house(tmp_path, embedders=tuple) as without, house(tmp_path) as having:
        await without.call("memory_store", content="Prefers oat flat white")
        await having.call("memory_store", content="Walks her dog at dawn")
        mode, contents = await found(without, "dog at dawn")
        assert (mode, contents[0]) == ("keyword", "Walks her dog at dawn")
        assert (await found(having, "flat white"))[1][0] == "Prefers oat flat white"
        assert await pending(having, static_table()) == 1
        assert await having.backfill.catch_up() == 1
        mode, contents = await found(having, "what does she like to drink?")
        assert (mode, contents[0]) == ("hybrid", "Prefers oat flat white")
        (memory_id,) = [key for key, (text, _) in truth.kept(tmp_path).items() if text.startswith("Prefers")]
        await without.call("memory_update", memory_id=memory_id, content="Prefers black tea")
        assert await pending(having, static_table()) == 1
        assert await having.backfill.catch_up() == 1
    await truth.assert_agrees(tmp_path)


@pytest.mark.parametrize("has_table", [False, True])
async def test_a_failing_model_stores_now_and_embeds_later(tmp_path: Path, has_table: bool) -> None:
    model = Switch(tiny(tmp_path / "tiny"))
    embedders: tuple[Embedder, ...] = (static_table(), model) if has_table else (model,)
    async with house(tmp_path / "data", embedders=lambda: embedders) as here:
        await here.call("memory_store", content=TEXTS[0])
        model.is_broken = True
        stored = [await here.call("memory_store", content=text) for text in TEXTS[1:]]
        assert [answer.data["indexed"] for answer in stored] == ["pending"] * 2
        mode, contents = await found(here, "project deadline")
        assert (mode, contents[0]) == ("hybrid" if has_table else "keyword", TEXTS[1])
        assert (await here.backfill.catch_up(), await pending(here, model)) == (0, 2)
        model.is_broken = False
        assert (await here.backfill.catch_up(), await pending(here, model)) == (2, 0)
        mode, contents = await found(here, "project deadline")
        assert (mode, contents[0]) == ("hybrid", TEXTS[1])
    await truth.assert_agrees(tmp_path / "data", model)


async def test_a_text_the_model_chokes_on_holds_up_no_other(tmp_path: Path) -> None:
    """onnxruntime itself fails on it, alone or in a batch; it is found by its words."""
    model = tiny(tmp_path / "tiny")
    async with house(tmp_path / "data", embedders=tuple) as here:
        for text in (TEXTS[0], f"the {tiny_model.POISON} is green", *TEXTS[1:]):
            await here.call("memory_store", content=text)
    async with house(tmp_path / "data", embedders=lambda: (model,)) as here:
        stored = await here.call("memory_store", content=f"no {tiny_model.POISON} in the tea")
        assert stored.data["indexed"] == "pending"
        assert (await here.backfill.catch_up(), await pending(here, model)) == (5, 0)
        assert (await found(here, "deadline friday"))[1][0] == TEXTS[1]
        assert all(tiny_model.POISON in content for content in (await found(here, tiny_model.POISON))[1][:2])
        assert await here.backfill.catch_up() == 0


async def test_another_model_re_embeds_and_old_vectors_are_never_compared(tmp_path: Path) -> None:
    """Another dimension would fail when compared; the same dimension would answer nonsense."""
    data = tmp_path / "data"
    models = [
        tiny(tmp_path / "first"),
        tiny(tmp_path / "wider", dimension=512),
        tiny(tmp_path / "other", seed=7),
    ]
    assert len({model.identity.key for model in models}) == 3
    async with house(data, embedders=lambda: models[:1]) as here:
        for text in TEXTS:
            await here.call("memory_store", content=text)
        await here.indexer.flush()
    for model in models[1:]:
        async with house(data, embedders=lambda model=model: [model]) as here:  # type: ignore[misc]
            assert await pending(here, model) == 3
            assert (await found(here, "green tea"))[1][0] == TEXTS[0]
            assert await here.backfill.catch_up() == 3
            for text in TEXTS:
                answer = await here.call("memory_retrieve", query=text, min_similarity=0.99)
                assert [memory["content"] for memory in answer.data["memories"]] == [text]
        await truth.assert_agrees(data, model)


async def test_prefixes_are_part_of_a_model(tmp_path: Path) -> None:
    model = tiny(tmp_path / "tiny")
    prefixed = Prefixed(model)
    async with house(tmp_path / "data", embedders=lambda: [model]) as here:
        await here.call("memory_store", content=TEXTS[0])
    async with house(tmp_path / "data", embedders=lambda: [prefixed]) as here:
        assert (await here.backfill.catch_up(), await pending(here, prefixed)) == (1, 0)
        rows = await here.db.read(
            lambda db: db.execute("SELECT vector FROM memory_vectors ORDER BY model_id").fetchall()
        )
    assert [np.frombuffer(blob, "<f4") @ prefixed.embed_passages(TEXTS[:1])[0] for (blob,) in rows] == [
        pytest.approx(model.embed_passages(TEXTS[:1])[0] @ prefixed.embed_passages(TEXTS[:1])[0], abs=1e-5),
        pytest.approx(1, abs=1e-5),
    ]


class Prefixed(Switch):
    """The same model, told what it reads."""

    @property
    def identity(self) -> ModelIdentity:
        old = super().identity
        return ModelIdentity(old.name, old.dimension, "query: ", "passage: ", old.revision)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return super().embed_passages([f"passage: {text}" for text in texts])

    def embed_query(self, text: str) -> Vectors:
        return super().embed_query(f"query: {text}")


async def test_a_transformer_that_arrives_later_takes_over_in_the_background(tmp_path: Path) -> None:
    """The built-in table answers until the model is there and has seen everything."""
    settings = load({"home": tmp_path, "offline": True, "embedding_model": MINILM})
    async with open_house(settings) as here:
        identity = static_table().identity.name
        assert (await anyio.to_thread.run_sync(here.models.settled, SECONDS)).serving == identity
        await _store(here, TEXTS[:2])
        assert await _serving(here) == identity
        tiny_model.build_in_cache(settings.models, MINILM_HUB)
        here.models.retry()
        with anyio.fail_after(SECONDS):
            while await _serving(here) != MINILM:  # noqa: ASYNC110 - a thread brings it, and a task works behind it
                await anyio.sleep(0.02)
        await _store(here, TEXTS[2:])
        transformer = here.models.embedders()[-1]
    await truth.assert_agrees(settings.data, transformer)
    await truth.assert_agrees(settings.data)


async def _store(here: OpenHouse, texts: Sequence[str]) -> None:
    for text in texts:
        assert (await store(here.memories, LOCAL, StoreArguments.model_validate({"content": text}))).indexed == "ready"


async def _serving(here: OpenHouse) -> str:
    """Which model a search is answered by right now; it always is."""
    asked = RetrieveArguments.model_validate({"query": "green tea"})
    answer = await retrieve(here.memories, LOCAL, asked)
    assert (answer.mode, answer.memories[0].content) == ("hybrid", TEXTS[0])

    def embedder(db: sqlite3.Connection) -> str:
        wanted = MemoryFilter(now=here.memories.now(), session_id="default")
        chosen = here.memories.search.find(db, "local", wanted, "green tea", here.models.embedders()).embedder
        return chosen.identity.name if chosen else "none"

    return await here.db.read(embedder)
