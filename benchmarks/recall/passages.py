"""Do questions find their passage? Documents are added and questions asked through the tools, as an agent would."""

import json
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.models import await_ready, chosen
from benchmarks.report import Figure
from benchmarks.wire import SATCHEL, Peer, peer
from storage.analysis import query_words
from storage.fulltext import quoted
from tools.rag.chunking.chunks import chunked

DEPTHS = (1, 3, 5, 10)
ROOT = Path(__file__).resolve().parents[2]
OWN = Path(__file__).with_name("questions.jsonl")


def run(quick: bool, file: Path | None = None, model: str = "static") -> list[Figure]:
    """Share of the questions whose passage is among the first ones, beside full text alone over the same chunks."""
    lines = [json.loads(line) for line in (file or OWN).read_text(encoding="utf-8").splitlines() if line]
    documents = {line["id"]: _text(line, file) for line in lines if "question" not in line}
    questions = [line for line in lines if "question" in line][: 5 if quick else None]
    used = chosen(model)
    with tempfile.TemporaryDirectory() as folder, peer(SATCHEL, Path(folder), **used.settings) as server:
        await_ready(server, used)
        for document_id, text in documents.items():
            _add(server, document_id, text, has_model=model != "none")
        ours = [_rank(_found(server, line["question"]), line) for line in questions]
    plain = _Plain(documents)
    theirs = [_rank(plain.ask(line["question"]), line) for line in questions]
    return [
        Figure(
            "passages",
            f"{len(questions)} questions, among the first {depth}, {used.name}",
            _share(ours, depth),
            "%",
            "% full text alone",
            _share(theirs, depth),
        )
        for depth in DEPTHS
    ]


Passage = tuple[str, str]  # document id, text


def _text(line: dict[str, Any], file: Path | None) -> str:
    """A document's own text, or that of a file beside the questions; of this repository for our own questions."""
    if "text" in line:
        return str(line["text"])
    base = ROOT if file is None else file.parent
    return (base / str(line["file"])).read_text(encoding="utf-8")


def _found(server: Peer, question: str) -> list[Passage]:
    results = server.call("rag_search", query=question, k=max(DEPTHS), max_tokens=50_000)["results"]
    return [(each["document_id"], each["text"]) for each in results]


def _add(server: Peer, document_id: str, text: str, *, has_model: bool) -> None:
    (added,) = server.call("rag_add_documents", documents=[text], ids=[document_id])["documents"]
    if has_model and added.get("indexed", "ready") != "ready":
        raise RuntimeError(f"{document_id} is too long to be embedded in one call; split it")


class _Plain:
    """Full text alone over the same chunks."""

    def __init__(self, documents: dict[str, str]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute("CREATE VIRTUAL TABLE plain USING fts5 (id UNINDEXED, text, tokenize = 'porter unicode61')")
        for document_id, text in documents.items():
            rows = [(document_id, text[chunk.start : chunk.stop]) for chunk in chunked(text)]
            self._db.executemany("INSERT INTO plain VALUES (?, ?)", rows)

    def ask(self, question: str) -> list[Passage]:
        match = " OR ".join(map(quoted, query_words(question)))
        sql = "SELECT id, text FROM plain WHERE plain MATCH ? ORDER BY bm25(plain) LIMIT ?"
        return [(row[0], row[1]) for row in self._db.execute(sql, (match, max(DEPTHS)))]


def _rank(found: Sequence[Passage], question: dict[str, Any]) -> int:
    """The place of the first passage of the right document that holds the words looked for; 0 for none."""
    wanted = " ".join(question["contains"].lower().split())
    for place, (document_id, text) in enumerate(found, 1):
        if document_id == question["document"] and wanted in " ".join(text.lower().split()):
            return place
    return 0


def _share(ranks: Sequence[int], depth: int) -> float:
    return 100 * sum(0 < rank <= depth for rank in ranks) / max(1, len(ranks))
