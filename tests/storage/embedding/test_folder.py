"""A folder's files say what model they are."""

import json
from pathlib import Path

import pytest

from storage.embedding.embedder import ModelRefused
from storage.embedding.folder import fingerprint, recipe_of
from storage.embedding.transformer import open_local
from tests import tiny_model

MINILM = "sentence-transformers/all-MiniLM-L6-v2"


@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("all-MiniLM-L6-v2-onnx", "tests/tiny"),
        ("model", MINILM),
        ("model", "nreimers/MiniLM-L6-H384-uncased"),
    ],
)
def test_a_listed_model_is_recognised_by_its_folder_or_configuration(tmp_path: Path, folder: str, says: str) -> None:
    assert recipe_of("auto", tiny_model.build(tmp_path / folder, says=says)).name == MINILM


def test_another_dimension_is_another_model(tmp_path: Path) -> None:
    folder = tiny_model.build(tmp_path / "model", says=MINILM, dimension=48)
    assert recipe_of("auto", folder).name == "local/model"


def test_a_model_of_the_users_own_is_opened_under_its_folders_name(tmp_path: Path) -> None:
    folder = tiny_model.build(tmp_path / "house-model", dimension=40)
    opened = open_local(recipe_of("auto", folder), tmp_path)
    assert opened is not None
    assert (opened.identity.name, opened.identity.dimension) == ("local/house-model", 40)
    assert opened.embed_query("coffee or tea").shape == (40,)


def test_the_only_onnx_file_is_the_model_and_a_name_may_be_chosen(tmp_path: Path) -> None:
    folder = tiny_model.build(tmp_path, dimension=24, model_file="graph_q8.onnx")
    found = recipe_of("acme/house", folder)
    assert (found.name, found.model_file) == ("acme/house", "graph_q8.onnx")
    assert open_local(found, tmp_path) is not None


def test_the_same_folder_twice_is_registered_once(tmp_path: Path) -> None:
    folder = tiny_model.build(tmp_path / "twice", dimension=24)
    assert recipe_of("auto", folder) == recipe_of("auto", folder)


def test_a_folder_made_for_class_pooling_is_pooled_so(tmp_path: Path) -> None:
    folder = tiny_model.build(tmp_path / "first-token", dimension=24)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    opened = open_local(recipe_of("auto", folder), tmp_path)
    assert opened is not None
    assert opened.embed_query("coffee").tolist() == opened.embed_query("tea").tolist()


def test_a_missing_folder_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="SATCHEL_EMBEDDING_PATH"):
        recipe_of("auto", tmp_path / "nowhere")


def test_a_folder_without_what_the_named_model_needs_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=r"has no model_optimized\.onnx"):
        recipe_of("BAAI/bge-small-en-v1.5", tiny_model.build(tmp_path))


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("config.json", "{}", "gives no hidden_size"),
        ("config.json", "{", r"config\.json of the embedding model cannot be read"),
        ("other.onnx", "", "2 ONNX files and none is called"),
    ],
)
def test_a_folder_that_leaves_a_question_open_says_which(tmp_path: Path, file: str, text: str, said: str) -> None:
    folder = tiny_model.build(tmp_path, model_file="graph.onnx")
    (folder / file).write_text(text)
    with pytest.raises(ModelRefused, match=said):
        recipe_of("auto", folder)


def test_a_non_commercial_model_is_refused_in_a_folder_too(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="commercially"):
        recipe_of("jinaai/jina-embeddings-v3", tiny_model.build(tmp_path))


def test_other_weights_of_the_same_size_are_another_revision(tmp_path: Path) -> None:
    """A model trained further has its ancestor's name, dimension and size."""
    one = tiny_model.build(tmp_path / "one" / "model", seed=1)
    two = tiny_model.build(tmp_path / "two" / "model", seed=2)
    files = [[folder / "model.onnx", folder / "tokenizer.json"] for folder in (one, two)]
    assert files[0][0].stat().st_size == files[1][0].stat().st_size
    assert fingerprint(files[0]) != fingerprint(files[1])
    assert fingerprint(files[0]) == fingerprint(files[0])
