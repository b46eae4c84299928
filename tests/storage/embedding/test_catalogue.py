"""Every model fastembed offers has a recipe, except those that may not be offered."""

import pytest

from storage.embedding.catalogue import DEFAULT_MODEL, available, calibrated, family, find
from storage.embedding.embedder import ModelRefused


def test_auto_is_the_default_model() -> None:
    found = find("auto")
    assert (found.name, found.dimension, found.hub) == (DEFAULT_MODEL, 384, "Qdrant/bge-small-en-v1.5-onnx-Q")


def test_the_case_of_a_name_does_not_matter_and_the_listed_one_is_kept() -> None:
    """The name is part of the key of every vector."""
    assert find("baai/BGE-small-en-v1.5").name == DEFAULT_MODEL


def test_a_non_commercial_model_is_refused_in_one_line_that_names_another() -> None:
    with pytest.raises(ModelRefused, match="commercially") as refused:
        find("jinaai/jina-embeddings-v3")
    text = str(refused.value)
    assert "\n" not in text
    assert DEFAULT_MODEL in text


def test_an_unknown_name_is_refused_with_the_command_that_lists_names() -> None:
    with pytest.raises(ModelRefused, match="satchel models list"):
        find("acme/unheard-of")


def test_every_offered_model_has_a_recipe_and_the_list_begins_with_the_smallest() -> None:
    choices = available()
    assert [choice.name for choice in choices if choice.refused] == ["jinaai/jina-embeddings-v3"]
    assert {find(choice.name).dimension for choice in choices if not choice.refused} <= {256, 384, 512, 768, 1024}
    assert [choice.size_gb for choice in choices] == sorted(choice.size_gb for choice in choices)


@pytest.mark.parametrize(
    ("name", "query", "passage"),
    [
        (DEFAULT_MODEL, "Represent this sentence for searching relevant passages: ", ""),
        ("intfloat/multilingual-e5-large", "query: ", "passage: "),
        ("nomic-ai/nomic-embed-text-v1.5-Q", "search_query: ", "search_document: "),
        ("sentence-transformers/all-MiniLM-L6-v2", "", ""),
    ],
)
def test_prefixes_follow_the_family_and_belong_to_the_identity(name: str, query: str, passage: str) -> None:
    identity = find(name).identity("")
    assert (identity.query_prefix, identity.passage_prefix) == (query, passage)


def test_every_model_said_to_need_prefixes_has_them() -> None:
    """So that a model fastembed adds later is noticed here."""
    needed = [each for each in available() if "documents: necessary" in each.description]
    assert [each.name for each in needed if not family(each.name).query] == []


def test_a_model_nothing_is_known_of_reads_like_minilm() -> None:
    assert family("acme/own").calibration == calibrated(0.0)
