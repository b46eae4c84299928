"""`satchel demo`: a real MCP client against real servers on a throw-away directory, every answer checked."""

import errno
import json
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
import click

from server.cli.demo.client import Server, echo, expect, serving, step
from server.cli.demo.shop import make_shop
from server.cli.demo.texts import DESK, DOOR, DRINK, MONTHS, OTHERS, PAGES, QUESTION, REFUND, REFUSED, WAITING
from server.cli.failures import Failure
from server.cli.printing import spell_out

MONTHS_A_YEAR = 12
DRAWN = "It is a Vega-Lite specification. With pip install 'satchel-mcp[charts]' it is a picture."


@click.command("demo")
def command() -> None:
    """Show memory, document search, escalation and a database at work on a throw-away directory, in half a minute."""
    spell_out()
    if os.environ.get("NO_COLOR"):
        click.get_current_context().color = False
    started = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="satchel-demo-"))
    try:
        make_shop(home)
        chart = anyio.run(_demo, home)
    except BaseExceptionGroup as group:
        raise _told(group) from group
    finally:
        shutil.rmtree(home, ignore_errors=True)
    click.secho(f"\nEverything was as it should be, in {time.monotonic() - started:.0f} s.", fg="green", bold=True)
    click.echo(f"What it wrote is gone again, but for the chart: {chart}")
    _next_step()


def _told(group: BaseExceptionGroup[BaseException]) -> Exception:
    """What ended the demo: our reader, who has had enough and which click passes over quietly, or the server."""
    if group.subgroup(BrokenPipeError):
        return BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
    return Failure("demo: the server ended unexpectedly. `satchel doctor` checks the installation.")


async def _demo(home: Path) -> Path:
    """The file of the chart."""
    click.echo("A client starts a server, as a host does, and talks to it over the Model Context Protocol.")
    async with serving(home) as first:
        await _store(first)
        await _recall(first)
        await _correct(first)
        await _forget(first)
        await _documents(first)
        await _escalation(first)
        chart = await _database(first)
        await _other_process(first, home)
        text = await _kill(first)
    await _after_the_kill(home, text)
    return chart


async def _store(server: Server) -> None:
    step("An agent stores what it learns", "The answer comes when it is on disk.")
    stored = await server.show("memory_store", content=DRINK, content_type="preference", importance=0.7)
    expect(stored["action"] == "created", "the memory is created")
    await server.show("memory_store", content="Her name is Nadia; she lives in Graz", content_type="user_info")
    for content in OTHERS:
        await server.call("memory_store", content=content, content_type="fact")
    click.echo(f"  … and {len(OTHERS)} other things.")


async def _recall(server: Server) -> None:
    step("It finds them again by meaning", "No word of the question is in the memory, and nothing was downloaded.")
    found = await server.show("memory_retrieve", query=QUESTION, limit=3)
    expect(found["memories"][0]["content"] == DRINK, f"the first of {len(OTHERS) + 2} memories answers")


async def _correct(server: Server) -> None:
    step("Facts change", "The old statement stays as history and leaves the answers.")
    old = (await server.call("memory_retrieve", query="where does she live", limit=1))["memories"][0]
    new = await server.show(
        "memory_store",
        content="Her name is Nadia; she lives in Linz",
        content_type="user_info",
        supersedes=old["memory_id"],
    )
    expect(new["action"] == "superseded", "the new statement replaces the old one")
    found = await server.show("memory_retrieve", query="where does Nadia live?", limit=1)
    expect("Linz" in found["memories"][0]["content"], "the new statement is found")
    same = await server.show("memory_store", content=DRINK.lower() + ".", content_type="preference")
    expect(same["action"] == "updated", "the same statement is kept once")


async def _forget(server: Server) -> None:
    step("Forgetting can be undone", "Only a purge cannot: it leaves the text in no file of the data directory.")
    found = (await server.call("memory_retrieve", query="flat white", limit=1))["memories"][0]
    await server.show("memory_forget", memory_ids=[found["memory_id"]])
    gone = await server.call("memory_retrieve", query="flat white", limit=1)
    expect(DRINK not in str(gone["memories"]), "it is not found any more")
    restored = await server.show("memory_restore", memory_ids=[found["memory_id"]])
    expect(restored["count"] == 1, "it is back")


