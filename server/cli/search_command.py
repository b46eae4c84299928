"""`satchel search QUERY…`: the passages an agent would find."""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import click

from server.cli.collection_option import collection_option
from server.cli.model_loading import load_model_searched_by
from server.cli.options import json_option, settings_from, settings_options, tenant_option
from server.cli.printing import inert, note, one_line, out, out_json
from server.cli.running import checked, in_house
from storage.analysis import query_words, words
from storage.documents import rows
from storage.documents.rows import CollectionRow
from tools.rag.models import Found, Passage, SearchArguments
from tools.services import Caller

if TYPE_CHECKING:
    from server.house import House

TOKEN = re.compile(r"[\w\u200c\u200d]+")  # joiners belong to the word around them
SHOWN = 200  # tokens of a passage
PAIR = 2  # characters that are compared together in scripts without spaces between words


@click.command("search")
@click.argument("query", nargs=-1, required=True, metavar="QUERY…")
@collection_option
@click.option("-k", "k", type=click.IntRange(1, 20), default=5, show_default=True, help="How many passages.")
@click.option("--filter", "filter_", metavar="JSON", help='On metadata, such as {"format": "pdf"}.')
@click.option("--threshold", type=click.FloatRange(0, 1), help="Only with this similarity.")
@json_option
@tenant_option
@settings_options
def command(
    query: tuple[str, ...],
    collection: str,
    k: int,
    filter_: str | None,
    threshold: float | None,
    as_json: bool,
    tenant: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """What an agent would find for QUERY in the documents of a collection."""
    settings = settings_from(config, **flags).model_copy(update={"offline": True})
    asked = checked(
        SearchArguments,
        query=" ".join(query),
        collection=collection,
        k=k,
        filter=filter_,
        threshold=threshold,
        max_tokens=SHOWN * k,
    )
    found, held = in_house(settings, lambda house: _search(house, tenant, asked))
    if as_json:
        out_json(found.model_dump(mode="json"))
        return
    wanted = frozenset(query_words(asked.query))
    for rank, each in enumerate(found.results, 1):
        _print(rank, each, wanted)
    if not found.results:
        out(_advice(asked, held))
    note(f"{found.count} found by {found.mode} search." + (f" {found.note}" if found.note else ""))


async def _search(house: "House", tenant: str, asked: SearchArguments) -> tuple[Found, list[CollectionRow]]:
    from tools.rag.searching import search

    await load_model_searched_by(house)
    found = await search(house.services.documents, Caller(tenant, "cli"), asked)
    return found, await house.db.read(lambda db: rows.collections(db, tenant))


def _print(rank: int, found: Passage, wanted: frozenset[str]) -> None:
    out(f"{rank}  {found.score:.2f}  {click.style(one_line(found.citation), bold=True)}")
    if found.source:
        page = f", page {found.location.page}" if found.location.page is not None else ""
        out(f"   {one_line(found.source)}{page}")
    out(indent(highlighted(inert(found.text), wanted), "   ") + "\n")


def highlighted(text: str, wanted: frozenset[str]) -> str:
    """The text with the words whose stems are ``wanted`` in bold, which `click` shows on terminals only."""
    return TOKEN.sub(lambda token: "".join(_marked(token[0], wanted)), text)


def _marked(token: str, wanted: frozenset[str]) -> Iterator[str]:
    stems = words(token)
    if wanted.isdisjoint(stems):
        yield token
    elif len(token) > PAIR and all(len(stem) <= PAIR for stem in stems):  # a sentence without spaces: its pairs
        bold = {at + more for at in range(len(token)) for more in range(PAIR) if token[at : at + PAIR] in wanted}
        yield from (click.style(char, bold=True) if at in bold else char for at, char in enumerate(token))
    else:
        yield click.style(token, bold=True)


def _advice(asked: SearchArguments, held: list[CollectionRow]) -> str:
    """What to do where nothing was found."""
    if any(one.collection == asked.collection for one in held):
        rest = " without --filter and --threshold" if asked.filter or asked.threshold is not None else ""
        return f"Nothing found. Try other words{rest or ', or fewer'}."
    others = ", ".join(f"{one_line(one.collection)} ({one.documents:,})" for one in held[:20])
    name = one_line(asked.collection)
    there = f" There are: {others}." if others else ""
    return f"Nothing found: the collection {name} holds no documents.{there} `satchel ingest PATH` adds some."
