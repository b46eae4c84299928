"""`satchel escalations`: what an operator sees of those who wait, does about them, and learns of who was told."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from storage import deliveries, escalations
from storage.database import Connection
from tests.escalations import EVIDENCE, SUMMARY, new
from tests.server.cli.conftest import Satchel
from tests.server.receiving import answer, hook

NOW = 1_800_000_000_000
HOSTILE = "[red]not markup[/red] \u202eevil\u202c \u009b31m\nstatus: resolved"


def record(satchel: Satchel, escalation_id: str, *channels: str, tenant: str = "local", **given: Any) -> None:
    added = new(escalation_id, **given)
    satchel.in_store(lambda db: escalations.record(db, tenant, added, NOW, channels))


def give_up(satchel: Satchel) -> str:
    """Fail the next delivery for good; its id."""

    def fail(db: Connection) -> str:
        delivery = deliveries.claim(db, "webhook", NOW, 60_000)
        assert delivery
        deliveries.failed(db, delivery.delivery_id, NOW, "answered 500\x1b", None)
        return delivery.delivery_id

    return satchel.in_store(fail)


def ids(satchel: Satchel, *arguments: str) -> list[str]:
    found: list[dict[str, Any]] = json.loads(satchel.ok("escalations", "list", "--json", *arguments))
    return [each["escalation_id"] for each in found]


@pytest.fixture
def filled(satchel: Satchel) -> Satchel:
    satchel.takes({"content": "Calls after six", "memory_id": "m1"})
    record(satchel, "e1", level="medium", brief={"memory_ids": ["m1"]})
    record(satchel, "e2", level="critical", session_id="s")
    record(satchel, "foreign", tenant="acme")
    return satchel


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ["e2", "e1"]),
        (["--limit", "1"], ["e2"]),
        (["--session", "s"], ["e2"]),
        (["--status", "open"], ["e2", "e1"]),
        (["--status", "resolved"], []),
        (["--tenant", "acme"], ["foreign"]),
        (["--session", "' OR 1=1 --"], []),
    ],
)
def test_a_list_holds_who_waits_the_most_urgent_first(filled: Satchel, arguments: list[str], found: list[str]) -> None:
    assert ids(filled, *arguments) == found


def test_a_list_is_a_line_each_and_says_how_many_more_there_are(filled: Satchel) -> None:
    done = filled("escalations", "list", "--limit", "1")
    heading, line = done.stdout.splitlines()
    assert heading.split() == ["ID", "SINCE", "STATUS", "LEVEL", "CATEGORY", "SESSION", "SUMMARY"]
    assert line.split()[:7] == ["e2", "2027-01-15", "08:00", "open", "critical", "explicit_request", "s"]
    assert done.stderr == "1 of 2. --limit shows more.\n"


def test_an_escalation_is_shown_with_all_there_is_to_know(filled: Satchel) -> None:
    filled.ok("escalations", "note", "e1", "Called them")
    shown = filled.ok("escalations", "show", "e1").splitlines()
    for line in (
        "escalation_id: e1",
        "status: open",
        "level: medium",
        "customer: name: Anna",
        "open question: Where is it?",
        f"signal: explicit_request 0.95  {EVIDENCE}",
        "memory: m1  Calls after six",
        "history: 2027-01-15T08:00:00Z opened by stdio  medium",
    ):
        assert line in shown
    assert any(line.startswith("history: ") and line.endswith("noted by cli  Called them") for line in shown)
    assert shown[-2:] == [f"  {line}" for line in SUMMARY.splitlines()]
    record_of_it = json.loads(filled.ok("escalations", "show", "e1", "--json"))
    assert record_of_it["handoff"]["memories"] == [{"memory_id": "m1", "content": "Calls after six"}]


def test_acknowledging_and_resolving_are_told_and_kept(filled: Satchel) -> None:
    assert filled.ok("escalations", "acknowledge", "e1", "e2") == "e1: acknowledged\ne2: acknowledged\n"
    assert ids(filled, "--status", "acknowledged") == ["e2", "e1"]
    assert filled.ok("escalations", "resolve", "e2", "--note", "Refunded") == "e2: resolved\n"
    assert ids(filled) == ["e1"]
    (settled,) = json.loads(filled.ok("escalations", "list", "--status", "resolved", "--json"))
    assert settled["resolved_at"]
    assert "resolved by cli  Refunded" in filled.ok("escalations", "show", "e2")


def test_a_wrong_id_keeps_none_of_the_others_from_being_done(filled: Satchel) -> None:
    done = filled("escalations", "resolve", "nope\x1b", "e1")
    assert (done.exit_code, done.stdout) == (1, "e1: resolved\n")
    assert done.stderr == "satchel: No escalation 'nope\\x1b'. `satchel escalations list` shows ids.\n"


@pytest.mark.parametrize(
    "arguments",
    [["show", "nope"], ["show", "foreign"], ["acknowledge", "foreign"], ["note", "nope", "x"]],
)
def test_an_unknown_or_foreign_one_is_told_in_one_line(filled: Satchel, arguments: list[str]) -> None:
    done = filled("escalations", *arguments)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "`satchel escalations list` shows ids." in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--status", "closed"],
        ["list", "--limit", "0"],
        ["list", "--tenant", "a b"],
        ["show"],
        ["resolve"],
        ["note", "e1"],
        ["note", "e1", "x" * 2_001],
        ["note", "e1", "a\x07b"],
        ["acknowledge", "x" * 65],
        ["deliveries", "--state", "lost"],
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)
def test_a_mistake_in_the_command_line_ends_with_2(filled: Satchel, arguments: list[str]) -> None:
    assert filled("escalations", *arguments).exit_code == 2
    assert ids(filled) == ["e2", "e1"]


@pytest.mark.parametrize("arguments", [["list", "--session", "\udcff"], ["show", "\udcff"]])
def test_bytes_that_are_no_text_are_told_in_one_line(filled: Satchel, arguments: list[str]) -> None:
    done = filled("escalations", *arguments)
    assert (done.exit_code, done.stderr) == (
        1, "satchel: an argument is not valid text. Check the encoding of the terminal.\n"
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["list"], ["show", "e"]])
def test_what_customers_wrote_is_printed_as_inert_text(satchel: Satchel, arguments: list[str]) -> None:
    satchel.takes({"content": "x"})
    signal = {"name": "anger", "weight": 0.5, "evidence": HOSTILE, "message_index": 0}
    record(
        satchel,
        "e",
        brief={"summary": HOSTILE, "customer": {HOSTILE: HOSTILE}, "open_questions": [HOSTILE]},
        signals=[signal],
    )
    shown = satchel.ok("escalations", *arguments)
    assert "[red]not markup[/red] ⟨U+202E⟩evil⟨U+202C⟩ ⟨U+009B⟩31m" in shown
    assert not any(char in shown for char in "\x1b\x9b\u202e")
    assert [line for line in shown.splitlines() if line.startswith("status: resolved")] == []
    assert satchel.ok("escalations", *arguments, "--json").isascii()


def test_deliveries_tell_who_was_told_and_why_not(satchel: Satchel) -> None:
    satchel.takes({"content": "x"})
    record(satchel, "e1", "webhook", "email")
    delivery_id = give_up(satchel)
    found = json.loads(satchel.ok("escalations", "deliveries", "--json"))
    assert {(each["channel"], each["state"], each["attempts"]) for each in found} == {
        ("webhook", "dead", 1), ("email", "waiting", 0),
    }  # fmt: skip
    line = satchel.ok("escalations", "deliveries", "--state", "dead").splitlines()[1]
    assert line.split()[0] == delivery_id
    assert line.rstrip().endswith("answered 500⟨U+001B⟩")
    assert json.loads(satchel.ok("escalations", "deliveries", "--tenant", "acme", "--json")) == []


def test_what_was_given_up_is_tried_again(satchel: Satchel) -> None:
    satchel.takes({"content": "x"})
    for name in ("e1", "e2", "e3"):
        record(satchel, name, "webhook")
    given_up = [give_up(satchel) for _ in range(3)]
    assert satchel.ok("escalations", "retry", given_up[0]).startswith("Waiting again: 1.")
    done = satchel("escalations", "retry", given_up[0], given_up[1])
    assert (done.exit_code, done.stdout.split(".")[0]) == (1, "Waiting again: 1")
    assert "1 of them are not among those given up" in done.stderr
    assert satchel.ok("escalations", "retry", "--tenant", "acme").startswith("Waiting again: 0.")
    assert satchel.ok("escalations", "retry").startswith("Waiting again: 1.")


def test_the_doctor_names_what_was_given_up_and_what_waits_for_long(satchel: Satchel) -> None:
    satchel.takes({"content": "x"})
    assert notifications(satchel)["status"] == "ok"
    old = NOW - 10 * 365 * 86_400_000
    satchel.in_store(lambda db: escalations.record(db, "local", new("e1"), old, ["webhook"]))
    found = notifications(satchel)
    assert (found["status"], found["what"]) == ("warning", "1 have waited for more than an hour")
    record(satchel, "e2", "webhook")
    give_up(satchel)
    found = notifications(satchel)
    assert (found["status"], found["what"]) == ("warning", "1 were given up")
    assert "`retry` sends" in found["mend"]


def notifications(satchel: Satchel) -> dict[str, str]:
    checks: list[dict[str, str]] = json.loads(satchel.ok("doctor", "--json"))["checks"]
    (found,) = [check for check in checks if check["name"] == "notifications"]
    return found


def test_a_message_is_judged_without_a_store(satchel: Satchel) -> None:
    assert satchel.ok("escalations", "check", "What are your opening hours?") == "escalate: no\n"
    judged = json.loads(satchel.ok("escalations", "check", "I want to speak to a human being \u202enow", "--json"))
    assert (judged["should_escalate"], judged["category"]) == (True, "explicit_request")
    assert judged["escalation_id"] is None
    assert satchel.ok("escalations", "check", "Let me speak to a human.").startswith("escalate: yes")
    assert not satchel.home.exists()


@pytest.mark.parametrize("arguments", [["check"], ["check", " "], ["check", "x" * 5_001], ["check", "a\x07"]])
def test_what_is_no_message_is_not_judged(satchel: Satchel, arguments: list[str]) -> None:
    assert satchel("escalations", *arguments).exit_code == 2


def test_the_channels_are_tried_with_a_message_marked_as_a_test(satchel: Satchel) -> None:
    async def tried(*answers: bytes) -> tuple[int, str, str, dict[str, Any]]:
        async with hook(*answers) as hooked:
            work = partial(satchel, "escalations", "test-notification", **webhook(hooked.url))
            done = await anyio.to_thread.run_sync(work)
            return done.exit_code, done.stdout, done.stderr, json.loads(hooked.heard[0].body)

    code, shown, _, sent = anyio.run(tried)
    assert (code, shown, sent["event"]) == (0, "webhook: delivered\n", "escalation.test")
    assert "This is a test" in sent["handoff"]["summary"]
    code, shown, complaint, _ = anyio.run(tried, answer(500))
    assert (code, shown) == (1, "webhook: answered 500\n")
    assert "sesame" not in shown + complaint


def webhook(url: str) -> dict[str, str]:
    return {
        "SATCHEL_ESCALATION_WEBHOOK_URL": url,
        "SATCHEL_ESCALATION_WEBHOOK_SECRET": "sesame",
        "SATCHEL_ESCALATION_WEBHOOK_PRIVATE": "true",
    }


def test_without_a_channel_there_is_nothing_to_try(satchel: Satchel) -> None:
    done = satchel("escalations", "test-notification")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "no channel is set up" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["show", "e"], ["resolve", "e"], ["deliveries"], ["retry"]],
)
def test_a_directory_without_a_store_is_told_and_not_made(satchel: Satchel, arguments: list[str]) -> None:
    done = satchel("escalations", *arguments)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert f"{satchel.data}: nothing is kept here yet" in done.stderr
    assert not satchel.home.exists()


def test_resolved_ones_are_deleted_by_maintain(satchel: Satchel, tmp_path: Path) -> None:
    satchel.takes({"content": "x"})
    old = NOW - 10 * 365 * 86_400_000
    for name in ("e1", "e2"):
        record(satchel, name)
    satchel.in_store(lambda db: escalations.resolve(db, "local", "e1", "cli", "", old))
    assert "Escalations: 0 removed." in satchel.ok("maintain", SATCHEL_ESCALATION_RETENTION_DAYS="0")
    assert "Escalations: 1 removed." in satchel.ok("maintain")
    assert ids(satchel) == ["e2"]
