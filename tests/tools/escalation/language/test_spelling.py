"""How words are written out as they were meant, and that real words are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.escalation.language.spelling import MISTYPED, REAL_WORDS, SHORT, SLIPS, corrected, plain_words


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("don't", "do not"),
        ("can't", "can not"),
        ("won't", "will not"),
        ("shan't", "shall not"),
        ("i'm", "i am"),
        ("you're", "you are"),
        ("we've", "we have"),
        ("they'll", "they will"),
        ("i'd", "i would"),
        ("that's", "that is"),
        ("let's", "let us"),
        ("bank's", "bank 's"),
        ("cant", "can not"),
        ("wanna", "want to"),
        ("gimme", "give me"),
        ("pls", "please"),
        ("ppl", "people"),
        ("mgr", "manager"),
        ("sum1", "someone"),
        ("idk", "i do not know"),
        ("qu'il", "qu il"),
        ("aujourd'hui", "aujourd'hui"),
        ("o’clock", "o'clock"),
        ("isn’t", "is not"),
    ],
)
def test_contractions_and_shorthand_are_written_out(typed: str, plain: str) -> None:
    assert " ".join(plain_words(typed)) == plain


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("humna", "human"),
        ("hunan", "hunan"),
        ("huamn", "human"),
        ("represenative", "representative"),
        ("representitive", "representative"),
        ("reprasentative", "representative"),
        ("representattive", "representative"),
        ("represemtative", "representative"),
        ("persn", "person"),
        ("preson", "person"),
        ("persom", "persom"),
        ("maneger", "manager"),
        ("managr", "manager"),
        ("mananger", "manager"),
        ("supervisr", "supervisor"),
        ("superviser", "supervisor"),
        ("agnet", "agent"),
        ("agennt", "agent"),
        ("opperator", "operator"),
        ("tlak", "talk"),
        ("spaek", "speak"),
        ("somone", "someone"),
        ("custmer", "customer"),
        ("recieptionist", "receptionist"),
        ("attourney", "attorney"),
        ("lawer", "lawyer"),
        ("transferr", "transfer"),
    ],
)
def test_a_slip_in_a_word_that_matters_is_set_right(typed: str, meant: str) -> None:
    assert plain_words(typed) == (meant,)


@pytest.mark.parametrize(
    "word",
    "taking walking peaking argent gent parson chant cheat place lease renal regal contract layer advisory taluk"
    " realm humane personal persona supports talks agency message cancellation realise hack server served".split(),
)
def test_real_words_near_them_stay(word: str) -> None:
    assert plain_words(word) == (word,)


def test_no_real_word_counts_as_a_slip() -> None:
    assert not MISTYPED.keys() & (REAL_WORDS | SLIPS | SHORT.keys())
    assert all(meant in SLIPS for meant in MISTYPED.values())


@pytest.mark.parametrize("word", sorted(SLIPS))
def test_a_word_that_matters_is_itself(word: str) -> None:
    assert corrected(word) == word


@given(st.text(max_size=30))
def test_any_token_has_plain_words(token: str) -> None:
    assert len(plain_words(token)) >= 1


@given(st.sampled_from(sorted(SLIPS)), st.data())
def test_two_letters_swapped_in_a_word_never_make_it_another_that_matters(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    typed = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert corrected(typed) in (word, typed)
