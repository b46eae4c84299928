"""A shelf as people have it: our own pages, a long PDF, a spreadsheet, a German and a Chinese page; read from files and
asked about, each answer from the right page."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests import documents
from tests.client import ROOT, Agent, over_stdio

pytestmark = pytest.mark.anyio

PAGES = 120
FACTS = {
    17: "The boiler in the cellar is inspected every second spring by the chimney sweep.",
    64: "Tenants may keep a bicycle in the yard between the chestnut and the wall.",
    119: "Whoever loses a key pays for the new lock of the whole staircase.",
}
ROWS = [["city", "branch manager", "opened", "revenue"]] + [
    [f"Town {number}", f"Manager {number}", 1990 + number % 30, number * 1_000] for number in range(400)
]
ROWS[251] = ["Rosenheim", "Adelheid Moser", 2004, 731_000]
GERMAN = f"# Arbeitsvertrag\n\n{documents.GERMAN}\n\n## Urlaub\n\nDer Urlaub beträgt dreißig Werktage im Jahr."
CHINESE = f"# 退款政策\n\n{documents.CHINESE}\n\n## 运费\n\n运费由买家承担，易碎物品除外。"


def page(number: int) -> str:
    filling = [f"House rule {number}.{line}: stairs, hall and yard are swept in turn." for line in range(20)]
    return "\n".join([*filling, FACTS.get(number, "Nothing else is ruled here.")])


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncGenerator[Agent]:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "house-rules.pdf").write_bytes(documents.pdf([page(number) for number in range(1, PAGES + 1)]))
    (folder / "branches.xlsx").write_bytes(documents.workbook({"Branches": ROWS}))
    (folder / "vertrag.md").write_text(GERMAN, encoding="utf-8")
    (folder / "tuikuan.md").write_text(CHINESE, encoding="utf-8")
    for own in ("README.md", "docs/hosts.md", "docs/memory.md", "docs/documents.md", "docs/escalation.md"):
        (folder / own.replace("/", "-")).write_text((ROOT / own).read_text(encoding="utf-8"), encoding="utf-8")
    async with over_stdio(tmp_path, SATCHEL_ATTACHMENT_ROOTS=str(folder)) as agent:
        for file in sorted(folder.iterdir()):
            done = await agent.call("attachment_process", file_path=file.name, chunk_for_rag=True, max_tokens=200)
            assert done["chunks"] >= 1
        yield agent


async def test_questions_are_answered_from_the_right_place(shelf: Agent) -> None:
    asked = {
        "who inspects the boiler in the cellar": ("house-rules.pdf", FACTS[17], 17),
        "where may I keep my bicycle": ("house-rules.pdf", FACTS[64], 64),
        "I lost a key, what do I pay": ("house-rules.pdf", FACTS[119], 119),
        "who is the branch manager in Rosenheim": ("branches.xlsx", "branch manager: Adelheid Moser", 1),
        "Kündigungsfrist zum Quartalsende": ("vertrag.md", "drei Monate", None),
        "wie viele Tage Urlaub": ("vertrag.md", "dreißig Werktage", None),
        "退款申请要在多少天内提交": ("tuikuan.md", "三十天内提交", None),
        "运费由谁承担": ("tuikuan.md", "运费由买家承担", None),
        "which config file does Claude Desktop read": ("docs-hosts.md", "claude_desktop_config.json", None),
        "what does the contains operator of a filter match": ("docs-documents.md", "`contains`", None),
        "how does memory_retrieve order by strategy": ("docs-memory.md", "strategy", None),
        "how long does a channel rest after failures in a row": ("docs-escalation.md", "rests for a minute", None),
    }
    for question, (document, words, page_number) in asked.items():
        results = (await shelf.call("rag_search", query=question, k=5, max_tokens=4_000))["results"]
        places = [(hit["document_id"], words in hit["text"], hit["location"].get("page")) for hit in results]
        assert any(place[:2] == (document, True) for place in places[:3]), (question, places)
        if page_number is not None:
            assert next(number for name, holds, number in places if name == document and holds) == page_number


async def test_a_row_of_a_table_is_read_with_its_header(shelf: Agent) -> None:
    (hit, *_) = (await shelf.call("rag_search", query="revenue of Rosenheim", k=1))["results"]
    (row,) = [line for line in hit["text"].splitlines() if "Rosenheim" in line]
    assert row == "city: Rosenheim; branch manager: Adelheid Moser; opened: 2004; revenue: 731000"
