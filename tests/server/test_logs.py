"""The operator's log lines, as they come out."""

import ast
import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.identity import ANONYMOUS, Request, serving
from server.logs import JsonLines
from storage.database import Database
from tests.client import ROOT

HOSTILE = 'x"}\n{"level": "error", "event": "forged"}\r\n\u2028\x1b[31m\x00 \ud800'

logger = logging.getLogger("satchel.test_logs")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is written of this module's logger."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


def told(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_names_the_request_that_is_answered(lines: io.StringIO) -> None:
    logger.warning("before")
    with serving(Request(ANONYMOUS, "9f31c2d4")):
        logger.warning("inside", extra={"rows": 3})
    logger.warning("after")
    assert [(line["event"], line.get("request_id"), line.get("rows")) for line in told(lines)] == [
        ("before", None, None), ("inside", "9f31c2d4", 3), ("after", None, None),
    ]  # fmt: skip


@pytest.mark.anyio
async def test_threads_that_work_for_a_request_name_it_too(lines: io.StringIO, tmp_path: Path) -> None:
    """Workers' threads, and those of the database's connections."""
    db = await Database.open(tmp_path)
    try:
        with serving(Request(ANONYMOUS, "9f31c2d4")):
            await anyio.to_thread.run_sync(logger.warning, "worker")
            await db.read(lambda _: logger.warning("reader"))
            await db.write(lambda _: logger.warning("writer"))
        await db.read(lambda _: logger.warning("nobody"))
    finally:
        await db.close()
    assert [(line["event"], line.get("request_id")) for line in told(lines)] == [
        ("worker", "9f31c2d4"), ("reader", "9f31c2d4"), ("writer", "9f31c2d4"), ("nobody", None),
    ]  # fmt: skip


def test_a_request_is_not_named_in_the_threads_of_others(lines: io.StringIO) -> None:
    with serving(Request(ANONYMOUS, "9f31c2d4")):
        thread = threading.Thread(target=logger.warning, args=("background",))
        thread.start()
        thread.join()
    assert "request_id" not in told(lines)[0]


def test_no_text_can_forge_a_line(lines: io.StringIO) -> None:
    """Not as an event, a fact, the name of a fact, nor in an exception."""
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logger.exception(HOSTILE, extra={"fact": HOSTILE, HOSTILE: 1, "part": {"inner": [HOSTILE]}})
    (line,) = told(lines)
    assert (line["level"], line["event"], line["fact"], line["part"]) == (
        "error", HOSTILE, HOSTILE, {"inner": [HOSTILE]},
    )  # fmt: skip
    assert "ValueError" in str(line["exception"])


@given(text=st.text())
def test_a_line_is_one_line_of_ascii(text: str) -> None:
    record = logging.LogRecord("satchel", logging.INFO, "", 0, "%s", (text,), None)
    line = JsonLines().format(record)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["event"] == text


PACKAGES = ("server", "storage", "tools")
EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
METHODS = {"debug", "info", "warning", "error", "exception", "log"}


def literals(node: ast.AST) -> set[str]:
    """The constants in a part of a program that look like events."""
    found = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
    return {each for each in found if isinstance(each, str) and EVENT.fullmatch(each)}


def test_the_documentation_lists_every_event() -> None:
    """And none that is not written anywhere."""
    sources = [path.read_text(encoding="utf-8") for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    trees = [ast.parse(source) for source in sources if "logger" in source]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    logged = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS]
    events = set().union(*(literals(argument) for call in logged for argument in call.args))
    text = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", text.split("## Probes")[0], re.M))
    assert events - listed == set()
    assert listed - set().union(*map(literals, trees)) == set()
