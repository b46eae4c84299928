"""Identities keep vectors apart; calibrations bring cosines together."""

from dataclasses import replace

import numpy as np
import pytest

from storage.embedding.catalogue import calibrated
from storage.embedding.embedder import EmbeddingFailed, ModelIdentity, unit_rows

IDENTITY = ModelIdentity("acme/model", 384, query_prefix="query: ", passage_prefix="passage: ", revision="1")


def test_a_key_is_the_same_in_every_process() -> None:
    """It is stored beside the vectors."""
    assert IDENTITY.key == "acme/model:384:4242d9d1085d"


@pytest.mark.parametrize(
    "changed",
    [
        replace(IDENTITY, name="acme/other"),
        replace(IDENTITY, dimension=256),
        replace(IDENTITY, query_prefix=""),
        replace(IDENTITY, passage_prefix="query: "),
        replace(IDENTITY, revision="2"),
    ],
)
def test_whatever_changes_vectors_changes_the_key(changed: ModelIdentity) -> None:
    assert changed.key != IDENTITY.key


def test_similarity_reads_alike_in_models_of_different_scales() -> None:
    plain, lifted = calibrated(0.0), calibrated(0.5)
    assert [plain.similarity(cosine) for cosine in (-0.1, 0.0, 0.35, 0.7)] == pytest.approx([0, 0, 0.5, 1])
    assert [lifted.similarity(cosine) for cosine in (0.2, 0.5, 0.675, 0.85)] == pytest.approx([0, 0, 0.5, 1])


def test_rows_are_scaled_to_unit_length_and_zero_rows_stay() -> None:
    rows = unit_rows(np.array([[3, 4], [0, 0]], np.float32))
    assert rows.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 0.0]]


def test_numbers_that_are_not_finite_are_a_failure_and_no_vector() -> None:
    with pytest.raises(EmbeddingFailed):
        unit_rows(np.array([[np.nan, 1]], np.float32))