async def _documents(server: Server) -> None:
    step("It searches documents, and cites them", "`satchel ingest FOLDER` takes in files; here an agent adds texts.")
    await server.call("rag_add_documents", documents=list(PAGES.values()), ids=list(PAGES))
    found = await server.show("rag_search", query="how soon do I get my money back?", k=1)
    citation = found["results"][0]["citation"]
    expect(REFUND in found["results"][0]["text"], f"the passage answers, and is cited as {citation}")
    checked = await server.show("rag_verify_citation", citation=citation, quote=REFUND)
    expect(checked["status"] == "current", "the document still says so")
    for question, page in (("Wo stehen die Fahrräder?", "hausordnung"), ("退款要多久", "退货政策")):
        found = await server.show("rag_search", query=question, k=1)
        expect(found["results"][0]["document_id"] == page, "the right page answers")


async def _escalation(server: Server) -> None:
    step("It says when a person should take over", "By rules, with the words that gave the reason; no model judges.")
    calm = await server.show("escalation_check", message="No need for a manager. When does breakfast start?")
    expect(not calm["should_escalate"], "a manager who is not needed is not called")
    await server.call("memory_store", content="Travels with a baby", content_type="user_info", session_id="room-214")
    found = await server.show("escalation_check", message=DESK, message_history=DOOR, session_id="room-214")
    expect(found["category"] == "explicit_request", "the guest asks for a person, and gets one")
    seen = [f'{signal["name"]}: "{signal["evidence"]}"' for signal in found["signals"]]
    expect(len(seen) > 1, f"each reason comes with its words: {'; '.join(seen)}")
    expect("baby" in str(found["handoff"]["memories"]), "the brief holds what is remembered of them")


async def _database(server: Server) -> Path:
    step("It answers from a database, read-only", "The SQL comes from rules; what they do not know the agent writes.")
    found = await server.show("text2sql", question=MONTHS, chart="png")
    expect(found["row_count"] == len(found["rows"]) == MONTHS_A_YEAR, "there is a row a month")
    chart = _keep_chart(found["chart"], server.picture)
    expect(chart.stat().st_size > 0, f"its chart is a file, which stays: {chart}")
    if not server.picture:
        echo(DRAWN)
    found = await server.show("text2sql", question="Where do shipped orders wait?", sql=WAITING)
    expect(found["status"] == "answered", "the agent's own SELECT runs")
    for sql, refused in REFUSED.items():
        found = await server.show("text2sql", question="Anything else?", sql=sql)
        expect(found["status"] == "refused", refused)
    return chart


def _keep_chart(chart: dict[str, Any], picture: bytes | None) -> Path:
    """The chart as a picture, or as its specification where the extra that draws is not installed."""
    handle, name = tempfile.mkstemp(prefix="satchel-demo-chart-", suffix=".png" if picture else ".json")
    with os.fdopen(handle, "wb") as file:
        file.write(picture or json.dumps(chart, indent=2).encode())
    return Path(name)


async def _other_process(first: Server, home: Path) -> None:
    step("Another window, another process, the same memory", "Every window of a host starts a server of its own.")
    async with serving(home) as second:
        expect(second.pid != first.pid, "a second process runs")
        found = await second.show("memory_retrieve", query=QUESTION, limit=1)
        expect(found["memories"][0]["content"] == DRINK, "it remembers what the first one was told")
        await second.show("memory_summarize", max_items_per_type=1)


async def _kill(server: Server) -> str:
    text = "The launch moved to Thursday"
    step("The process is killed the moment it has answered", "What was acknowledged is never lost.")
    await server.show("memory_store", content=text, content_type="fact")
    server.is_killed = True
    os.kill(server.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    click.echo(f"  $ kill -9 {server.pid}")
    return text


async def _after_the_kill(home: Path, text: str) -> None:
    async with serving(home) as server:
        found = await server.show("memory_retrieve", query="when is the launch?", limit=1)
        expect(found["memories"][0]["content"] == text, "it is there after the restart")


def _next_step() -> None:
    click.echo("\nNow put it into your host's configuration: `satchel init HOST` shows the change and asks, and")
    click.echo("`satchel init` lists the hosts it knows. Then tell your agent something worth remembering:")
    click.echo("`satchel memories list` shows what it keeps, `satchel ingest FOLDER` gives it documents to search.")
