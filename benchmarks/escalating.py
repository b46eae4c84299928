"""Does escalation_check call for a person when one is needed, and only then? Labelled turns are judged, one by one."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import escalation_speed
from benchmarks.report import Figure
from tools.escalation.checking import judged
from tools.escalation.language.reading import read
from tools.escalation.models import MAX_HISTORY, CheckArguments, Checked
from tools.escalation.policy import KEYWORDS, EscalationPolicy
from tools.escalation.signals.request import HARD_FROM
from tools.escalation.signals.request import NAME as REQUEST

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
OWN = (DATA / "escalation.jsonl", DATA / "escalation_more.jsonl")
NAMES = {
    "request": {REQUEST},
    "legal": {"legal_threat"},
    "anger": {"anger_rising"},
    "repetition": {"repeated_question", "assistant_loop"},
    "failure": {"agent_failure"},
    "stalled": {"no_progress"},
    "customer": {"vulnerable_customer", "vip_customer", "customer_risk"},
}
"""The categories that a label's short one stands for; any other stands for itself."""

WORDS = frozenset("human person agent representative operator someone".split()) | KEYWORDS.keys()
"""The baseline: a message that holds one of them needs a person."""

PLAIN_WORDS = "a list of words"
FALSE_ALARMS = "false alarms per 1,000"
EVERY_QUICK = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled turn: whether a person should take over, and whether it asks for one (None: not labelled)."""

    asked: CheckArguments
    needs: bool
    requests: bool | None
    category: str
    kind: str
    domain: str
    lang: str


@dataclass(frozen=True, slots=True)
class Found:
    """A case as it was judged."""

    case: Case
    answer: Checked

    @property
    def is_request(self) -> bool:
        """Whether it was taken for a plain request for a person."""
        return any(each.name == REQUEST and each.weight >= HARD_FROM for each in self.answer.signals)

    @property
    def is_wrong(self) -> bool:
        """Whether a person was called in vain, or missed."""
        return self.answer.should_escalate != self.case.needs


@dataclass(frozen=True, slots=True)
class Score:
    """What was called for and what was needed, counted."""

    hits: int
    alarms: int
    misses: int
    quiet: int

    @property
    def precision(self) -> float:
        return _percent(self.hits, self.hits + self.alarms)

    @property
    def recall(self) -> float:
        return _percent(self.hits, self.hits + self.misses)

    @property
    def f1(self) -> float:
        return _percent(2 * self.hits, 2 * self.hits + self.alarms + self.misses)

    @property
    def per_thousand(self) -> float:
        """False alarms in a thousand turns that need no one."""
        return 10 * _percent(self.alarms, self.alarms + self.quiet)


def run(quick: bool, files: Sequence[Path] = (), misses: bool = False) -> Iterator[Figure]:
    """How right the judgement is, over ``files`` or our own development sets, and how fast."""
    cases = [case for file in files or OWN for case in _cases(file)]
    if quick and not files:
        cases = cases[::EVERY_QUICK]
    policy = EscalationPolicy()
    found = [Found(case, judged(policy, case.asked)) for case in cases]
    if misses:
        _print_misses(found)
    for figures in (_accuracy, _by_kind, _by_category, _by_origin):
        yield from figures(found)
    yield from escalation_speed.run(quick)


def _cases(file: Path) -> Iterator[Case]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield _case(json.loads(line))


def _case(line: dict[str, Any]) -> Case:
    expect = line.get("expect") or {"escalate": line["label"]}
    asked = {
        "message": line["message"] if "message" in line else line["text"],
        "message_history": line.get("history", [])[-MAX_HISTORY:],
        "metadata": line.get("metadata", {}),
    }
    requests = expect.get("explicit_request")
    return Case(
        CheckArguments.model_validate(asked),
        needs=bool(expect["escalate"]),
        requests=None if requests is None else bool(requests),
        category=expect.get("category", ""),
        kind=line.get("kind", ""),
        domain=line.get("domain", ""),
        lang=line.get("lang", ""),
    )


def _accuracy(found: Sequence[Found]) -> Iterator[Figure]:
    yield from _scored(
        "a person is needed",
        _score((each.answer.should_escalate, each.case.needs) for each in found),
        _score((_holds_a_word(each.case), each.case.needs) for each in found),
    )
    labelled = [(each, each.case.requests) for each in found if each.case.requests is not None]
    if labelled:
        yield from _scored(
            "a person is asked for",
            _score((each.is_request, requests) for each, requests in labelled),
            _score((_holds_a_word(each.case), requests) for each, requests in labelled),
            limit=93,
        )


def _scored(what: str, ours: Score, plain: Score, limit: float | None = None) -> Iterator[Figure]:
    share = f"% {PLAIN_WORDS}"
    yield Figure("escalation", f"{what}, precision", ours.precision, "%", share, plain.precision)
    yield Figure("escalation", f"{what}, recall", ours.recall, "%", share, plain.recall)
    yield Figure("escalation", f"{what}, F1", ours.f1, "%", share, plain.f1, limit, at_least=True)
    alarms = f"{what}, {FALSE_ALARMS} that need none"
    yield Figure("escalation", alarms, ours.per_thousand, "turns", PLAIN_WORDS, plain.per_thousand)


def _by_kind(found: Sequence[Found]) -> Iterator[Figure]:
    """The turns that must stay quiet above all: everyday ones, and those that say they want nobody."""
    for kind, limit in (("ordinary", 5), ("negated", 0)):
        chosen = [each for each in found if each.case.kind.startswith(kind) and not each.case.needs]
        if chosen:
            score = _score((each.answer.should_escalate, False) for each in chosen)
            what = f"{kind} turns ({len(chosen):,}), {FALSE_ALARMS}"
            yield Figure("escalation", what, score.per_thousand, "turns", limit=limit)


def _by_category(found: Sequence[Found]) -> Iterator[Figure]:
    needed = [each for each in found if each.case.needs and each.case.category]
    for category, group in _groups(needed, lambda each: each.case.category):
        called = [each for each in group if each.answer.should_escalate]
        named = sum(each.answer.category in NAMES.get(category, set()) | {category} for each in called)
        what = f"category {category} ({len(group):,})"
        yield Figure("escalation", f"{what}, recall", _percent(len(called), len(group)), "%")
        yield Figure("escalation", f"{what}, named so where found", _percent(named, len(called)), "%")


def _by_origin(found: Sequence[Found]) -> Iterator[Figure]:
    origins: dict[str, Callable[[Found], str]] = {
        "domain": lambda each: each.case.domain,
        "language": lambda each: each.case.lang,
    }
    for origin, name_of in origins.items():
        for name, group in _groups([each for each in found if name_of(each)], name_of):
            score = _score((each.answer.should_escalate, each.case.needs) for each in group)
            what = f"{origin} {name} ({len(group):,})"
            if score.hits + score.misses:
                yield Figure("escalation", f"{what}, F1", score.f1, "%")
            if score.alarms + score.quiet:
                yield Figure("escalation", f"{what}, {FALSE_ALARMS} that need none", score.per_thousand, "turns")


def _groups(found: Iterable[Found], name_of: Callable[[Found], str]) -> list[tuple[str, list[Found]]]:
    groups: dict[str, list[Found]] = defaultdict(list)
    for each in found:
        groups[name_of(each)].append(each)
    return sorted(groups.items())


def _score(pairs: Iterable[tuple[bool, bool]]) -> Score:
    """From pairs: whether it was called for, whether it was needed."""
    counted: dict[tuple[bool, bool], int] = defaultdict(int)
    for pair in pairs:
        counted[pair] += 1
    return Score(counted[True, True], counted[True, False], counted[False, True], counted[False, False])


def _holds_a_word(case: Case) -> bool:
    return not WORDS.isdisjoint(read(case.asked.message).words)


def _percent(part: int, whole: int) -> float:
    """Of nothing, all."""
    return 100 * part / whole if whole else 100.0


def _print_misses(found: Iterable[Found]) -> None:
    for each in found:
        case, answer = each.case, each.answer
        if each.is_wrong:
            wrong = "missed" if case.needs else "false alarm"
            seen = ", ".join(f"{signal.name} {signal.weight:.2f}" for signal in answer.signals) or "nothing"
            place = " ".join(part for part in (case.lang, case.domain, case.kind) if part)
            print(f"{wrong} [{place}] {answer.confidence:.2f} ({seen}): {' '.join(case.asked.message.split())}")
