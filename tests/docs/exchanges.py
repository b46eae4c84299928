"""Exchanges of a page: a call, `→`, and the answer; what differs from run to run is compared by its kind.

Ids and marks that the page shows stand for those of the run, and a later call may use them. The page's day stands for
today. Scores may differ by a hundredth, as processors round differently; `…` stands for whatever was left out.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from tests.docs.pages import Block

CALL = re.compile(r"^([a-z][a-z0-9_]*) (?=\{)", re.M)
ARROW = "\n→"
INDENT = "  "
DAY = "2026-11-21"
TOLERANCE = 0.011
VARYING = re.compile(
    r"(?P<moment>\b20\d\d-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z?)"
    rf"|(?P<day>\b{DAY}\b)"
    r"|(?P<mark>(?<= )[0-9a-f]{4}(?=>))"
    r"|(?P<id>\besc_[\w-]{16}|\b(?:sql_|rule_)[a-z2-9]{10}\b|(?<=[\[#])[a-z2-9]{10}(?=\])|"
    r"(?<![\w.-])(?=[a-z]*[2-9])[a-z2-9]{10}(?![\w-]))"
    r"|(?P<score>(?<![\w.])[01]\.\d\d(?![\w.]))"
    r"|(?P<rest>\n *…(?=\n)|…)"
)
FORMS = {
    "moment": r"20\d\d-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z?",
    "day": r"20\d\d-\d\d-\d\d",
    "mark": r"[0-9a-f]{4}",
    "id": r"[\w-]+",
    "score": r"[01]\.\d\d",
    "rest": r"(?s:.*?)",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer. ``call`` and ``shown`` are how the two stand on the page."""

    tool: str
    arguments: dict[str, Any]
    answer: str
    call: str
    shown: str


def exchanges(block: Block) -> Iterator[Exchange]:
    """Yield what a block of exchanges holds. Raises ValueError for a call without arguments in JSON."""
    calls = list(CALL.finditer(block.text))
    for found, following in zip_longest(calls, calls[1:]):
        arguments, after = json.JSONDecoder().raw_decode(block.text, found.end())
        last = following.start() if following else len(block.text)
        shown = block.text[after:last].rstrip()
        if not shown.startswith(ARROW):
            raise ValueError(f"{block}: the answer to {found[1]} does not begin with an arrow")
        lines = shown.removeprefix(ARROW).removeprefix(" ").split("\n")
        answer = "\n".join([lines[0], *(line.removeprefix(INDENT) for line in lines[1:])])
        yield Exchange(found[1], arguments, answer, block.text[found.start() : after], shown)


def as_shown(answer: str) -> str:
    """An answer as it stands on a page."""
    first, *rest = answer.split("\n")
    return "\n".join([f"{ARROW} {first}".rstrip(), *(f"{INDENT}{line}".rstrip() for line in rest)])


@dataclass(slots=True)
class Names:
    """What the page calls things, and what they are called in this run."""

    real: dict[str, str] = field(default_factory=dict)

    def arguments(self, given: Any) -> Any:
        """The arguments with the ids of this run."""
        text = json.dumps(given, ensure_ascii=False)
        for shown, real in self.real.items():
            text = text.replace(shown, real)
        return json.loads(text)

    def fits(self, shown: str, real: str) -> bool:
        """Whether an answer of this run is the one that the page shows; then its ids are known from here on."""
        marks: dict[str, str] = {}
        found = re.fullmatch(self._pattern(shown, marks), real)
        if found is None:
            return False
        for group, token in marks.items():
            if group.startswith("id"):
                self.real[token] = found[group]
            elif group.startswith("score") and abs(float(token) - float(found[group])) > TOLERANCE:
                return False
        return True

    def _pattern(self, shown: str, marks: dict[str, str]) -> str:
        """The answers that it stands for; ``marks`` gets the name of each group and what the page has there."""
        parts, last, groups = [], 0, dict[tuple[str, str], str]()
        for token in VARYING.finditer(shown):
            parts.append(re.escape(shown[last : token.start()]))
            last, kind, text = token.end(), str(token.lastgroup), token[0]
            if kind == "id" and text in self.real:
                parts.append(re.escape(self.real[text]))
            elif kind in ("id", "mark") and (kind, text) in groups:
                parts.append(f"(?P={groups[kind, text]})")
            else:
                group = groups[kind, text] = f"{kind}{token.start()}"
                marks[group] = text
                parts.append(f"(?P<{group}>{FORMS[kind]})")
        return "".join([*parts, re.escape(shown[last:])])

    def told(self, shown: str, real: str) -> str:
        """The answer of this run in the page's names, as far as the page has some: in their order, kind by kind."""
        today = datetime.now(UTC).date().isoformat()
        known = {real: name for name, real in self.real.items()}
        free: dict[str, list[str]] = {}
        for token in VARYING.finditer(shown):
            names = free.setdefault(str(token.lastgroup), [])
            if token[0] not in self.real and token[0] not in names:
                names.append(token[0])

        def name(token: re.Match[str]) -> str:
            kind, text = str(token.lastgroup), token[0]
            if kind in ("id", "mark", "moment") and text not in known:
                known[text] = free[kind].pop(0) if free.get(kind) else text
                if kind == "id":
                    self.real[known[text]] = text
            return known.get(text, text)

        return VARYING.sub(name, real).replace(today, DAY)
