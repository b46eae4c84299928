"""The tables of the hard signals: well formed, and no more work than a message is long."""

import re
from collections.abc import Mapping, Sequence

import pytest

from tools.escalation.language.reading import read
from tools.escalation.signals import (
    churn_blame,
    churn_phrases,
    fraud,
    fraud_traces,
    legal,
    legal_authorities,
    safety,
    safety_harm,
    safety_illness,
    safety_words,
)
from tools.escalation.signals.legal_abroad import ABROAD as LEGAL_ABROAD
from tools.escalation.signals.safety_abroad import ABROAD as SAFETY_ABROAD

TABLES: list[tuple[Sequence[tuple[str, object]], Mapping[str, Sequence[str]]]] = [
    (legal.ENGLISH + legal.LOOSELY + legal_authorities.AUTHORITIES, legal.LISTS),
    (LEGAL_ABROAD, {}),
    (safety_harm.SELF_HARM + safety_harm.VIOLENCE, safety_words.LISTS),
    (safety.DANGERS + safety_illness.MEDICAL + safety_illness.CHILDREN, safety_words.LISTS),
    (SAFETY_ABROAD, {}),
    (fraud.PATTERNS + fraud.GAVE_AWAY, fraud.LISTS),
    (churn_phrases.LEAVES + churn_phrases.ENDING + churn_blame.BLAMING, churn_phrases.LISTS),
    ([each for table in fraud_traces.KINDS.values() for each in table], fraud_traces.TRACE_LISTS),
]
PATTERNS = [(pattern, lists) for table, lists in TABLES for pattern, _ in table]


@pytest.mark.parametrize(("pattern", "lists"), PATTERNS)
def test_a_pattern_is_well_formed_and_its_gaps_are_few_and_short(
    pattern: str, lists: Mapping[str, Sequence[str]]
) -> None:
    """What a search costs grows with the product of the gaps; a bracket within a bracket would match nothing."""
    gaps = [int(width or 3) for width in re.findall(r"~(\d*)", pattern)]
    assert len(gaps) <= 4
    assert max(gaps, default=0) <= 9
    assert not re.search(r"[(\[][^)\]]*[(\[<~]", pattern)
    assert set(re.findall(r"<(\w+)>", pattern)) <= set(lists)


def test_a_message_of_all_words_of_a_table_tries_each_phrase_once() -> None:
    message = " ".join(word for pattern, _ in PATTERNS for word in re.findall(r"\w+", pattern))
    (clause,) = [max(read(message[:5_000]).clauses, key=lambda clause: len(clause.words))]
    for phrases in (legal.PHRASES, safety.PHRASES, fraud.PHRASES):
        assert len(list(phrases.in_clause(clause))) <= len(PATTERNS)
