"""Each exchange that a page shows, replayed in the page's order against a server of its own.

`python -m pytest tests/docs --rewrite-examples` writes today's answers into the pages, for review; `-k memory.md` keeps
it to that page.
"""

from difflib import unified_diff
from pathlib import Path

import pytest

from server.families import FAMILIES
from tests.client import ROOT, over_stdio, text_of
from tests.docs.exchanges import CALL, Exchange, Names, as_shown, exchanges
from tests.docs.pages import Page, pages, read

pytestmark = pytest.mark.anyio

SHOWN = [page for page in pages() if any(CALL.match(block.text) for block in page.blocks if block.kind == "text")]
FAMILY_PAGES = {
    "docs/memory.md": ("memory",),
    "docs/documents.md": ("rag", "attachments"),
    "docs/escalation.md": ("escalation",),
    "docs/databases.md": ("text2sql",),
}


def shown(page: Page) -> list[Exchange]:
    texts = [block for block in page.blocks if block.kind == "text" and CALL.match(block.text)]
    return [each for block in texts for each in exchanges(block)]


async def replayed(page: Page, home: Path) -> list[tuple[Exchange, str]]:
    """The exchanges whose answer is another one than the page's, each with the answer in the page's names."""
    names, different = Names(), list[tuple[Exchange, str]]()
    async with over_stdio(home) as agent:
        for exchange in shown(page):
            result = await agent.raw(exchange.tool, names.arguments(exchange.arguments))
            answer = "\n".join(line.rstrip() for line in text_of(result).split("\n"))
            if not names.fits(exchange.answer, answer):
                different.append((exchange, names.told(exchange.answer, answer)))
    return different


def rewrite(page: Page, different: list[tuple[Exchange, str]]) -> None:
    """Write the answers into the page as it is now: somebody may have edited it since it was read."""
    text = read(page.name).text
    for exchange, answer in different:
        old = exchange.call + exchange.shown
        assert text.count(old) == 1, f"{page.name} has this not once but {text.count(old)} times:\n{old}"
        text = text.replace(old, exchange.call + as_shown(answer))
    (ROOT / page.name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
async def test_the_server_answers_as_the_page_shows(page: Page, home: Path, request: pytest.FixtureRequest) -> None:
    different = await replayed(page, home)
    if different and request.config.getoption("--rewrite-examples"):
        rewrite(page, different)
        pytest.fail(f"{page.name} has {len(different)} new answers; review them.")
    diff = [
        line
        for exchange, answer in different
        for line in unified_diff(
            exchange.answer.split("\n"), answer.split("\n"), f"{page.name}: {exchange.tool}", "the server", lineterm=""
        )
    ]
    assert diff == [], "\n".join(diff)


@pytest.mark.parametrize("name", FAMILY_PAGES)
async def test_the_page_of_a_family_shows_each_of_its_tools_at_work(name: str) -> None:
    tools = {spec.name for family in FAMILY_PAGES[name] for spec in FAMILIES[family]}
    assert tools - {each.tool for each in shown(read(name))} == set()
