"""`satchel init`, as a shell calls it, on the files of a home of its own."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from mcp import Client, StdioServerParameters

from server.cli.hosts.jsonc import parse, value_of
from server.cli.hosts.known import HOSTS
from tests.server.cli.conftest import Satchel

SECRET = "sk-another-servers-secret"
CURSOR = ".cursor/mcp.json"
REMOTE = "https://mcp.example.org/mcp"
OTHERS: dict[str, Any] = {
    "mcpServers": {"github": {"command": "npx", "args": [SECRET], "env": {"TOKEN": SECRET}}},
    "z": [1],
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home and working directory, with nothing in it that leads elsewhere."""
    for name in ("XDG_CONFIG_HOME", "FLATPAK_XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def file(here: Path) -> Path:
    """Cursor's file, with another server in it."""
    file = here / CURSOR
    file.parent.mkdir()
    file.write_text(json.dumps(OTHERS, indent=4), "utf-8")
    return file


def read(file: Path) -> Any:
    text = file.read_text("utf-8-sig")
    root = parse(text)
    assert root is not None
    return value_of(text, root)


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def backups(file: Path) -> list[Path]:
    return sorted(file.parent.glob(f"{file.name}.satchel-backup-*"))


def told(done: Result) -> str:
    return done.stdout + done.stderr


def test_without_a_host_it_lists_them_and_says_where_satchel_is(satchel: Satchel, file: Path, here: Path) -> None:
    (here / ".config" / "zed").mkdir(parents=True)
    (here / ".claude.json").write_text("{")
    satchel.ok("init", "cursor", "--yes")
    lines = {line.split()[0]: " ".join(line.split()[1:-1]) for line in satchel.ok("init").splitlines()}
    assert lines["cursor"] == "yes"
    assert lines["claude-code"] == "file cannot be read"
    assert lines["windsurf"] == "host not found"
    assert list(lines) == ["HOST", *(host.name for host in HOSTS)]


def test_it_shows_the_change_and_writes_nothing_where_nobody_can_be_asked(satchel: Satchel, file: Path) -> None:
    before = file.read_bytes()
    done = satchel("init", "cursor")
    assert done.exit_code == 3
    assert "--yes" in done.stderr
    assert '+        "satchel": {' in done.stdout
    assert file.read_bytes() == before
    assert backups(file) == []


def test_what_is_secret_in_the_file_is_never_shown(satchel: Satchel, file: Path) -> None:
    """A line without a line break, too, and an entry of ours with a key in plain text."""
    for indent in (None, 2):
        ours = {
            "command": "old",
            "args": [SECRET],
            "env": {"SATCHEL_KEY": SECRET, "command": SECRET},
            "headers": {"Authorization": SECRET},
        }
        content = {"mcpServers": OTHERS["mcpServers"] | {"satchel": ours}}
        file.write_text(
            f"// {SECRET}\n/* {SECRET}\n{SECRET} */{json.dumps(content, indent=indent)} // {SECRET}", "utf-8"
        )
        for words in (["init", "cursor", "--yes"], ["init", "cursor", "--undo", "--yes"]):
            done = satchel(*words)
            assert done.exit_code == 0
            assert '"old"' in done.stdout
            assert SECRET not in told(done)


def test_the_entry_is_added_and_everything_else_stays(satchel: Satchel, file: Path) -> None:
    before = file.read_text("utf-8")
    file.chmod(0o640)
    satchel.ok("init", "cursor", "--yes")
    entry = read(file)["mcpServers"].pop("satchel")
    assert Path(entry["command"]).is_absolute()
    assert entry["args"] == ["serve"]
    assert {**read(file), "mcpServers": {"github": read(file)["mcpServers"]["github"]}} == OTHERS
    after = file.read_text("utf-8")
    assert after.startswith(before[: before.index("\n        }\n")])
    assert after.endswith(before[before.index("\n    },\n") :])
    (backup,) = backups(file)
    assert backup.read_text("utf-8") == before
    assert [path.stat().st_mode & 0o777 for path in (file, backup)] == [0o640, 0o640]


def test_a_second_time_changes_nothing(satchel: Satchel, file: Path) -> None:
    satchel.ok("init", "cursor", "--yes")
    before = files_in(file.parent), file.stat().st_ino
    assert "set up already" in satchel.ok("init", "cursor")
    assert (files_in(file.parent), file.stat().st_ino) == before


@pytest.mark.parametrize("host", [host.name for host in HOSTS])
def test_every_host_gets_its_file_and_loses_it_again(satchel: Satchel, here: Path, host: str) -> None:
    shown = satchel.ok("init", host, "--yes")
    (name,) = files_in(here)
    assert name in shown
    assert "satchel" in next(iter(read(here / name).values()))
    satchel.ok("init", host, "--undo", "--yes")
    assert files_in(here) == []


@pytest.mark.parametrize("host", [host.name for host in HOSTS if host.remote is not None])
def test_every_host_that_can_calls_a_server_without_its_key_in_the_file(
    satchel: Satchel, here: Path, host: str
) -> None:
    satchel.ok("init", host, "--http", "https://mcp.example.org", "--yes", SATCHEL_KEY=SECRET)
    (name,) = files_in(here)
    content = (here / name).read_text("utf-8")
    (known,) = (each for each in HOSTS if each.name == host)
    entry = read(here / name)[known.servers]["satchel"]
    assert REMOTE in entry.values()
    assert SECRET not in content
    assert ("Bearer ${" in content) is (host != "zed")
    satchel.ok("init", host, "--undo", "--yes")
    assert files_in(here) == []


def test_vs_code_asks_for_the_key_and_forgets_the_question_with_the_last_entry(satchel: Satchel, here: Path) -> None:
    for name in ("one", "two"):
        satchel.ok("init", "vscode", "--http", REMOTE, "--project", "--name", name, "--yes")
    file = here / ".vscode" / "mcp.json"
    assert [each["id"] for each in read(file)["inputs"]] == ["satchel-key"]
    satchel.ok("init", "vscode", "--undo", "--project", "--name", "one", "--yes")
    assert len(read(file)["inputs"]) == 1
    file.write_text(file.read_text("utf-8") + "\n")
    satchel.ok("init", "vscode", "--undo", "--project", "--name", "two", "--yes")
    assert read(file) == {"inputs": [], "servers": {}}


def test_a_server_that_asks_for_no_key_gets_none(satchel: Satchel, here: Path) -> None:
    satchel.ok("init", "cursor", "--http", "http://127.0.0.1:8765/", "--no-key", "--yes")
    assert read(here / CURSOR) == {"mcpServers": {"satchel": {"url": "http://127.0.0.1:8765/mcp"}}}


def test_a_key_that_would_travel_unencrypted_is_told_of(satchel: Satchel, here: Path) -> None:
    for url, is_told in (("http://mcp.example.org", True), ("http://127.0.0.1:8765", False), (REMOTE, False)):
        assert ("is not encrypted" in satchel("init", "cursor", "--http", url).stderr) is is_told


def test_claude_desktop_says_where_it_takes_addresses(satchel: Satchel, here: Path) -> None:
    done = satchel("init", "claude-desktop", "--http", REMOTE, "--yes")
    assert done.exit_code == 1
    assert f"Add {REMOTE} in its Settings, Connectors" in done.stderr
    assert files_in(here) == []


@pytest.mark.parametrize(
    "url",
    ["mcp.example.org", "ftp://example.org/", "https://u:p@example.org/mcp", "https://example.org/?key=1", "http://["],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(satchel: Satchel, here: Path, url: str) -> None:
    assert satchel("init", "cursor", "--http", url, "--yes").exit_code == 2
    assert files_in(here) == []


@pytest.mark.parametrize("words", [["--project", "--file", "x.json"], ["--no-key"], ["--name", "a b"]])
def test_options_that_do_not_go_together_are_refused(satchel: Satchel, here: Path, words: list[str]) -> None:
    assert satchel("init", "cursor", "--yes", *words).exit_code == 2
    assert files_in(here) == []


def test_windsurf_has_no_file_of_a_project(satchel: Satchel, here: Path) -> None:
    done = satchel("init", "windsurf", "--project", "--yes")
    assert done.exit_code == 1
    assert "--project: Windsurf has no file" in done.stderr


def test_where_the_data_is_goes_into_the_entry_and_other_settings_are_named(satchel: Satchel, here: Path) -> None:
    words = ["init", "cursor", "--yes", "--data-dir", "data", "--config", "satchel.toml"]
    (here / "satchel.toml").write_text("")
    done = satchel(*words, SATCHEL_HOME="~/mine", SATCHEL_SQL_MODEL_NAME="large")
    assert done.exit_code == 0
    entry = read(here / CURSOR)["mcpServers"]["satchel"]
    assert entry["env"] == {"SATCHEL_HOME": str(here / "mine"), "SATCHEL_DATA_DIR": str(here / "data")}
    assert entry["args"] == ["serve", "--config", str(here / "satchel.toml")]
    assert "does not see this shell's SATCHEL_" in done.stderr
    assert "SATCHEL_SQL_MODEL_NAME" in done.stderr


@pytest.mark.anyio
async def test_what_is_written_starts_the_server_from_anywhere(satchel: Satchel, here: Path) -> None:
    """As a host does: its command, its arguments, its variables and none of the shell's."""
    (here / "server").mkdir()
    (here / "server" / "__init__.py").write_text("raise SystemExit('the working directory was imported')")
    for host in HOSTS:
        satchel.ok("init", host.name, "--yes", "--file", f"{host.name}.json")
    entries = [next(iter(read(here / f"{host.name}.json").values()))["satchel"] for host in HOSTS]
    started = {(entry["command"], *entry["args"], *entry["env"].items()) for entry in entries}
    assert len(started) == 1  # so that one start stands for all of them
    variables = {"PATH": "", "HOME": str(here), "SATCHEL_OFFLINE": "1"} | entries[0]["env"]
    parameters = StdioServerParameters(
        command=entries[0]["command"], args=entries[0]["args"], env=variables, cwd=str(here)
    )
    async with Client(parameters) as client:
        assert "memory_store" in [tool.name for tool in (await client.list_tools()).tools]


def edited(file: Path) -> None:
    file.write_text(file.read_text("utf-8").replace('"z"', '"y"'), "utf-8")


def test_undo_puts_back_what_was_there_byte_for_byte(satchel: Satchel, file: Path) -> None:
    """Through each change since, the last one first."""
    contents = [file.read_bytes()]
    for home in ("one", "two"):
        satchel.ok("init", "cursor", "--yes", "--home", home)
        contents.append(file.read_bytes())
    for content in reversed(contents[:-1]):
        assert "byte for byte" in satchel.ok("init", "cursor", "--undo", "--yes")
        assert file.read_bytes() == content
    assert backups(file) == []
    assert "Nothing was changed" in satchel.ok("init", "cursor", "--undo", "--yes")


def test_undo_of_a_file_that_was_changed_since_takes_out_our_entry_alone(satchel: Satchel, file: Path) -> None:
    satchel.ok("init", "cursor", "--yes")
    edited(file)
    assert "changed since" in satchel.ok("init", "cursor", "--undo", "--yes")
    assert file.read_text("utf-8") == json.dumps(OTHERS, indent=4).replace('"z"', '"y"')


def test_undo_of_a_file_that_was_changed_since_puts_the_former_entry_back(satchel: Satchel, file: Path) -> None:
    former = {"command": "old", "timeout": 1.50}
    content = {"mcpServers": {"satchel": former} | OTHERS["mcpServers"], "z": 1}
    file.write_text(json.dumps(content, indent=4).replace("1.5", "1.50"), "utf-8")
    satchel.ok("init", "cursor", "--yes")
    edited(file)
    satchel.ok("init", "cursor", "--undo", "--yes")
    assert file.read_text("utf-8") == json.dumps(content, indent=4).replace("1.5", "1.50").replace('"z"', '"y"')


def test_undo_goes_back_through_every_change_though_the_file_was_changed_since(satchel: Satchel, file: Path) -> None:
    homes = ("one", "two", "one", "three")
    for home in homes:
        satchel.ok("init", "cursor", "--yes", "--home", home)
    edited(file)
    for home in reversed(homes):
        entry = read(file)["mcpServers"]["satchel"]
        assert Path(entry["env"]["SATCHEL_HOME"]).name == home
        satchel.ok("init", "cursor", "--undo", "--yes")
    assert file.read_text("utf-8") == json.dumps(OTHERS, indent=4).replace('"z"', '"y"')
    assert "Nothing was changed" in satchel.ok("init", "cursor", "--undo", "--yes")


def test_undo_of_a_file_that_was_made_anew_deletes_it(satchel: Satchel, file: Path) -> None:
    satchel.ok("init", "cursor", "--yes", "--home", "one")
    file.unlink()
    satchel.ok("init", "cursor", "--yes", "--home", "two")
    satchel.ok("init", "cursor", "--undo", "--yes")
    assert not file.exists()


def test_vs_code_forgets_the_question_where_the_former_entry_has_none(satchel: Satchel, here: Path) -> None:
    file = here / ".vscode" / "mcp.json"
    satchel.ok("init", "vscode", "--project", "--yes")
    before = read(file)
    satchel.ok("init", "vscode", "--http", REMOTE, "--project", "--yes")
    file.write_text(file.read_text("utf-8") + "\n")
    satchel.ok("init", "vscode", "--undo", "--project", "--yes")
    assert read(file) == before | {"inputs": []}


def test_what_was_closed_to_others_since_stays_closed_after_undo(satchel: Satchel, file: Path) -> None:
    before = file.read_bytes()
    file.chmod(0o644)
    satchel.ok("init", "cursor", "--yes")
    file.chmod(0o600)
    satchel.ok("init", "cursor", "--undo", "--yes")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (before, 0o600)


def test_undo_leaves_alone_what_another_host_calls_inputs(satchel: Satchel, file: Path) -> None:
    file.write_text(json.dumps(OTHERS | {"inputs": {"id": "satchel-key"}}, indent=4), "utf-8")
    satchel.ok("init", "cursor", "--yes")
    edited(file)
    satchel.ok("init", "cursor", "--undo", "--yes")
    assert read(file)["inputs"] == {"id": "satchel-key"}


def test_undo_without_a_terminal_only_shows(satchel: Satchel, file: Path) -> None:
    satchel.ok("init", "cursor", "--yes")
    before = file.read_bytes()
    done = satchel("init", "cursor", "--undo")
    assert done.exit_code == 3
    assert '-        "satchel": {' in done.stdout
    assert file.read_bytes() == before


def test_a_link_stays_one_and_leads_to_the_changed_file(satchel: Satchel, file: Path, here: Path) -> None:
    real = here / "dotfiles" / "cursor.json"
    real.parent.mkdir()
    before = file.read_bytes()
    file.rename(real)
    file.symlink_to(real)
    satchel.ok("init", "cursor", "--yes")
    assert file.is_symlink()
    assert "satchel" in read(real)["mcpServers"]
    assert len(backups(real)) == 1
    satchel.ok("init", "cursor", "--undo", "--yes")
    assert (file.is_symlink(), real.read_bytes()) == (True, before)


def test_the_mark_at_the_begin_and_the_line_ends_of_windows_stay(satchel: Satchel, file: Path) -> None:
    before = b"\xef\xbb\xbf" + json.dumps(OTHERS, indent="\t").replace("\n", "\r\n").encode() + b"\r\n"
    file.write_bytes(before)
    satchel.ok("init", "cursor", "--yes")
    after = file.read_bytes()
    assert after.startswith(b"\xef\xbb\xbf{\r\n\t")
    assert after.count(b"\n") == after.count(b"\r\n") > before.count(b"\n")
    satchel.ok("init", "cursor", "--undo", "--yes")
    assert file.read_bytes() == before


Spoil = Callable[[Path], object]


def loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def huge(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(17 * 2**20)


SPOILED: dict[str, tuple[Spoil, str]] = {
    "not JSON": (lambda file: file.write_text("{,"), "line 1, column 2: expected a name"),
    "a list": (lambda file: file.write_text('{"mcpServers": []}'), "line 1, column 16: expected an object"),
    "twice": (lambda file: file.write_text('{"mcpServers": {},\n"mcpServers": {}}'), "line 2, column 1"),
    "deep": (lambda file: file.write_text('{"a":' + "[" * 10_000), "is nested deeper"),
    "no UTF-8": (lambda file: file.write_bytes(b'{\n"a": "\xff"}'), "line 2 is not UTF-8"),
    "UTF-16": (lambda file: file.write_text("{}", "utf-16"), "line 1 is not UTF-8"),
    "huge": (huge, "is larger than 16 MiB"),
    "read-only": (lambda file: file.chmod(0o444), "is read-only"),
    "folder": (folder, "is no file"),
    "pipe": (pipe, "is no file"),
    "loop": (loop, "Check the path"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_a_file_that_cannot_be_changed_with_care_is_left_alone(satchel: Satchel, file: Path, kind: str) -> None:
    if kind == "pipe" and sys.platform == "win32":
        pytest.skip("named pipes are no files there")
    spoil, reason = SPOILED[kind]
    spoil(file)
    before = file.read_bytes() if kind not in ("folder", "pipe", "loop") else None
    done = satchel("init", "cursor", "--yes")
    assert done.exit_code == 1
    assert reason in done.stderr
    assert before is None or file.read_bytes() == before
    assert backups(file) == []


def test_a_file_that_cannot_be_read_gets_the_entry_shown_to_put_in_by_hand(satchel: Satchel, file: Path) -> None:
    file.write_text("{,")
    done = satchel("init", "cursor", "--yes")
    entry = json.loads(done.stderr[done.stderr.index("\n{") :])
    assert entry["mcpServers"]["satchel"]["args"] == ["serve"]
    assert satchel("init", "cursor", "--undo", "--yes").exit_code == 1


def test_an_empty_file_is_filled_and_emptied(satchel: Satchel, file: Path) -> None:
    """Some hosts make one before there is anything to say."""
    file.write_bytes(b"")
    satchel.ok("init", "cursor", "--yes")
    assert "satchel" in read(file)["mcpServers"]
    satchel.ok("init", "cursor", "--undo", "--yes")
    assert file.read_bytes() == b""


def test_a_long_line_is_not_shown(satchel: Satchel, file: Path) -> None:
    file.write_text(json.dumps({f"key-{number}": "x" for number in range(1_000)}))
    done = satchel("init", "cursor", "--yes")
    assert len(done.stdout) < 1_000
    assert '"command"' in done.stdout
    assert "satchel" in read(file)["mcpServers"]
