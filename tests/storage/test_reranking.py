"""Rerankers: opened when asked for and present, and what they say made into scores."""

from pathlib import Path

import pytest

from storage.embedding.embedder import ModelRefused
from storage.embedding.reranking import RerankRuntime, find_reranker, is_reranker, open_reranker
from tests import tiny_model

NAME = "Xenova/ms-marco-MiniLM-L-6-v2"


def test_a_reranker_in_a_folder_orders_passages(tmp_path: Path) -> None:
    folder = tiny_model.build_reranker(tmp_path / "model")
    reranker = RerankRuntime(NAME, tmp_path / "cache", folder).reranker()
    assert reranker is not None
    scores = reranker.scores("coffee", ["xyz", "green tea", "the user prefers green tea"])
    assert scores == sorted(scores)
    assert all(0 <= score <= 1 for score in scores)
    assert len(set(scores)) == 3


def test_nothing_is_opened_unless_it_is_set_up(tmp_path: Path) -> None:
    assert RerankRuntime("", tmp_path).reranker() is None


def test_one_that_is_not_on_this_machine_is_done_without(tmp_path: Path) -> None:
    assert RerankRuntime(NAME, tmp_path).reranker() is None
    assert open_reranker(find_reranker(NAME), tmp_path) is None


def test_a_cached_one_is_found(tmp_path: Path) -> None:
    folder = tiny_model.build_in_cache(tmp_path, NAME, model_file="onnx/model.onnx")
    tiny_model.build_reranker(folder)
    assert RerankRuntime(NAME.lower(), tmp_path).reranker() is not None


def test_unknown_and_non_commercial_ones_are_refused() -> None:
    assert is_reranker(NAME.lower())
    assert not is_reranker("BAAI/bge-small-en-v1.5")
    with pytest.raises(ModelRefused, match="No reranker"):
        find_reranker("nobody/knows")
    with pytest.raises(ModelRefused, match="commercially"):
        find_reranker("jinaai/jina-reranker-v2-base-multilingual")


def test_a_damaged_one_is_refused_and_searches_go_on(tmp_path: Path) -> None:
    folder = tiny_model.build_reranker(tmp_path / "model")
    (folder / "onnx" / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelRefused, match="does not load"):
        open_reranker(find_reranker(NAME, folder), tmp_path)
    assert RerankRuntime(NAME, tmp_path, folder).reranker() is None
