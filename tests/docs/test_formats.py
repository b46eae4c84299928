"""Blocks that are no shell and no exchange: each is read, run or loaded by what it is meant for."""

import configparser
import importlib
import inspect
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest
import yaml  # type: ignore[import-untyped]  # its types are another package
from pydantic import SecretStr

from benchmarks import escalating
from benchmarks.recall import passages, quality
from benchmarks.sql import accuracy, safety
from server.cli.serve_command import DEFAULT_PORT
from server.config import Settings, load
from server.families import FAMILIES
from server.logs import JsonLines
from server.web.oauth.claims import expect, principal_of
from storage import deliveries
from tests.client import ROOT, Agent, Clock, in_memory
from tests.docs.commands import check_script, parsed
from tests.docs.exchanges import CALL, Exchange, Names, exchanges
from tests.docs.house import make_shop
from tests.docs.pages import Block, Page, blocks, pages, read, tables
from tests.server.receiving import Hook, hook
from tests.storage.sources.servers import Shop, mysql_shop, postgres_shop

KINDS = {"text", "sh", "json", "toml", "ini", "yaml", "python", "sql"}
CRON = re.compile(r"^(?:[\d*/,-]+ ){5}[a-z]+ ", re.M)
LINES = re.compile("[─│┌┐└┘├┤┬┴┼►◄▼▲]")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECTIONS = {"Unit", "Service", "Timer", "Install"}
ALWAYS = {"time", "level", "logger", "event", "request_id"}
ISSUED = 1_795_255_800_000  # when the page's token was made, in milliseconds


@pytest.mark.parametrize("block", [block for page in pages() for block in page.blocks], ids=str)
def test_every_block_is_of_a_kind_that_is_checked(block: Block) -> None:
    assert block.kind in KINDS, "unknown kind of block"
    if block.kind == "text":
        lines = [line for line in block.text.splitlines() if line]
        is_cron = all(CRON.match(line) for line in lines)
        assert CALL.match(block.text) or is_cron or LINES.search(block.text), "unknown kind of block"


@pytest.mark.parametrize("block", [block for block in blocks("text") if CRON.match(block.text)], ids=str)
def test_a_crontab_calls_what_there_is(block: Block) -> None:
    """Cron takes a bare % for the end of the line."""
    assert re.search(r"(?<!\\)%", block.text) is None
    check_script(CRON.sub("", block.text))


def objects(block: Block) -> Iterator[dict[str, Any]]:
    """Yield the object of a block, or one a line."""
    try:
        yield json.loads(block.text)
    except json.JSONDecodeError:
        yield from json_stream(block.text)


def json_stream(text: str) -> Iterator[dict[str, Any]]:
    at, decoder = 0, json.JSONDecoder()
    while at < len(text.rstrip()):
        found, at = decoder.raw_decode(text, at)
        yield found
        at += len(text[at:]) - len(text[at:].lstrip())


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_is_what_its_reader_takes(block: Block) -> None:
    for found in objects(block):
        check_object(found)


def check_object(found: dict[str, Any]) -> None:
    entries = found.get("mcpServers") or found.get("servers") or found.get("context_servers")
    if entries:
        for entry in entries.values():
            check_entry(entry)
    elif "logger" in found:
        assert found.keys() == facts_of(str(found["event"])) | ALWAYS
    elif "iss" in found:
        expect(found, "https://login.example.org", "https://mcp.example.org/mcp", ISSUED)
        assert principal_of(found, "tenant").tenant == "acme"


def check_entry(entry: dict[str, Any]) -> None:
    """A client's entry starts a command of ours, or goes to our address with a key that is no literal."""
    given = set(entry.get("env", {})) - {"WAREHOUSE_URL"}
    assert given <= {f"SATCHEL_{name.upper()}" for name in Settings.model_fields} | {"SATCHEL_KEY"}
    if str(entry.get("command", "")).rpartition("/")[2] == "satchel":
        parsed(entry["args"])
    for url in (entry.get("url"), entry.get("serverUrl")):
        assert url is None or str(url).endswith("/mcp")
    assert re.fullmatch(r"Bearer \$\{[\w:-]+\}", entry.get("headers", {}).get("Authorization", "Bearer ${X}"))


