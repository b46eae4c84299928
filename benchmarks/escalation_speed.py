"""How long escalation_check thinks: about conversations of ordinary length, over stdio, and about hostile texts."""

import ast
import json
import pkgutil
import random
import re
import statistics
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from benchmarks.report import Figure, percentile, timed_ms
from benchmarks.wire import BARE, SATCHEL, Peer, peer
from storage.embedding.static_table import static_table
from tools import escalation
from tools.escalation.checking import judged
from tools.escalation.models import MAX_CHARACTERS, MAX_HISTORY, CheckArguments
from tools.escalation.policy import EscalationPolicy

DIALOGUES = Path(__file__).resolve().parents[1] / "tests" / "data" / "escalation.jsonl"
POLICY = EscalationPolicy()
REQUEST = "Please let me talk to a person about it."
LIMIT_MS = 10
SLOWEST = 10
ATTEMPTS = 3

ALTERNATIVES = re.compile(r"[(\[<]([^|()\[\]<>]*)[^()\[\]<>]*[)\]>]|~\d*")
MARKS = (
    *('"', "'", "'a ", "“", "‘a’", "(", "?!", "!?! ", "!!", ".", ",", "a\n", "> ", "-", "a", "a ", "A ", "AAAA ", "f*"),
    *("f**k ", "n't ", "'re ", "no ", "not ", "if ", "i ", "you ", "me ", "7 ", "a,", "a.b", "real, "),
    *("ä", "ﷺ", "e\u0301", "\U0001f621"),
)
"""What a reader of texts may stumble over, repeated to the full length."""


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this module."""
    talks = 20 if quick else 300
    yield from _judging(talks)
    yield from _calling(talks)
    yield from _hostile(50 if quick else 1)


def _judging(count: int) -> Iterator[Figure]:
    table = static_table()
    talks = [*_talks(count)]
    table.embed_query(talks[0].message)
    embedding = statistics.median(timed_ms(lambda talk=talk: table.embed_query(talk.message)) for talk in talks)  # type: ignore[misc]
    fresh: list[float] = []
    again: list[float] = []
    for talk in talks:
        fresh.append(_judging_ms(talk))
        again.append(_judging_ms(talk.model_copy(update={"message": f"And what about this? {talk.message}"})))
    name = "ms embedding the message, built-in"
    what = f"judging a message and {MAX_HISTORY} turns never read before"
    yield Figure("escalation", f"{what}, p50", statistics.median(fresh), "ms", name, embedding)
    yield Figure("escalation", f"{what}, p95", percentile(fresh, 0.95), "ms", name, embedding, LIMIT_MS)
    what = "judging the next message of the same conversation"
    yield Figure("escalation", f"{what}, p50", statistics.median(again), "ms", name, embedding)


def _calling(count: int) -> Iterator[Figure]:
    """Through a real server: conversations that need no one, and each again when it asks for a person."""
    ordinary = [talk for talk in _talks(count, seed=5) if not judged(POLICY, talk).should_escalate]
    with tempfile.TemporaryDirectory() as folder, peer(BARE, Path(folder)) as bare, peer(SATCHEL, Path(folder)) as ours:
        ping = {"name": "ping", "arguments": {}}
        ours.call("escalation_check", message="hello")
        bare.request("tools/call", ping)
        baseline = statistics.median(timed_ms(lambda: bare.request("tools/call", ping)) for _ in ordinary)
        quiet: list[float] = []
        handed: list[float] = []
        for talk in ordinary:
            quiet.append(_calling_ms(ours, talk))
            handed.append(_calling_ms(ours, talk.model_copy(update={"message": REQUEST})))
    name = "ms bare SDK ping"
    for what, taken in ((f"with {MAX_HISTORY} turns", quiet), ("that puts one into the queue", handed)):
        yield Figure("escalation", f"escalation_check {what}, p50", statistics.median(taken), "ms", name, baseline)
        p95 = percentile(taken, 0.95)
        yield Figure("escalation", f"escalation_check {what}, p95", p95, "ms", name, baseline, LIMIT_MS)


def _hostile(step: int) -> Iterator[Figure]:
    """Texts, one in so many, once; the slowest again, for what else the machine does is not the text's fault."""
    texts = list(dict.fromkeys(_hostile_texts()))[::step]
    slowest = sorted(texts, key=_text_ms, reverse=True)[:SLOWEST]
    worst = max(map(_quickest_ms, slowest))
    ordinary = " ".join(turn.content for turn in next(_talks(1, seed=9)).message_history)[:MAX_CHARACTERS]
    what = f"judging {len(texts):,} hostile texts of {MAX_CHARACTERS:,} characters, the slowest"
    yield Figure("escalation", what, worst, "ms", "ms an ordinary one", _quickest_ms(ordinary), 50)


def _judging_ms(talk: CheckArguments) -> float:
    return timed_ms(lambda: judged(POLICY, talk))


def _text_ms(text: str) -> float:
    return _judging_ms(CheckArguments.model_validate({"message": text}))


def _calling_ms(server: Peer, talk: CheckArguments) -> float:
    arguments = talk.model_dump(mode="json", include={"message", "message_history"})
    return timed_ms(lambda: server.call("escalation_check", **arguments))


def _talks(count: int, seed: int = 3) -> Iterator[CheckArguments]:
    """Conversations of the development set's own words, customer and assistant in turn. Each message carries a number
    of its own, so that nothing of it was read before."""
    lines = [json.loads(line) for line in DIALOGUES.read_text(encoding="utf-8").splitlines()]
    asked = [line["message"] for line in lines if line["kind"].startswith("ordinary")]
    answered = [turn["content"] for line in lines for turn in line.get("history", []) if turn["role"] == "assistant"]
    draw = random.Random(seed)
    for talk in range(count):
        said = [
            {"role": role, "content": f"{' '.join(draw.sample(lines, 2))} ({seed}-{talk}-{turn})"}
            for turn in range(MAX_HISTORY // 2)
            for role, lines in (("user", asked), ("assistant", answered))
        ]
        message = f"{' '.join(draw.sample(asked, 2))} ({seed}-{talk})"
        yield CheckArguments.model_validate({"message": message, "message_history": said})


def _hostile_texts() -> Iterator[str]:
    """Each module's own words in order and mixed, each pattern's beginning over and over, and marks."""
    draw = random.Random(13)
    for module in _modules():
        literals = _literals(module)
        words = re.findall(r"[^\W_]+", " ".join(literals))
        if len(words) < 10:
            continue
        yield _filled(" ".join(words) + " ")
        yield _filled(" ".join(draw.choices(words, k=MAX_CHARACTERS // 4)))
        for literal in literals:
            if ALTERNATIVES.search(literal):
                spoken = ALTERNATIVES.sub(r"\1", literal).split()
                yield _filled(" ".join(spoken) + " ")
                yield _filled(" ".join(spoken[:-1] or spoken) + " ")
    for mark in MARKS:
        yield _filled(mark)


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(escalation.__path__, f"{escalation.__name__}."):
        yield import_module(found.name)


def _literals(module: ModuleType) -> list[str]:
    """The texts that a module's source holds, without its docstrings."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said)
    return [node.value for node in constants if isinstance(node.value, str)]


def _filled(text: str) -> str:
    return (text * (MAX_CHARACTERS // len(text) + 1))[:MAX_CHARACTERS]


def _quickest_ms(text: str) -> float:
    """Of some attempts, each with another end, so that it was never read before."""
    return min(_text_ms(f"{text[:-2]} {attempt}") for attempt in range(ATTEMPTS))
