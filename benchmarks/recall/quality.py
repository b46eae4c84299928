"""Do questions find their evidence? Turns are stored and questions asked through the tools, as an agent would."""

import json
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.models import await_ready, chosen
from benchmarks.recall.conversations import write
from benchmarks.report import Figure
from benchmarks.wire import SATCHEL, Peer, peer
from storage.analysis import query_words
from storage.fulltext import quoted

DEPTHS = (5, 10, 20)


def run(quick: bool, file: Path | None = None, model: str = "static") -> list[Figure]:
    """Recall of evidence by category at 5, 10 and 20, beside full text alone. ``model`` is a setting's value or the
    folder of a transformer."""
    with tempfile.TemporaryDirectory() as folder:
        if file is None:
            file = Path(folder) / "conversations.jsonl"
            write(file)
        chats = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
        chats = chats[:1] if quick else chats
        used = chosen(model)
        with peer(SATCHEL, Path(folder), **used.settings) as server:
            await_ready(server, used)
            ours = [score for chat in chats for score in _asked(server, chat)]
        plain = [score for chat in chats for score in _plain(chat)]
    return _figures(ours, plain, used.name)


Score = tuple[str, dict[int, float]]  # category, recall at each depth


def _asked(server: Peer, chat: dict[str, Any]) -> Iterable[Score]:
    session = f"chat-{chat['conversation']}"
    turn_of: dict[str, str] = {}
    for turn in chat["turns"]:
        content = f"{turn['speaker']}: {turn['text']}"
        stored = server.call("memory_store", content=content, session_id=session, occurred_at=turn["time"])
        turn_of.setdefault(stored["memory_id"], turn["id"])
    for question in chat["questions"]:
        found = server.call(
            "memory_retrieve", query=question["question"], session_id=session, limit=max(DEPTHS), max_tokens=20_000
        )
        yield question["category"], _recall([turn_of[each["memory_id"]] for each in found["memories"]], question)


def _plain(chat: dict[str, Any]) -> Iterable[Score]:
    """What full text alone finds: the turn's words, any of the question's."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE turns USING fts5 (text, tokenize = 'porter unicode61')")
    for row, turn in enumerate(chat["turns"]):
        db.execute("INSERT INTO turns (rowid, text) VALUES (?, ?)", (row, f"{turn['speaker']}: {turn['text']}"))
    search = "SELECT rowid FROM turns WHERE turns MATCH ? ORDER BY bm25(turns) LIMIT ?"
    for question in chat["questions"]:
        match = " OR ".join(map(quoted, query_words(question["question"])))
        rows = db.execute(search, (match, max(DEPTHS))).fetchall()
        yield question["category"], _recall([chat["turns"][row[0]]["id"] for row in rows], question)
    db.close()


def _recall(found: Sequence[str], question: dict[str, Any]) -> dict[int, float]:
    evidence = set(question["evidence"])
    return {depth: len(evidence & set(found[:depth])) / len(evidence) for depth in DEPTHS}


def _figures(ours: list[Score], plain: list[Score], model: str) -> list[Figure]:
    figures: list[Figure] = []
    for category in [*sorted({category for category, _ in ours}), "all"]:
        for depth in DEPTHS:
            value, baseline = (_mean(scores, category, depth) for scores in (ours, plain))
            what = f"{category}, recall@{depth}, {model}"
            figures.append(Figure("quality", what, value, "%", "% full text alone", baseline))
    return figures


def _mean(scores: list[Score], category: str, depth: int) -> float:
    by_category: dict[str, list[float]] = defaultdict(list)
    for name, recall in scores:
        by_category[name].append(recall[depth])
        by_category["all"].append(recall[depth])
    return 100 * sum(by_category[category]) / len(by_category[category])
