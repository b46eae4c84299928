"""`satchel export` and `satchel import`, as a shell calls them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from server.config import Settings
from server.lifespan import open_house
from tests.server.cli.conftest import Satchel
from tools.memory import importing
from tools.memory.handlers import memory_feedback, memory_forget, memory_retrieve, memory_store
from tools.memory.models import FeedbackArguments, ForgetArguments, RetrieveArguments, StoreArguments
from tools.services import LOCAL


async def live_a_little(home: Path) -> None:
    """A store with history, graph, feedback, accesses and something forgotten, as agents leave it."""
    async with open_house(Settings(home=home, embedding_model="static", offline=True), background=False) as house:
        own = house.services
        given: list[dict[str, Any]] = [
            {"content": "Anna lives in Berlin", "entities": [{"name": "Anna", "type": "person"}]},
            {
                "content": "Anna: I start at Acme on Monday!\n\n  indented",
                "tags": ["a", "b"],
                "metadata": {"n": [1, {}]},
            },
            {"content": "東京で働いています", "ttl_hours": 8, "occurred_at": "2024-02-29T12:00:00.123+01:00"},
            {"content": "a secret", "importance": 0.1},
        ]
        first, turn, _, secret = [await memory_store(own, LOCAL, StoreArguments(**each)) for each in given]
        lives = [{"source": "Anna", "relation": "in", "target": "Paris"}]
        moved: dict[str, Any] = {"content": "Anna lives in Paris", "relations": lives, "supersedes": first.memory_id}
        await memory_store(own, LOCAL, StoreArguments(**moved))
        judged = FeedbackArguments(memory_id=turn.memory_id, useful=True, query="where does Anna work?")
        await memory_feedback(own, LOCAL, judged)
        await memory_retrieve(own, LOCAL, RetrieveArguments(query="Anna"))
        await memory_forget(own, LOCAL, ForgetArguments(memory_ids=[secret.memory_id]))


def test_a_store_goes_out_and_in_and_out_the_same(
    satchel: Satchel, another: Callable[[str], Satchel], tmp_path: Path
) -> None:
    anyio.run(live_a_little, satchel.home)
    assert satchel.ok("export", tmp_path / "one.jsonl") == f"Exported 5 memories to {tmp_path / 'one.jsonl'}.\n"
    other = another("other")
    assert other.ok("import", tmp_path / "one.jsonl") == "Created 5, unchanged 0, skipped 0.\n"
    other.ok("export", tmp_path / "two.jsonl")
    assert unsourced(tmp_path / "two.jsonl") == unsourced(tmp_path / "one.jsonl")
    assert other.ok("import", tmp_path / "one.jsonl") == "Created 0, unchanged 5, skipped 0.\n"
    other.ok("export", tmp_path / "three.jsonl")
    assert (tmp_path / "three.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def unsourced(file: Path) -> list[dict[str, Any]]:
    """The memories of a file without where they came from: that is another place for who took them in."""
    return [{**json.loads(line), "provenance": None} for line in file.read_text("utf-8").splitlines()]


def test_every_line_is_a_json_object_with_everything_but_vectors(satchel: Satchel) -> None:
    anyio.run(live_a_little, satchel.home)
    berlin, turn, tokyo, secret, paris = satchel.exported()
    assert berlin["state"] == "superseded"
    assert berlin["superseded_by"] == paris["memory_id"]
    assert turn["content"] == "Anna: I start at Acme on Monday!\n\n  indented"
    assert (turn["tags"], turn["metadata"], turn["speaker"]) == (["a", "b"], {"n": [1, {}]}, "Anna")
    assert turn["provenance"] == {"origin": "agent", "tool": "memory_store", "key": "stdio"}
    assert [each["useful"] for each in turn["feedback"]] == [True]
    assert tokyo["content"] == "東京で働いています"
    assert tokyo["occurred_at"] == "2024-02-29T11:00:00.123Z"
    assert secret["state"] == "deleted"
    assert paris["relations"] == [{"source": "Anna", "relation": "in", "target": "Paris"}]
    assert paris["entities"] == [{"name": "Anna", "type": "person"}, {"name": "Paris", "type": ""}]
    assert turn["access_count"] == 1


def test_a_line_needs_only_its_content(satchel: Satchel) -> None:
    assert satchel.takes({"content": "  Prefers oat\u0007flat  white "}) == "Created 1, unchanged 0, skipped 0.\n"
    (memory,) = satchel.exported()
    assert memory["content"] == "Prefers oat flat white"
    assert (memory["session_id"], memory["content_type"], memory["importance"]) == ("default", "context", 0.5)
    assert memory["provenance"].pop("imported_at")
    assert memory["provenance"] == {"origin": "import", "tool": "satchel import", "key": "cli"}
    assert satchel.takes({"content": "Prefers oat flat white"}) == "Created 0, unchanged 1, skipped 0.\n"


def test_what_is_taken_in_is_found_by_meaning_at_once(satchel: Satchel) -> None:
    satchel.takes({"content": "Prefers oat flat white"}, {"content": "The invoice is due on Friday"})
    found = json.loads(satchel.ok("memories", "search", "what does she like to drink?", "--json"))
    assert found["memories"][0]["content"] == "Prefers oat flat white"
    assert found["mode"] == "hybrid"


def test_blank_lines_and_a_byte_order_mark_are_no_lines(satchel: Satchel) -> None:
    given = b'\xef\xbb\xbf{"content": "one"}\r\n\r\n  \n{"content": "two"}'
    assert satchel.ok("import", "-", given=given) == "Created 2, unchanged 0, skipped 0.\n"


def test_tenants_are_kept_apart(satchel: Satchel) -> None:
    line = json.dumps({"content": "of acme", "memory_id": "m1"})
    satchel.ok("import", "-", "--tenant", "acme", given=line)
    satchel.ok("import", "-", "--tenant", "globex", given=line.replace("acme", "globex"))
    assert [each["content"] for each in satchel.exported("--tenant", "acme")] == ["of acme"]
    assert [each["content"] for each in satchel.exported("--tenant", "globex")] == ["of globex"]
    assert satchel.exported() == []


@pytest.mark.parametrize("tenant", ["", "a" * 65, "a b", "a/b", "ä", "a\n"])
def test_a_tenant_that_cannot_be_one_is_a_usage_error(satchel: Satchel, tenant: str) -> None:
    for command in ("export", "import"):
        done = satchel(command, "-", "--tenant", tenant)
        assert (done.exit_code, "1 to 64 letters" in done.stderr) == (2, True)


DEEP = '{"content": "x", "metadata": ' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "is not JSON: Expecting property name enclosed in double quotes at column 2"),
        ("[1]", "is not a JSON object"),
        ("null", "is not a JSON object"),
        ('{"content": NaN}', "holds NaN, which is not JSON"),
        ("{}", "content: field required"),
        ('{"content": " "}', "content: is blank"),
        ('{"content": "\\u0000"}', "content: nothing is left of it after clean-up"),
        ('{"content": "\\ud800"}', "content: input should be a valid string"),
        ('{"content": "x", "metadata": {"a": "\\ud800"}}', "metadata: holds an unpaired surrogate"),
        ('{"content": "x", "metadata": {"a": 1e999}}', "metadata: holds NaN or infinity"),
        ('{"content": "x", "metadata": {"a": [[[[[1]]]]]}}', "metadata: is nested deeper than 5 levels"),
        (DEEP, "is nested too deep"),
        ('{"content": "x", "surprise": 1}', "surprise: no such field"),
        ('{"content": "x", "importance": 2}', "importance: input should be less than or equal to 1"),
        ('{"content": "x", "importance": "1"}', "importance: input should be a valid number"),
        ('{"content": "x", "state": "lost"}', "state: input should be"),
        ('{"content": "x", "created_at": "yesterday"}', "created_at: is not an ISO 8601 date or time"),
        ('{"content": "x", "session_id": "a b"}', "session_id: string should match pattern"),
        ('{"content": "x", "memory_id": "a\\u001bb"}', "memory_id: holds control characters"),
        ('{"content": "x", "access_count": -1}', "access_count: input should be greater than or equal to 0"),
        ('{"content": "x", "entities": [{"name": ""}]}', "entities.0.name: is blank"),
        ('{"content": "x", "superseded_by": "m2"}', "superseded_by names another memory"),
        ('{"content": "x", "state": "superseded"}', "a superseded memory needs its memory_id"),
        ('{"content": "' + "x" * 10_001 + '"}', "content: string should have at most 10000 characters"),
        (json.dumps({"content": "x", "metadata": {"a": "x" * 10_241}}), "metadata: is 10,249 bytes of JSON"),
        (json.dumps({"content": "x" * 5_000_000}), "is longer than 4,194,304 bytes"),
        ('{"content": ' + "1" * 5_000 + "}", "Exceeds the limit"),
    ],
)
def test_a_bad_line_is_named_and_nothing_of_its_batch_is_written(satchel: Satchel, line: str, says: str) -> None:
    done = satchel("import", "-", given=f'{{"content": "before"}}\n\n{line}\n{{"content": "after"}}\n')
    assert done.exit_code == 1
    assert f"line 3: {says}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == "Created 0, unchanged 0, skipped 0.\n"
    assert satchel.exported() == []


def test_a_line_that_is_not_utf_8_is_a_bad_line(satchel: Satchel) -> None:
    done = satchel("import", "-", given=b'{"content": "caf\xe9"}')
    assert (done.exit_code, "line 1: is not UTF-8" in done.stderr) == (1, True)


def test_bad_lines_are_reported_and_skipped_when_that_is_asked_for(satchel: Satchel) -> None:
    given = '{"content": "one"}\n{"content": 1}\n' + "x" * 5_000_000 + '\n{"content": "two"}\n'
    done = satchel("import", "-", "--skip-invalid", given=given)
    assert (done.exit_code, done.stdout) == (0, "Created 2, unchanged 0, skipped 2.\n")
    assert "line 2: content: input should be a valid string" in done.stderr
    assert "line 3: is longer than" in done.stderr


def test_only_the_first_skipped_lines_are_told_one_by_one(satchel: Satchel) -> None:
    done = satchel("import", "-", "--skip-invalid", given="nothing\n" * 100)
    assert done.stdout == "Created 0, unchanged 0, skipped 100.\n"
    assert done.stderr.splitlines()[-1] == "and 90 more lines were skipped"


def test_the_batches_before_a_bad_line_stay(satchel: Satchel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    done = satchel("import", "-", given='{"content": "1"}\n{"content": "2"}\n{"content": "3"}\n{}\n')
    assert (done.exit_code, done.stdout) == (1, "Created 2, unchanged 0, skipped 0.\n")
    assert [each["content"] for each in satchel.exported()] == ["1", "2"]


def test_history_holds_across_batches(
    satchel: Satchel, another: Callable[[str], Satchel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    anyio.run(live_a_little, satchel.home)
    satchel.ok("export", tmp_path / "one.jsonl")
    other = another("other")
    other.ok("import", tmp_path / "one.jsonl")
    other.ok("export", tmp_path / "two.jsonl")
    assert unsourced(tmp_path / "two.jsonl") == unsourced(tmp_path / "one.jsonl")


def test_a_replacement_that_is_not_in_the_file_is_told(satchel: Satchel) -> None:
    line = {"content": "old", "memory_id": "m1", "state": "superseded", "superseded_by": "m2"}
    done = satchel("import", "-", given=json.dumps(line))
    assert "1 replaced memories name one that is not in the file" in done.stderr
    assert done.stdout == "Created 1, unchanged 0, skipped 0.\n"


def test_what_is_here_is_never_changed(satchel: Satchel) -> None:
    satchel.takes({"content": "mine", "memory_id": "m1", "importance": 0.9})
    before = satchel.exported()
    done = satchel("import", "-", given='{"content": "theirs", "memory_id": "m1"}\n{"content": "mine"}\n')
    assert done.stdout == "Created 0, unchanged 1, skipped 1.\n"
    assert done.stderr == "line 1: 'm1' is another memory here\n"
    assert satchel.exported() == before


def test_tags_of_html_are_handled_as_for_agents(satchel: Satchel) -> None:
    """But what comes from an export has been through that, and is kept to the letter."""
    own = {"content": "5 &lt; 6 <b>x</b>", "memory_id": "m1", "provenance": {"origin": "agent"}}
    given = json.dumps({"content": "a <b>bold</b> word"}) + "\n" + json.dumps(own)
    satchel.ok("import", "-", given=given, SATCHEL_MEMORY_HTML="strip")
    assert [each["content"] for each in satchel.exported()] == ["a bold word", "5 &lt; 6 <b>x</b>"]


def test_a_file_that_is_there_is_not_written_over(satchel: Satchel, tmp_path: Path) -> None:
    satchel.takes({"content": "one"})
    (tmp_path / "there").write_text("precious")
    for command in ("export", "backup"):
        done = satchel(command, tmp_path / "there")
        assert (done.exit_code, "--force" in done.stderr) == (1, True)
    assert (tmp_path / "there").read_text() == "precious"


def test_an_export_is_for_its_owner_only(satchel: Satchel, tmp_path: Path) -> None:
    satchel.takes({"content": "one"})
    satchel.ok("export", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["export", "{missing}/file"], "No such file or directory"),
        (["backup", "{missing}/file"], "No such file or directory"),
        (["import", "{missing}/file"], "No such file or directory"),
    ],
)
def test_a_place_that_is_not_there_is_told_in_one_line(
    satchel: Satchel, tmp_path: Path, arguments: list[str], says: str
) -> None:
    satchel.takes({"content": "one"})
    done = satchel(*[argument.format(missing=tmp_path / "missing") for argument in arguments])
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert says in done.stderr


def test_a_file_is_named_as_it_was_given(satchel: Satchel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No capital at the beginning of the line."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "copy.sqlite").write_text("no database")
    done = satchel("restore", "copy.sqlite")
    assert (done.exit_code, done.stderr.startswith("satchel: copy.sqlite: ")) == (1, True), done.stderr
