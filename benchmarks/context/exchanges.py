"""Ten calls as agents make them, of a server that has something to answer with, and what came back."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sql import shop
from benchmarks.wire import SATCHEL, Peer, peer

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("memory", "documents", "databases", "escalation", "encryption")
ATTACHED = "operating"
MEMORIES = (
    ("user_info", "Nora Brandt leads the support desk in Graz and works Monday to Thursday."),
    ("preference", "Nora prefers short answers with the numbers first."),
    ("preference", "Nora likes her reports as tables, never as charts with three dimensions."),
    ("fact", "The warehouse in Linz moves to Wels in March, and no orders are shipped on the 14th and 15th."),
    ("fact", "Orders above 400 euros need a second signature by Felix or Priya."),
    ("fact", "The carrier for Tyrol changed from Alpenpost to Bergkurier."),
    ("rule", "Never promise a refund before the returned goods were checked."),
    ("rule", "Call customers by their family name unless they sign with the first name."),
    ("context", "Nora is preparing the quarterly review of returned orders, due on Friday."),
    ("context", "The last draft of the review was sent to Priya, who missed the figures for Villach."),
    ("context", "A customer from Steyr waits for a call about two broken lamps since Tuesday."),
    ("context", "Felix is on leave until the end of the month, and Priya signs for him."),
)
COMPLAINT = "This is the third time I ask. I want to speak to your manager, or my lawyer will write to you."
HISTORY = (
    {"role": "user", "content": "My order 4711 arrived broken. Where is my refund?"},
    {"role": "assistant", "content": "I am sorry to hear that. Please send us a photo of the damage."},
    {"role": "user", "content": "I sent the photo last week. Where is my refund?"},
    {"role": "assistant", "content": "I am sorry to hear that. Please send us a photo of the damage."},
)
LIKE_ANOTHER = "Orders above 450 euros need a second signature by Felix or Priya."


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call's answer: the text that a model reads, and the record beside it."""

    name: str
    text: str
    record: dict[str, Any]


def exchanges(home: Path) -> Iterator[Exchange]:
    """Make the calls, in an order in which each finds what it asks for. Raises RuntimeError when one does not."""
    shop.make(home)
    with peer(SATCHEL, home) as server:
        attachment_id = _filled(server)
        for name, tool, arguments in _calls(attachment_id):
            result = server.answer(tool, **arguments)
            yield Exchange(name, result["content"][0]["text"], result["structuredContent"])


def _filled(server: Peer) -> str:
    """Store what the calls are about; the id of the attached file."""
    for content_type, content in MEMORIES:
        server.call("memory_store", content=content, content_type=content_type)
    server.call("rag_add_documents", documents=[_page(name) for name in PAGES], ids=[f"docs/{name}" for name in PAGES])
    encoded = base64.b64encode(_page(ATTACHED).encode()).decode()
    return str(server.call("attachment_save", filename=f"{ATTACHED}.md", content_base64=encoded)["attachment_id"])


def _calls(attachment_id: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What the exchange is called, its tool and its arguments."""
    yield "memory_store beside a similar one", "memory_store", {"content": LIKE_ANOTHER, "content_type": "fact"}
    yield "memory_retrieve, 10", "memory_retrieve", {"query": "What does Nora have to know about orders?"}
    yield "memory_summarize", "memory_summarize", {}
    yield "rag_search, 5", "rag_search", {"query": "How do I keep a tenant's key secret?"}
    yield "rag_list_documents, 5", "rag_list_documents", {}
    yield "attachment_process", "attachment_process", {"attachment_id": attachment_id}
    yield (
        "escalation_check, to a person",
        "escalation_check",
        {"message": COMPLAINT, "message_history": list(HISTORY), "metadata": {"tier": "gold"}},
    )
    yield "escalation_list, 1", "escalation_list", {}
    yield "text2sql, 20 rows", "text2sql", {"question": "20 most expensive products"}
    yield "text2sql, needs_sql", "text2sql", {"question": "Which customers in Graz should worry our retail team?"}


def _page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")