def facts_of(event: str) -> set[str]:
    """The facts of a log line, by the table of them."""
    for _, rows in tables(read("docs/observability.md")):
        for row in rows:
            if row[0] == f"`{event}`":
                return set(row[2].split(", "))
    raise AssertionError(f"{event} is not in the table of events")


def test_a_log_line_begins_as_the_page_shows() -> None:
    """The keys that each line has are written by the one formatter."""
    source = inspect.getsource(JsonLines.format)
    assert {key for key in ALWAYS if f'"{key}"' in source} == ALWAYS


@pytest.mark.anyio
async def test_the_webhook_gets_what_the_page_shows_and_can_verify_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's own calls, sent for real to a server on loopback; its own function verifies the signature."""
    page, clock = read("docs/escalation.md"), Clock()
    clock.time = datetime.now(UTC)
    (shown,) = [found for block in page.blocks if block.kind == "json" for found in objects(block) if "event" in found]
    async with hook() as hooked, in_memory(tmp_path, clock=clock, **webhook(hooked)) as agent:
        for call in first_calls(page, "escalation_check"):
            await agent.call(call.tool, **call.arguments)
        await delivered(agent)
    (heard,) = hooked.heard
    sent, wanted = (json.dumps(each, indent=1, ensure_ascii=False) for each in (json.loads(heard.body), shown))
    assert Names().fits(wanted, sent), sent
    is_genuine = executed(page, monkeypatch)["is_genuine"]
    assert is_genuine(SECRET, heard.headers, heard.body) is True
    assert is_genuine(SECRET, heard.headers, heard.body + b" ") is False


def webhook(hooked: Hook) -> dict[str, Any]:
    given = {"url": SecretStr(hooked.url), "secret": SecretStr(SECRET), "private": True}
    return {f"escalation_webhook_{name}": value for name, value in given.items()}


def first_calls(page: Page, tool: str) -> list[Exchange]:
    """The page's exchanges up to the first call of the tool."""
    calls = [each for block in page.blocks if block.kind == "text" for each in exchanges(block)]
    return calls[: [each.tool for each in calls].index(tool) + 1]


async def delivered(agent: Agent) -> None:
    """Return when everything is delivered."""
    house = await agent.house()
    house.services.escalations.wake()
    with anyio.fail_after(30):
        while set(await house.db.read(deliveries.counts)) != {"delivered"}:
            pass


