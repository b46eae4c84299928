"""`satchel audit`: the newest last, each field to choose by, nothing in it that moves the cursor."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import click
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from storage import audit
from storage.audit import AuditFilter, AuditRow
from storage.database import Database
from tests.server.cli.conftest import Satchel

ROOT = Path(__file__).resolve().parents[3]
NOW = int(datetime.now(UTC).timestamp() * 1000)
MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def call(number: int, tenant: str = "acme", **given: Any) -> AuditRow:
    """A call of so many minutes ago."""
    values = {"key": "k_1", "action": "memory_store", "outcome": "ok", "ids": (f"m{number}",)} | given
    return AuditRow(NOW - number * MINUTE, tenant, **values)


def keep(satchel: Satchel, *rows: AuditRow) -> None:
    async def write() -> None:
        db = await Database.open(satchel.data)
        try:
            await db.write(lambda c: audit.append(c, rows))
        finally:
            await db.close()

    anyio.run(write)


@pytest.fixture
def filled(satchel: Satchel) -> Satchel:
    keep(
        satchel,
        call(300, "other", key="k_2"),
        call(200, action="rag_search", session_id="s"),
        call(100, outcome="denied", key="oauth:anna"),
        call(1, ms=3.25, request_id="r1"),
    )
    return satchel


def ids(satchel: Satchel, *arguments: str) -> list[str]:
    return [json.loads(line)["ids"][0] for line in satchel.ok("audit", "--json", *arguments).splitlines()]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ["m300", "m200", "m100", "m1"]),
        (["--limit", "2"], ["m100", "m1"]),
        (["--tenant", "acme"], ["m200", "m100", "m1"]),
        (["--tenant", "' OR 1=1 --"], []),
        (["--key", "k_2"], ["m300"]),
        (["--action", "rag_search"], ["m200"]),
        (["--outcome", "denied"], ["m100"]),
        (["--session", "s"], ["m200"]),
        (["--since", "2h"], ["m100", "m1"]),
        (["--until", "2h"], ["m300", "m200"]),
        (["--since", "1d", "--until", "4h"], ["m300"]),
        (["--since", "2020-01-01", "--until", "2020-01-02T09:30:00+01:00"], []),
        (["--since", "2020-01-01T00:00:00Z", "--tenant", "other"], ["m300"]),
    ],
)
def test_rows_are_chosen_by_every_field_the_newest_last(
    filled: Satchel, arguments: list[str], found: list[str]
) -> None:
    assert ids(filled, *arguments) == found


def test_a_choice_that_finds_nothing_says_so_beside_the_result(filled: Satchel) -> None:
    done = filled("audit", "--outcome", "misspelt")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "Nothing of that is on record.\n")


def test_a_row_for_a_program_has_every_field_by_name(filled: Satchel) -> None:
    (line,) = filled.ok("audit", "--json", "--limit", "1").splitlines()
    at = datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(minutes=1)
    assert json.loads(line) == {
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "tenant": "acme",
        "key": "k_1",
        "action": "memory_store",
        "outcome": "ok",
        "session_id": "",
        "ids": ["m1"],
        "ms": 3.25,
        "request_id": "r1",
    }


def test_in_a_pipe_a_row_is_nine_words(filled: Satchel) -> None:
    done = filled("audit", "--limit", "3")
    assert [line.split(" ")[1:] for line in done.stdout.splitlines()] == [
        ["acme", "k_1", "rag_search", "ok", "0.0", "s", "m200", "-"],
        ["acme", "oauth:anna", "memory_store", "denied", "0.0", "-", "m100", "-"],
        ["acme", "k_1", "memory_store", "ok", "3.2", "-", "m1", "r1"],
    ]
    assert done.stderr == "The newest 3. --limit shows more.\n"
    assert filled("audit", "--limit", "4").stderr == ""


def test_nothing_in_a_row_acts_on_the_terminal_or_makes_a_line_of_its_own(satchel: Satchel) -> None:
    hostile = "\x1b[2J\u202e a\tb\nx acme k_1 memory_store ok"
    keep(satchel, call(1, session_id=hostile, ids=(hostile, "\x00", "\ud800"), key=hostile))
    (line,) = satchel.ok("audit").splitlines()
    assert len(line.split()) == 9
    assert line.isprintable()
    (line,) = satchel.ok("audit", "--json").splitlines()
    assert line.isascii()
    assert json.loads(line)["session_id"] == hostile


@pytest.mark.parametrize("wrong", ["yesterday", "2h ago", "2026-13-01", "h"])
def test_a_time_that_is_none_says_what_one_looks_like(filled: Satchel, wrong: str) -> None:
    done = filled("audit", "--since", wrong)
    assert done.exit_code == 2
    assert "a time ago such as 2h or 7d, or a date or time such as" in done.stderr


def test_maintaining_deletes_what_is_too_old(satchel: Satchel) -> None:
    keep(satchel, call(100 * 24 * 60), call(89 * 24 * 60))
    assert "Audit: 1 rows removed.\n" in satchel.ok("maintain")
    assert ids(satchel) == [f"m{89 * 24 * 60}"]
    assert "Audit" not in satchel.ok("maintain", SATCHEL_AUDIT_RETENTION_DAYS="0")


def on_a_terminal(command: list[str], environment: dict[str, str]) -> str:
    """What a person sees who types that."""
    ours, theirs = pytest.importorskip("pty", reason="there is no pseudo terminal").openpty()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # how a terminal ends on Linux
        while read := os.read(ours, 65_536):
            seen += read
    os.close(ours)
    assert process.wait() == 0, seen
    return click.unstyle(seen.decode())


def test_on_a_terminal_rows_stand_under_headings(filled: Satchel) -> None:
    command = [sys.executable, "-m", "server", "audit", "--limit", "1"]
    environment = filled.environment | {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "120"}
    heading, line, said = on_a_terminal(command, environment).splitlines()
    assert heading.split() == ["TIME", "TENANT", "KEY", "ACTION", "OUTCOME", "MS", "SESSION", "IDS", "REQUEST"]
    assert line.split()[2:] == ["acme", "k_1", "memory_store", "ok", "3.2", "m1", "r1"]
    assert said == "The newest 1. --limit shows more."
    *_, left_out, _ = on_a_terminal(command, environment | {"COLUMNS": "60"}).splitlines()
    assert left_out == "SESSION, IDS, REQUEST: no room here. --json shows all."


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent Ctrl-C there")
@pytest.mark.anyio
async def test_following_shows_what_other_processes_write_until_it_is_interrupted(satchel: Satchel) -> None:
    db = await Database.open(satchel.data)
    await db.write(lambda c: audit.append(c, [call(1, "other"), call(0)]))
    command = [sys.executable, "-m", "server", "audit", "--follow", "--json", "--tenant", "acme"]
    environment = satchel.environment | {"PATH": os.environ["PATH"]}
    try:
        with anyio.fail_after(60):
            async with await anyio.open_process(command, cwd=ROOT, env=environment) as process:
                assert process.stdout
                lines = BufferedByteReceiveStream(process.stdout)

                async def next_id() -> str:
                    line = await lines.receive_until(b"\n", 10_000)
                    return str(json.loads(line)["ids"][0])

                assert await next_id() == "m0"
                await db.write(lambda c: audit.append(c, [call(2, "other"), call(3), call(4)]))
                assert [await next_id(), await next_id()] == ["m3", "m4"]
                await db.write(lambda c: audit.append(c, [call(5)]))
                assert await next_id() == "m5"
                process.send_signal(signal.SIGINT)
                assert await process.wait() == 0
        assert len(await db.read(lambda c: audit.select(c, None, AuditFilter(), 10))) == 6
    finally:
        await db.close()
