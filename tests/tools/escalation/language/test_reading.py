"""How a message falls into clauses and words, and that each word keeps its place in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.language.reading import LONGEST, Clause, folded, read
from tools.escalation.noticing import notice
from tools.escalation.policy import KEYWORDS

WORDS = (
    "I you they want to talk a real, live person human agent manager lawyer sue hacked suicide but if not no"
    " can't don't w/ any one some body"
    ' please "let me" \' ’ « » „ “ ” > \n . ? ! … - — / \u00df \uff9e \u00bd \ufdfa İ ñ 人 7'
).split(" ")
MESSAGES = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=60).map("".join),
)


def clauses(message: str) -> list[str]:
    return [" ".join(clause.words) for clause in read(message).clauses]


def quoted(message: str) -> list[str]:
    """The words that stand in quotation marks."""
    return [
        word
        for clause in read(message).clauses
        for word, is_quoted in zip(clause.words, clause.quoted, strict=True)
        if is_quoted
    ]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Hello. I need help", ["hello", "i need help"]),
        ("I'm fine, let me speak", ["i am fine", "let me speak"]),
        ("no need for a call but get me a person", ["no need for a call", "but get me a person"]),
        ("I tried the form and you ignored it", ["i tried the form and", "you ignored it"]),
        ("salt and pepper", ["salt and pepper"]),
        ("read the page and connect me to sales", ["read the page and", "connect me to sales"]),
        ("read the page and connect the printer", ["read the page and connect the printer"]),
        ("only because it rains", ["only because it rains"]),
        ("stay unless it rains", ["stay", "unless it rains"]),
        ("the app is broken I want a person", ["the app is broken", "i want a person"]),
        ("is there anything that I want", ["is there anything that i want"]),
        ("the app is broken can you help", ["the app is broken", "can you help"]),
        ("what can you do", ["what can you do"]),
        ("check-in at 5 - or later", ["check in at 5", "or later"]),
        ("first/second", ["first", "second"]),
        ("kaputt, aber ich warte", ["kaputt", "aber ich warte"]),
        ("one.\ntwo", ["one", "two"]),
        ("one\nTwo", ["one", "two"]),
        ("one of\nyour agents", ["one of your agents"]),
        ("wait… what?!", ["wait", "what"]),
    ],
)
def test_a_message_falls_into_clauses(message: str, expected: list[str]) -> None:
    assert clauses(message) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("a real, live person", ["a real live person"]),
        ("a real,live person", ["a real live person"]),
        ("a competent, senior, human being", ["a competent senior human being"]),
        ("the flight was real, I was on it", ["the flight was real", "i was on it"]),
        ("is it live, then", ["is it live", "then"]),
    ],
)
def test_a_comma_between_qualities_parts_nothing(message: str, expected: list[str]) -> None:
    assert clauses(message) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I can't, won't and shan't", "i can not will not and shall not"),
        ("I’m sure you’ve heard we'd say it's theirs", "i am sure you have heard we would say it is theirs"),
        ("don`t", "don t"),
        ("speak w/ someone", "speak with someone"),
        ("talk W/someone", "talk with someone"),
        ("is there some one or any body", "is there someone or anybody"),
        ("j'exige l'avocat", "j exige l avocat"),
        ("the manager's office", "the manager 's office"),
        ("ÉLÈVE, Straße", "eleve strasse"),
        ("snake_case", "snake case"),
    ],
)
def test_words_are_written_out_plainly(message: str, expected: str) -> None:
    assert " ".join(read(message).words) == expected


def test_some_and_one_apart_in_two_clauses_stay_two() -> None:
    assert clauses("give me some. one is enough") == ["give me some", "one is enough"]


@pytest.mark.parametrize(
    "message",
    [
        'the mail said "call now" today',
        "the mail said “call now” today",
        "the mail said 'call now' today",
        "the mail said ‘call now’ today",
        "die Mail sagte „call now“ heute",
        "le message disait « call now » hier",
        "> call now\nwhat is this",
    ],
)
def test_what_stands_in_quotation_marks_is_known(message: str) -> None:
    assert quoted(message) == ["call", "now"]


@pytest.mark.parametrize(
    "message",
    [
        '"call now"',
        "  “call now”  ",
        "> call now",
        'the mail said "call now',
        "it's the guests' room, isn't it",
        'a 5" screen',
    ],
)
def test_apostrophes_loose_marks_and_a_message_that_is_all_quotation_quote_nothing(message: str) -> None:
    assert quoted(message) == []


def test_an_apostrophe_does_not_end_a_quotation() -> None:
    assert quoted("it says 'don't call' here") == ["do", "not", "call"]


def test_a_sentence_is_a_question_with_all_its_clauses() -> None:
    reading = read("It broke. Can you fix it, or should I wait? Thanks")
    assert [(clause.sentence, clause.is_question) for clause in reading.clauses] == [
        (0, False),
        (1, True),
        (1, True),
        (2, False),
    ]


def test_evidence_is_the_messages_own_text() -> None:
    message = "Look,  I  CAN'T\nwait: gimme a *real, live* Person!"
    reading = read(message)
    clause = next(clause for clause in reading.clauses if "person" in clause.words)
    first, last = clause.words.index("give"), clause.words.index("person")
    assert reading.evidence(clause, first, last) == "gimme a *real, live* Person"


def test_evidence_holds_all_of_a_word_that_was_typed_as_two() -> None:
    reading = read("let me talk to some one")
    (clause,) = reading.clauses
    assert reading.evidence(clause, 0, len(clause.words) - 1) == "let me talk to some one"


def test_a_word_is_found_by_its_place_in_the_text() -> None:
    (clause,) = read("let me talk to a person").clauses
    for number, word in enumerate(clause.words):
        begin = clause.offsets[number]
        assert clause.text[begin : begin + len(word) + 1] == word + " "
        assert clause.word_at(begin) == clause.word_at(begin + len(word)) == number


def assert_in_place(message: str, clause: Clause) -> None:
    assert 0 < len(clause.words) <= LONGEST
    assert len(clause.words) == len(clause.spans) == len(clause.quoted) == len(clause.offsets)
    assert list(clause.spans) == sorted(clause.spans)
    assert all(0 <= begin < end <= len(message) for begin, end in clause.spans)
    assert clause.text == "".join(word + " " for word in clause.words)


@given(message=MESSAGES)
def test_any_text_is_read_and_every_word_has_its_place(message: str) -> None:
    reading = read(message)
    spans = [span for clause in reading.clauses for span in clause.spans]
    assert spans == sorted(spans)
    for clause in reading.clauses:
        assert_in_place(message, clause)
        for first in range(len(clause.words)):
            assert reading.evidence(clause, first, len(clause.words) - 1) in message


@given(earlier=MESSAGES, message=MESSAGES)
def test_the_evidence_of_every_signal_stands_in_the_message_it_names(earlier: str, message: str) -> None:
    conversation = dialogue(earlier, "A: Would you like to talk to an agent?", message)
    for signal in notice(conversation, KEYWORDS):
        said = " ".join(conversation.turns[signal.message_index].text.split())
        assert signal.evidence.removesuffix("…") in said
        assert 0 <= signal.weight <= 1


@given(st.text(max_size=40))
def test_folding_a_folded_word_changes_nothing(token: str) -> None:
    assert folded(folded(token)) == folded(token)


def test_letters_drawn_as_mathematical_signs_are_read_as_letters() -> None:
    assert [folded(word) for word in ("𝖬𝖠𝖭𝖠𝖦𝖤𝖱", "Ⓛⓐⓦⓨⓔⓡ", "Straße", "CAFÉ")] == [
        "manager",
        "lawyer",
        "strasse",
        "cafe",
    ]
