"""The built-in table gives what its README says, from the first call on."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fastembed import TextEmbedding

from storage.embedding.embedder import EmbeddingFailed
from storage.embedding.static_table import FOLDER, STATIC_IDENTITY, StaticTable, static_table

TEXTS = ["Caroline moved to Berlin in May.", "The invoice was paid on Friday", "def parse(text): return text.split()"]


def test_the_table_is_the_one_its_identity_names() -> None:
    digest = hashlib.sha256((FOLDER / "model.safetensors").read_bytes()).hexdigest()
    assert digest.startswith(STATIC_IDENTITY.revision)


def test_vectors_equal_those_of_fastembed_on_the_same_files(tmp_path: Path) -> None:
    peer = TextEmbedding("minishlab/potion-base-8M", cache_dir=str(tmp_path), specific_model_path=str(FOLDER))
    theirs = np.array(list(peer.embed(TEXTS)))
    np.testing.assert_allclose(static_table().embed_passages(TEXTS), theirs, atol=2e-6)


def test_vectors_have_unit_length_and_related_texts_are_closer() -> None:
    table = static_table()
    passages = table.embed_passages(["Anna lives in Berlin", "Tests are run with pytest"])
    cosines = passages @ table.embed_query("which city does Anna live in?")
    np.testing.assert_allclose(np.linalg.norm(passages, axis=1), 1.0, atol=1e-6)
    assert cosines[0] > cosines[1] + 0.2


@pytest.mark.parametrize("text", ["", "   ", "Привет, мир.", "Да?!", "你好。", "Релиз 2024 года отложен, API готов."])
def test_a_text_mostly_in_another_script_has_no_vector(text: str) -> None:
    """The comma, the full stop and the year it does know would make unlike texts alike."""
    assert not static_table().embed_query(text).any()


@pytest.mark.parametrize("text", ["Thanks 🙏", "The café in Łódź is called Привет", "?!"])
def test_a_few_unknown_words_are_passed_over(text: str) -> None:
    assert static_table().embed_query(text).any()


def test_no_texts_are_no_rows() -> None:
    assert static_table().embed_passages([]).shape == (0, 256)


def test_a_text_of_many_thousand_words_is_summed_in_parts() -> None:
    """Repetition does not turn a vector, so the whole equals the part."""
    table = static_table()
    np.testing.assert_allclose(
        table.embed_query("blue green red " * 20_000), table.embed_query("blue green red"), atol=1e-5
    )


def test_half_a_surrogate_pair_is_a_failure_callers_know() -> None:
    with pytest.raises(EmbeddingFailed):
        static_table().embed_query("broken \ud83d")


def test_first_callers_at_once_share_one_table() -> None:
    start = threading.Barrier(4)

    def load(_: int) -> StaticTable:
        start.wait(5)
        return static_table()

    with ThreadPoolExecutor(4) as pool:
        assert len({id(table) for table in pool.map(load, range(4))}) == 1


def test_a_damaged_table_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not a table")
    with pytest.raises(EmbeddingFailed, match="install Satchel again"):
        StaticTable(tmp_path)
