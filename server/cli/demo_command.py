"""`satchel demo`: a real MCP client against real servers on a throw-away directory, every answer checked."""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from server.cli import Failure
from server.cli.demo_shop import make_shop
from server.cli.demo_texts import DOOR, DRINK, MONTHS, OTHERS, PAGES, QUESTION, REFUND, REFUSED, WAITING
from server.cli.printing import inert

if TYPE_CHECKING:
    from mcp import Client

MONTHS_A_YEAR = 12
SERVER = """import os, pathlib, sys
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
sys.argv = ["satchel", "serve"]
from server.__main__ import main
main()"""


@dataclass(slots=True)
class Server:
    """One server process and the client that talks to it."""

    client: "Client"
    pid: int
    is_killed: bool = False
    picture: bytes | None = None
    """The last answer's, if there was one."""

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool quietly. Raises Failure when it fails."""
        result = await self.client.call_tool(tool, arguments)
        if result.is_error:
            raise Failure(f"demo: {tool} failed: {_text(result)}")
        return result.structured_content or {}

    async def show(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool and print what is asked and what the model sees."""
        _ask(tool, arguments)
        result = await self.client.call_tool(tool, arguments)
        click.echo("\n".join(f"    {line}" for line in inert(_text(result)).splitlines()))
        if result.is_error:
            raise Failure(f"demo: {tool} failed")
        self.picture = next((b64decode(part.data) for part in result.content if part.type == "image"), None)
        return result.structured_content or {}


@click.command("demo")
def command() -> None:
    """Show memory, document search, escalation and a database at work on a throw-away directory, in half a minute."""
    started = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="satchel-demo-"))
    try:
        make_shop(home)
        anyio.run(_demo, home)
    except BaseExceptionGroup as group:
        raise Failure("demo: the server ended unexpectedly. `satchel doctor` checks the installation.") from group
    finally:
        shutil.rmtree(home, ignore_errors=True)
    click.secho(f"\nEverything was as it should be, in {time.monotonic() - started:.0f} s.", fg="green", bold=True)
    _next_step()


async def _demo(home: Path) -> None:
    click.echo("A client starts a server, as a host does, and talks to it over the Model Context Protocol.")
    async with _server(home) as first:
        await _store(first)
        await _recall(first)
        await _correct(first)
        await _forget(first)
        await _documents(first)
        await _escalation(first)
        await _database(first, home)
        await _other_process(first, home)
        text = await _kill(first)
    await _after_the_kill(home, text)


async def _store(server: Server) -> None:
    _step("An agent stores what it learns", "The answer comes when it is on disk.")
    stored = await server.show("memory_store", content=DRINK, content_type="preference", importance=0.7)
    _expect(stored["action"] == "created", "the memory is created")
    await server.show("memory_store", content="Her name is Nadia; she lives in Graz", content_type="user_info")
    for content in OTHERS:
        await server.call("memory_store", content=content, content_type="fact")
    click.echo(f"  … and {len(OTHERS)} other things.")


async def _recall(server: Server) -> None:
    _step("It finds them again by meaning", "No word of the question is in the memory, and nothing was downloaded.")
    found = await server.show("memory_retrieve", query=QUESTION, limit=3)
    _expect(found["memories"][0]["content"] == DRINK, f"the first of {len(OTHERS) + 2} memories answers")


async def _correct(server: Server) -> None:
    _step("Facts change", "The old statement stays as history and leaves the answers.")
    old = (await server.call("memory_retrieve", query="where does she live", limit=1))["memories"][0]
    new = await server.show(
        "memory_store",
        content="Her name is Nadia; she lives in Linz",
        content_type="user_info",
        supersedes=old["memory_id"],
    )
    _expect(new["action"] == "superseded", "the new statement replaces the old one")
    found = await server.show("memory_retrieve", query="where does Nadia live?", limit=1)
    _expect("Linz" in found["memories"][0]["content"], "the new statement is found")
    same = await server.show("memory_store", content=DRINK.lower() + ".", content_type="preference")
    _expect(same["action"] == "updated", "the same statement is kept once")


async def _forget(server: Server) -> None:
    _step("Forgetting can be undone", "Only a purge cannot: it leaves the text in no file of the data directory.")
    found = (await server.call("memory_retrieve", query="flat white", limit=1))["memories"][0]
    await server.show("memory_forget", memory_ids=[found["memory_id"]])
    gone = await server.call("memory_retrieve", query="flat white", limit=1)
    _expect(DRINK not in str(gone["memories"]), "it is not found any more")
    restored = await server.show("memory_restore", memory_ids=[found["memory_id"]])
    _expect(restored["count"] == 1, "it is back")


async def _documents(server: Server) -> None:
    _step("It searches documents, and cites them", "`satchel ingest FOLDER` takes in files; here an agent adds texts.")
    await server.call("rag_add_documents", documents=list(PAGES.values()), ids=list(PAGES))
    found = await server.show("rag_search", query="how soon do I get my money back?", k=1)
    _expect(REFUND in found["results"][0]["text"], "the passage answers")
    checked = await server.show("rag_verify_citation", citation=found["results"][0]["citation"], quote=REFUND)
    _expect(checked["status"] == "current", "the document still says so")
    for question, page in (("Wo stehen die Fahrräder?", "hausordnung"), ("退款要多久", "退货政策")):
        found = await server.show("rag_search", query=question, k=1)
        _expect(found["results"][0]["document_id"] == page, "the right page answers")


