"""What a pattern means, where it is found, and that one that cannot match costs nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.escalation.language.phrases import Phrases
from tools.escalation.language.reading import read

PEOPLE = {"person": ["human", "real person"]}


def found(pattern: str, message: str) -> list[str]:
    """The words of every match, clause by clause."""
    phrases = Phrases([(pattern, True)], PEOPLE)
    return [
        " ".join(clause.words[match.first : match.last + 1])
        for clause in read(message).clauses
        for match in phrases.in_clause(clause)
    ]


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("talk to", "I want to talk to you", ["talk to"]),
        ("talk to", "TALK  TO me", ["talk to"]),
        ("talk to", "I stalk to", []),
        ("talk to", "I talk today", []),
        ("talk to", "I talk. To whom", []),
        ("(talk|speak with) me", "please speak with me", ["speak with me"]),
        ("(talk|speak with) me", "please speak me", []),
        ("talk [now|right now] to", "talk to", ["talk to"]),
        ("talk [now|right now] to", "talk right now to", ["talk right now to"]),
        ("talk [now|right now] to", "talk slowly to", []),
        ("talk ~ to", "talk to", ["talk to"]),
        ("talk ~ to", "talk one two three to", ["talk one two three to"]),
        ("talk ~ to", "talk one two three four to", []),
        ("talk ~1 to", "talk one two to", []),
        ("talk ~5 to", "talk 1 2 3 4 5 to", ["talk 1 2 3 4 5 to"]),
        ("a <person>", "is it a real person", ["a real person"]),
        ("a <person>", "is it a person", []),
        ("<person>", "human", ["human"]),
        ("talk", "talk talk talk", ["talk"]),
        ("talk", "talk. talk", ["talk", "talk"]),
        ("[please] help", "help", ["help"]),
        ("c++ (now)", "c++ now", []),
        ("a.b", "axb", []),
    ],
)
def test_a_pattern_is_found_where_its_words_stand(pattern: str, message: str, expected: list[str]) -> None:
    assert found(pattern, message) == expected


def test_a_match_says_where_and_what() -> None:
    (clause,) = read("could a human call me").clauses
    (match,) = Phrases([("<person> call", 0.7)], PEOPLE).in_clause(clause)
    assert (match.clause, match.first, match.last, match.value) == (clause, 2, 3, 0.7)


def test_every_pattern_speaks_for_itself() -> None:
    (clause,) = read("could a human call me").clauses
    phrases = Phrases([("a human", 1), ("call me", 2), ("a (human|bot) call", 3), ("a bot", 4)])
    assert sorted(match.value for match in phrases.in_clause(clause)) == [1, 2, 3]


def test_a_list_that_is_not_known_is_an_error() -> None:
    with pytest.raises(KeyError):
        Phrases([("a <nobody>", 1)], PEOPLE)


NAMES = st.lists(st.sampled_from(["ab", "cd", "ef", "gh"]), min_size=1, max_size=12)


@given(words=NAMES, wanted=st.lists(st.sampled_from(["ab", "cd", "ef"]), min_size=1, max_size=3), gap=st.integers(1, 4))
def test_a_gap_is_found_as_a_plain_search_would_find_it(words: list[str], wanted: list[str], gap: int) -> None:
    def reaches(at: int, rest: list[str]) -> bool:
        if not rest:
            return True
        return any(
            words[next_at : next_at + 1] == rest[:1] and reaches(next_at + 1, rest[1:])
            for next_at in range(at, at + gap + 1)
        )

    expected = any(words[at] == wanted[0] and reaches(at + 1, wanted[1:]) for at in range(len(words)))
    assert bool(found(f" ~{gap} ".join(wanted), " ".join(words))) == expected


@given(words=NAMES, message=st.text(max_size=60))
def test_what_a_pattern_is_made_of_is_found_in_any_surroundings(words: list[str], message: str) -> None:
    clause = next((clause for clause in read(" ".join(words)).clauses), None)
    assert clause is not None
    (match,) = Phrases([(" ".join(words), True)]).in_clause(clause)
    assert (match.first, match.last) == (0, len(words) - 1)
    assert all(re.fullmatch(r"\w+", word) for word in clause.words)
    assert found("zz yy", message) == []
