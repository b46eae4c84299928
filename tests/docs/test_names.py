"""Nothing that pages, help and errors name is made up: settings, commands, tools, resources, links, files, numbers,
events."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from server.cli.commands import group
from server.config import Settings
from server.families import FAMILIES
from tests.client import ROOT, in_memory
from tests.docs.commands import check_extras, check_mention
from tests.docs.pages import Page, pages, read, tables
from tests.test_house import git_files

PACKAGES = ("server", "storage", "tools")
FOR_TESTS = {"SATCHEL_REQUIRE_SHARED", "SATCHEL_REQUIRE_SERVERS", "SATCHEL_REQUIRE_NODE"}
CLIENT_KEY = "SATCHEL_KEY"  # a variable of the client's, in the examples
OURS = {f"SATCHEL_{name.upper()}" for name in Settings.model_fields} | FOR_TESTS | {CLIENT_KEY}
SETTING = re.compile(r"\bSATCHEL_[A-Z_]*[A-Z]\b")
TOOLS = {spec.name: spec for specs in FAMILIES.values() for spec in specs}
TOOL = re.compile(r"\b(?:memory|rag|attachment|escalation|text2sql)_[a-z][a-z0-9_]*[a-z0-9]\b(?![./])")
RESOURCE = re.compile(r"satchel://[\w{}/-]+")
FILE = re.compile(r"(?:\.ci|benchmarks|docs|server|storage|tests|tools)/[\w./-]*")
NUMBER = re.compile(r"\bsatchel_[a-z_]+")
EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
COMMAND = re.compile(r"satchel(?: [^`]+)?")
CALLED = re.compile(r"\b[Cc]all ((?:memory|rag|attachment|escalation|text2sql)(?:_\w+)?)\b")
QUOTED_COMMAND = re.compile(r"`(satchel [^`]+)`")
METHODS = {"tools/list", "tools/call"}
MADE_BY_OTHERS = {"docs/deploy/.env"}
PLACEHOLDERS = {"table.column", "memories.jsonl"}

EVERY_PAGE = pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)


def python_texts() -> Iterator[tuple[str, str]]:
    """Yield each text constant of the packages, with its file; docstrings too."""
    for name in git_files(*PACKAGES):
        if name.endswith(".py"):
            for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield name, node.value


TEXTS = list(python_texts())


def commands(command: click.Command) -> Iterator[click.Command]:
    """Yield it and those below it."""
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found)


@EVERY_PAGE
def test_settings_exist(page: Page) -> None:
    assert set(SETTING.findall(page.text)) - OURS == set()


@EVERY_PAGE
def test_commands_exist_with_their_options(page: Page) -> None:
    for span in page.spans:
        if COMMAND.fullmatch(span) and span != "satchel":
            check_mention(span)
    check_extras(page.text)


@EVERY_PAGE
def test_tools_exist(page: Page) -> None:
    """What begins like a tool's name is one, or a setting, or a part of what tools take and give."""
    assert {name for span in page.spans for name in TOOL.findall(span)} - known_names() == set()


def known_names() -> set[str]:
    fields = {name for spec in TOOLS.values() for name in _properties(spec.arguments.model_json_schema())}
    given = {name for spec in TOOLS.values() for name in _properties(spec.result.model_json_schema())}
    return TOOLS.keys() | Settings.model_fields.keys() | fields | given


def _properties(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _properties(part)


@pytest.mark.anyio
async def test_resources_exist(tmp_path: Path) -> None:
    async with in_memory(tmp_path) as agent:
        fixed = {str(each.uri) for each in (await agent.client.list_resources()).resources}
        forms = {each.uri_template for each in (await agent.client.list_resource_templates()).resource_templates}
    for page in pages():
        for name in RESOURCE.findall(page.text):
            assert name in fixed | forms or any(_matches(name, form) for form in forms), f"{page.name}: {name}"


def _matches(uri: str, form: str) -> bool:
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", r"[\\w-]+", re.escape(form)), uri) is not None


@pytest.mark.parametrize("page", [*pages(), read("CHANGELOG.md")], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    for link in page.links:
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (ROOT / page.name).parent / path if path else ROOT / page.name
        assert target.exists(), link
        if anchor:
            assert anchor in read(target.resolve().relative_to(ROOT).as_posix()).anchors, link


@EVERY_PAGE
def test_files_exist(page: Page) -> None:
    files = {found for span in page.spans for found in re.findall(rf"(?<![\w./~-])({FILE.pattern})", span)}
    assert {name for name in files if not (ROOT / name).exists()} - METHODS - MADE_BY_OTHERS == set()


@EVERY_PAGE
def test_numbers_are_in_the_table_of_numbers(page: Page) -> None:
    listed = {
        name.removesuffix("_total")
        for _, rows in tables(read("docs/observability.md"))
        for row in rows
        for name in NUMBER.findall(row[0])
    }
    assert {name.removesuffix("_total") for span in page.spans for name in NUMBER.findall(span)} - listed == set()


@EVERY_PAGE
def test_events_are_written_somewhere(page: Page) -> None:
    """A name of two words around a dot whose first word begins an event of ours is in the code, whole or in halves."""
    words = {text for _, text in TEXTS}
    begun = {text.partition(".")[0] for text in logged()}
    spans = {span for span in page.spans if EVENT.fullmatch(span) and span.partition(".")[0] in begun}
    halves = {span for span in spans if set(re.split(r"(?<=\.)", span)) <= words}
    assert spans - words - halves - PLACEHOLDERS == set()


def logged() -> set[str]:
    """The events of the table, which a test of the logs compares with the code."""
    rows = [row for _, rows in tables(read("docs/observability.md")) for row in rows]
    return {row[0].strip("`") for row in rows if EVENT.fullmatch(row[0].strip("`"))}


@pytest.mark.parametrize("command", list(commands(group)), ids=lambda command: command.name)
def test_help_names_what_there_is(command: click.Command) -> None:
    """In the command's text and in those of its options."""
    helps = [command.help or "", *(getattr(each, "help", None) or "" for each in command.params)]
    check_texts(" ".join(" ".join(text.split()) for text in helps))


@pytest.mark.parametrize("name", sorted({name for name, _ in TEXTS}))
def test_messages_name_what_there_is(name: str) -> None:
    """Errors, notes and remedies are texts of the code; so are its docstrings."""
    for text in [text for file, text in TEXTS if file == name]:
        check_texts(" ".join(text.split()))


def check_texts(text: str) -> None:
    assert set(SETTING.findall(text)) - OURS == set(), text
    assert set(CALLED.findall(text)) - TOOLS.keys() == set(), text
    for command in QUOTED_COMMAND.findall(text):
        check_mention(command)