async def _escalation(server: Server) -> None:
    _step("It says when a person should take over", "By rules, with the words that gave the reason; no model judges.")
    calm = await server.show("escalation_check", message="No need for a manager. When does breakfast start?")
    _expect(not calm["should_escalate"], "a manager who is not needed is not called")
    await server.call("memory_store", content="Travels with a baby", content_type="user_info", session_id="room-214")
    asked = "I did, three times. I don't want another tip, let me talk to somebody at the desk."
    found = await server.show("escalation_check", message=asked, message_history=DOOR, session_id="room-214")
    _expect(found["category"] == "explicit_request", "the guest asks for a person, and gets one")
    _expect("baby" in str(found["handoff"]["memories"]), "the brief holds what is remembered of them")


async def _database(server: Server, home: Path) -> None:
    _step("It answers from a database, read-only", "The SQL comes from rules; what they do not know the agent writes.")
    found = await server.show("text2sql", question=MONTHS, chart="png")
    _expect(found["row_count"] == len(found["rows"]) == MONTHS_A_YEAR, "there is a row a month")
    file = _chart_file(home, found["chart"], server.picture)
    _expect(file.stat().st_size > 0, f"its chart is a file of {file.stat().st_size:,} bytes, {file.suffix[1:]}")
    found = await server.show("text2sql", question="Where do shipped orders wait?", sql=WAITING)
    _expect(found["status"] == "answered", "the agent's own SELECT runs")
    for sql, refused in REFUSED.items():
        found = await server.show("text2sql", question="Anything else?", sql=sql)
        _expect(found["status"] == "refused", refused)


def _chart_file(home: Path, chart: dict[str, Any], picture: bytes | None) -> Path:
    """The chart as a picture, or as its specification where the extra that draws is not installed."""
    file = home / ("chart.png" if picture else "chart.json")
    file.write_bytes(picture or json.dumps(chart).encode())
    return file


async def _other_process(first: Server, home: Path) -> None:
    _step("Another window, another process, the same memory", "Every window of a host starts a server of its own.")
    async with _server(home) as second:
        _expect(second.pid != first.pid, "a second process runs")
        found = await second.show("memory_retrieve", query=QUESTION, limit=1)
        _expect(found["memories"][0]["content"] == DRINK, "it remembers what the first one was told")
        await second.show("memory_summarize", max_items_per_type=1)


async def _kill(server: Server) -> str:
    text = "The launch moved to Thursday"
    _step("The process is killed the moment it has answered", "What was acknowledged is never lost.")
    await server.show("memory_store", content=text, content_type="fact")
    server.is_killed = True
    os.kill(server.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    click.echo(f"  $ kill -9 {server.pid}")
    return text


async def _after_the_kill(home: Path, text: str) -> None:
    async with _server(home) as server:
        found = await server.show("memory_retrieve", query="when is the launch?", limit=1)
        _expect(found["memories"][0]["content"] == text, "it is there after the restart")


@asynccontextmanager
async def _server(home: Path) -> AsyncGenerator[Server]:
    """A server process of this installation, whatever the working directory holds, and a client of it."""
    from mcp import Client, StdioServerParameters

    pid_file = home / f"pid-{time.monotonic_ns()}"
    environment = {
        "SATCHEL_HOME": str(home),
        "SATCHEL_EMBEDDING_MODEL": "static",
        "SATCHEL_LOG_LEVEL": "error",
    }
    started = StdioServerParameters(
        command=sys.executable, args=["-P", "-c", SERVER, str(pid_file)], env=environment, cwd=str(home)
    )
    server: Server | None = None
    failure: Failure | None = None
    try:
        async with Client(started) as client:
            server = Server(client, int(pid_file.read_text()))
            try:
                yield server
            except Failure as error:
                failure = error
    except BaseExceptionGroup:  # a killed server ends its client's streams with one
        if server is None or not server.is_killed:
            raise
    if failure is not None:
        raise failure


def _text(result: Any) -> str:
    return "\n".join(part.text for part in result.content if part.type == "text")


def _step(title: str, why: str) -> None:
    click.echo()
    click.secho(title, bold=True)
    click.secho(f"  {why}", dim=True)


def _ask(tool: str, arguments: dict[str, Any]) -> None:
    click.secho(f"  {tool} {json.dumps(arguments, ensure_ascii=False)}", fg="cyan")


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise Failure(f"demo: expected that {what}, and it is not so. `satchel doctor` checks the installation.")
    click.secho(f"  ✓ {what}", fg="green")


def _next_step() -> None:
    found = shutil.which("satchel") or str(Path(sys.executable).with_name("satchel"))
    entry = {"mcpServers": {"satchel": {"command": str(Path(found).absolute()), "args": ["serve"]}}}
    click.echo("\nPaste this into your host's configuration (README.md says where), then restart the host:\n")
    click.echo(json.dumps(entry, indent=2))
    click.echo("\nThen tell your agent something worth remembering. `satchel memories list` shows what it keeps, and")
    click.echo("`satchel ingest FOLDER` gives it your documents to search.")
