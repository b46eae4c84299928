"""Tries out what escalation would do, without a store: how a message is judged, and whether the channels work."""

import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from server.channels import channels
from server.cli import Failure, settings_from, settings_options
from server.cli.printing import inert, out, out_json
from server.cli.running import checked, failures, prepare
from tools.escalation.channel import Payload, SendFailed

if TYPE_CHECKING:
    from tools.escalation.channel import Channel


@click.command("check")
@click.argument("text")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.7, show_default=True, help="Escalate from here.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@settings_options
def check(text: str, threshold: float, as_json: bool, config: Path | None, **flags: Any) -> None:
    """How a customer's message TEXT is judged; nothing is recorded."""
    from server.policies import escalation_policy
    from tools.escalation.checking import judged
    from tools.escalation.models import CheckArguments

    settings = settings_from(config, **flags)
    prepare(settings)
    asked = checked(CheckArguments, message=text, confidence_threshold=threshold)
    found = judged(escalation_policy(settings, ()), asked)
    if as_json:
        out_json(found.model_dump(mode="json"))
    else:
        out(inert(found.text()))


@click.command("test-notification")
@settings_options
def test_notification(config: Path | None, **flags: Any) -> None:
    """Send a message marked as a test over each channel that is set up, and say what happened."""
    settings = settings_from(config, **flags)
    prepare(settings)
    ways = channels(settings)
    if not ways:
        raise Failure(
            "no channel is set up. Set SATCHEL_ESCALATION_WEBHOOK_URL and SATCHEL_ESCALATION_WEBHOOK_SECRET, or"
            " SATCHEL_ESCALATION_SMTP_URL, SATCHEL_ESCALATION_EMAIL_FROM and SATCHEL_ESCALATION_EMAIL_TO."
        )
    with failures():
        failed = anyio.run(_try_all, ways)
    if failed:
        raise Failure(f"not delivered: {', '.join(failed)}. Correct the settings, then try again.")


async def _try_all(ways: "dict[str, Channel]") -> list[str]:
    """The channels that failed."""
    failed: list[str] = []
    for name, channel in ways.items():
        now = time.time_ns() // 1_000_000
        try:
            await channel.send(f"test-{secrets.token_hex(8)}", _test(now), now)
        except SendFailed as failure:
            out(f"{name}: {failure.reason}")
            failed.append(name)
        else:
            out(f"{name}: delivered")
    return failed


def _test(now: int) -> Payload:
    from storage.transfer import moment

    return {
        "event": "escalation.test",
        "escalation_id": "test",
        "tenant": "local",
        "session_id": "test",
        "status": "open",
        "level": "low",
        "category": "test",
        "confidence": 0.0,
        "signals": [],
        "handoff": {
            "summary": "This is a test of satchel's notifications. Nobody waits for a person.",
            "customer": {},
            "open_questions": [],
            "memories": [],
        },
        "created_at": moment(now),
        "version": "test",
    }