def executed(page: Page, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page's Python defines, each block run as a part of the module that its first line names."""
    names: dict[str, Any] = {}
    for block in page.blocks:
        if block.kind == "python":
            module = module_of(block, monkeypatch)
            space = dict(vars(module))
            exec(compile("\n" * block.line + block.text, page.name, "exec"), space)
            added = {name: value for name, value in space.items() if name not in vars(module)}
            for name, value in added.items():
                monkeypatch.setattr(module, name, value, raising=False)
            names |= added
    return names


def module_of(block: Block, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module `# PATH` names, an empty one where there is none yet."""
    found = re.match(r"# (\S+)\.py\n", block.text)
    name = found[1].replace("/", ".") if found else "example"
    if not found or not (ROOT / f"{found[1]}.py").exists():
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    return importlib.import_module(name)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "page", [page for page in pages() if any(each.kind == "python" for each in page.blocks)], ids=lambda page: page.name
)
async def test_python_runs_and_its_own_tests_pass(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that the page makes is offered beside the others."""
    names = executed(page, monkeypatch)
    if "SPEC" in names:
        monkeypatch.setitem(FAMILIES, "memory", (*FAMILIES["memory"], names["SPEC"]))
    for name, value in names.items():
        if name.startswith("test_"):
            async with in_memory(tmp_path / name) as agent:
                await value(agent)


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_toml_is_taken_as_settings(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "satchel.toml"
    file.write_text(block.text, encoding="utf-8")
    monkeypatch.setenv("WAREHOUSE_URL", "sqlite:///warehouse.sqlite")
    settings = load(config=file)
    assert set(tomllib.loads(block.text)) <= settings.model_fields_set


@pytest.mark.parametrize("block", blocks("ini"), ids=str)
def test_a_unit_has_sections_of_systemd_and_calls_what_there_is(block: Block) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string(block.text)
    assert set(unit.sections()) <= SECTIONS
    check_script("\n".join(re.findall(r"^ExecStart=(.*)$", block.text.replace("%%", "").replace("$$", "$"), re.M)))


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_yaml_can_be_read_and_asks_our_port(block: Block) -> None:
    found = yaml.safe_load(block.text)
    for job in found.get("scrape_configs", []):
        (target,) = job["static_configs"][0]["targets"]
        assert target.rpartition(":")[2] == str(DEFAULT_PORT)


def statements(engine: str) -> list[str]:
    """The statements of the pages' blocks whose remark names the server, without remarks."""
    parts = [part for block in blocks("sql") for part in block.text.split("\n\n") if engine in part.split("\n")[0]]
    return [each.strip() for part in parts for each in re.sub(r"--.*", "", part).split(";") if each.strip()]


def test_every_statement_is_for_a_server_that_it_is_tried_on() -> None:
    for block in blocks("sql"):
        for part in block.text.split("\n\n"):
            assert re.search(r"-- (PostgreSQL|MySQL)", part.split("\n")[0]), f"{block}: for which server?"


@pytest.fixture(params=[("PostgreSQL", postgres_shop), ("MySQL", mysql_shop)], ids=["postgres", "mysql"])
def shop(request: pytest.FixtureRequest) -> Iterator[tuple[str, Shop]]:
    name, made = request.param
    with made() as found:
        yield name, found


def test_a_server_understands_the_statements_for_its_account(shop: tuple[str, Shop]) -> None:
    """Under names of the test's own: the account is there already on the one, and dropped with it on the other."""
    name, made = shop
    mine = statements(name)
    assert mine
    made.rows(f"DROP {'OWNED BY' if name == 'PostgreSQL' else 'USER'} {made.account}")
    if name == "PostgreSQL":
        made.rows(f"DROP ROLE {made.account}")
    for statement in mine:
        made.rows(re.sub(r"\bsatchel\b", made.account, re.sub(r"\bshop\b", made.name, statement)))


def lines_of(page: str, *keys: str) -> str:
    """The JSON lines of the page's block whose first object has these keys."""
    (found,) = [
        block.text for block in read(page).blocks if block.kind == "json" and set(keys) <= next(objects(block)).keys()
    ]
    return "".join(json.dumps(each) + "\n" for each in json_stream(found))


@pytest.mark.parametrize(
    ("key", "cases"), [("expect", escalating._cases), ("dialect", safety._cases)], ids=["escalation", "statements"]
)
def test_the_benchmarks_read_the_lines_of_their_page(key: str, cases: Any, tmp_path: Path) -> None:
    text = lines_of("benchmarks/README.md", key)
    file = tmp_path / "lines.jsonl"
    file.write_text(text, encoding="utf-8")
    assert len(list(cases(file))) == text.count("\n")


def test_the_benchmarks_ask_what_their_page_shows(tmp_path: Path) -> None:
    (tmp_path / "handbook.md").write_text("# Refunds\n\nPaid within five working days.", encoding="utf-8")
    for subject, key in ((passages, "file"), (quality, "conversation")):
        file = tmp_path / f"{key}.jsonl"
        file.write_text(lines_of("benchmarks/README.md", key), encoding="utf-8")
        assert subject.run(True, file)


def test_the_benchmarks_put_the_questions_of_their_page(tmp_path: Path) -> None:
    make_shop(tmp_path / "shop.sqlite")
    (tmp_path / "questions.jsonl").write_text(lines_of("benchmarks/README.md", "db"), encoding="utf-8")
    answerable, other = accuracy.evaluate(tmp_path)
    assert (answerable.is_right, other.is_answered) == (True, False)
