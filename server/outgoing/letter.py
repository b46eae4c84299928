"""A notification as a person reads it in an e-mail: plain text, what customers wrote under headings of ours."""

from collections.abc import Iterable, Iterator
from typing import Any

from tools.escalation.channel import Payload
from tools.retrieval.rendering import LINE_END, in_a_line, visible

LONGEST_WORD = 60  # of a subject


def subject(payload: Payload) -> str:
    """One line: the level and what it is about, neither of which a customer writes."""
    raised = "raised to " if payload["event"] == "escalation.raised" else ""
    return f"Escalation {raised}{_word(payload['level'])}: {_word(payload['category'])}"


def body(payload: Payload) -> str:
    """What there is to know, most urgent first."""
    handoff: dict[str, Any] = dict(payload["handoff"])
    parts = [
        [f"A conversation needs a person. {_word(payload['level'])}: {_word(payload['category'])}"],
        _block("Summary", [handoff.get("summary", "")]),
        _block("Customer", (f"{name}: {value}" for name, value in handoff.get("customer", {}).items())),
        _block("Open questions", handoff.get("open_questions", [])),
        _block("What was noticed", map(_noticed, payload["signals"])),
        _block("What is remembered", map(_remembered, handoff.get("memories", []))),
        _block(
            "Where", (f"{name}: {payload[name]}" for name in ("escalation_id", "session_id", "status", "created_at"))
        ),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _block(heading: str, texts: Iterable[object]) -> list[str]:
    """The heading and an entry for each text; nothing without any. Further lines of a text are indented, so that none
    looks like a heading."""
    lines = [f"- {_plain(str(text))}" for text in texts if text]
    return [heading, *lines] if lines else []


def _noticed(signal: dict[str, Any]) -> str:
    return f'{signal["name"]}: "{signal.get("evidence", "")}"'


def _remembered(memory: object) -> object:
    return memory["content"] if isinstance(memory, dict) else memory


def _plain(text: str) -> str:
    """The text without control characters and with hidden ones spelled out."""
    shown = LINE_END.sub("\n  ", visible(text))
    return "".join(_printable(shown))


def _printable(text: str) -> Iterator[str]:
    """Unpaired surrogates could not be sent, and control characters could drive a terminal."""
    for char in text:
        if char == "\n" or (char >= " " and not "\x7f" <= char <= "\x9f" and not "\ud800" <= char <= "\udfff"):
            yield char
        else:
            yield " "


def _word(text: object) -> str:
    return " ".join(_plain(in_a_line(str(text))).split())[:LONGEST_WORD]
