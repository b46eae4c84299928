"""fastembed's models as embedders: prefixes, batches, failures. The tiny model is a real one, run by onnxruntime."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fastembed import TextEmbedding

from storage.embedding.embedder import EmbeddingFailed, ModelDamaged, unit_rows
from storage.embedding.folder import recipe_of
from storage.embedding.static_table import FOLDER
from storage.embedding.transformer import BATCH_CHARS, BATCH_TEXTS, Transformer, batches, open_local
from tests import tiny_model

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
NOMIC = "nomic-ai/nomic-embed-text-v1"
TEXTS = ["the customer likes green tea", "a meeting in berlin on monday", "the server port is 8080", "dark mode", "cat"]


def opened(model: str, folder: Path, cache_dir: Path) -> Transformer:
    found = open_local(recipe_of(model, folder), cache_dir)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Transformer:
    folder = tiny_model.build(tmp_path_factory.mktemp("all-MiniLM-L6-v2"))
    return opened(MINILM, folder, folder)


def test_prefixes_are_put_before_queries_and_passages(tmp_path: Path) -> None:
    """fastembed adds none: what the model sees is what fastembed is given with the prefix written out."""
    folder = tiny_model.build(tmp_path, dimension=768, model_file="onnx/model.onnx")
    embedder = opened(NOMIC, folder, tmp_path)
    peer = TextEmbedding(NOMIC, cache_dir=str(tmp_path), specific_model_path=str(folder))
    raw = list(peer.embed(["search_query: green tea", "search_document: green tea"]))
    written = unit_rows(np.array(raw, np.float32))
    np.testing.assert_allclose(embedder.embed_query("green tea"), written[0], atol=1e-6)
    np.testing.assert_allclose(embedder.embed_passages(["green tea"])[0], written[1], atol=1e-6)
    assert written[0] @ written[1] < 0.99


def test_many_texts_come_back_in_order_whatever_their_batches(tiny: Transformer) -> None:
    texts = [f"{text} {'coffee ' * (number % 40)}" for number, text in enumerate(TEXTS * 12)]
    alone = np.array([tiny.embed_passages([text])[0] for text in texts])
    np.testing.assert_allclose(tiny.embed_passages(texts), alone, atol=1e-6)


def test_a_model_that_does_not_scale_its_vectors_gets_unit_rows(tmp_path: Path) -> None:
    """Plain mean pooling, as this description asks for, leaves them as long as they come."""
    folder = tiny_model.build(tmp_path, dimension=768, model_file="onnx/model.onnx")
    rows = opened(NOMIC, folder, tmp_path).embed_passages(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)


def test_a_blank_text_has_no_vector(tiny: Transformer) -> None:
    rows = tiny.embed_passages(["", "dark mode", " \n"])
    assert rows.any(axis=1).tolist() == [False, True, False]
    assert not tiny.embed_query("  ").any()
    assert tiny.embed_passages([]).shape == (0, 384)


def test_threads_share_one_model(tiny: Transformer) -> None:
    expected = tiny.embed_passages(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        for rows in pool.map(tiny.embed_passages, [TEXTS] * 24):
            np.testing.assert_allclose(rows, expected, atol=1e-6)


@pytest.mark.parametrize("text", [tiny_model.POISON, "broken \ud83d"])
def test_a_failing_inference_is_an_error_callers_know(tiny: Transformer, text: str) -> None:
    with pytest.raises(EmbeddingFailed, match="failed on 1 texts"):
        tiny.embed_query(text)
    with pytest.raises(EmbeddingFailed):
        tiny.embed_passages([*TEXTS * 4, text])
    assert tiny.embed_query("coffee").any()


@pytest.mark.parametrize("damage", ["model.onnx", "tokenizer.json", "tokenizer_config.json"])
def test_damaged_files_are_one_kind_of_error(tmp_path: Path, damage: str) -> None:
    folder = tiny_model.build(tmp_path)
    (folder / damage).write_bytes(b"\x00 not what it should be")
    with pytest.raises(ModelDamaged, match="Copy it again"):
        open_local(recipe_of(MINILM, folder), tmp_path)


def test_a_model_of_another_size_than_its_description_is_not_opened(tmp_path: Path) -> None:
    """Its vectors would be stored under a name that promises others."""
    folder = tiny_model.build(tmp_path, dimension=32)
    with pytest.raises(ModelDamaged):
        open_local(recipe_of(MINILM, folder), tmp_path)


def test_a_model_that_is_not_cached_is_none(tmp_path: Path) -> None:
    assert open_local(recipe_of("auto", None), tmp_path) is None


def test_a_cached_model_is_opened_from_the_cache(tmp_path: Path) -> None:
    tiny_model.build_in_cache(tmp_path, "Qdrant/all-MiniLM-L6-v2-onnx")
    found = open_local(recipe_of(MINILM, None), tmp_path)
    assert found is not None
    assert found.embed_query("coffee").any()


def test_a_cache_copy_and_a_folder_of_the_same_files_are_one_model(tmp_path: Path) -> None:
    tiny_model.build_in_cache(tmp_path / "cache", "Qdrant/all-MiniLM-L6-v2-onnx")
    cached = open_local(recipe_of(MINILM, None), tmp_path / "cache")
    assert cached is not None
    assert opened(MINILM, tiny_model.build(tmp_path / "folder"), tmp_path).identity == cached.identity


def test_fastembeds_static_models_are_opened_without_a_warning(tmp_path: Path) -> None:
    assert opened("minishlab/potion-base-8M", FOLDER, tmp_path).embed_query("coffee").any()


def test_batches_hold_texts_of_like_length_within_both_limits() -> None:
    texts = ["x" * length for length in (9, 3000, 1, 1500, 1400, 5, 2, 9000, 4, 3, 7, 8, 6, 10)] + [""]
    found = list(batches(texts))
    assert sorted(at for batch in found for at in batch) == list(range(14))
    assert all(len(batch) <= BATCH_TEXTS for batch in found)
    assert all(len(batch) == 1 or len(batch) * len(texts[batch[-1]]) <= BATCH_CHARS for batch in found)
    lengths = [len(texts[at]) for batch in found for at in batch]
    assert lengths == sorted(lengths)


@pytest.mark.model
def test_the_real_model_finds_the_passage_that_answers(shared_models: Path, tmp_path: Path) -> None:
    embedder = opened("auto", shared_models / "all-MiniLM-L6-v2-onnx", tmp_path)
    passages = embedder.embed_passages(["Melanie adopted a puppy.", "The invoice is due in June.", "We use Postgres."])
    cosines = passages @ embedder.embed_query("Who got a dog?")
    assert embedder.identity.name == MINILM
    assert embedder.calibration.similarity(float(cosines[0])) > 0.5 > embedder.calibration.similarity(float(cosines[1]))


@pytest.mark.model
def test_the_duplicate_threshold_tells_a_rewording_from_another_fact(shared_models: Path, tmp_path: Path) -> None:
    embedder = opened("auto", shared_models / "all-MiniLM-L6-v2-onnx", tmp_path)
    one, again, other = embedder.embed_passages(
        ["The staging server runs on port 8080.", "Staging server listens on port 8080.", "The staging data is old."]
    )
    assert one @ again >= embedder.calibration.duplicate > one @ other
