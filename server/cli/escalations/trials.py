"""Tries out what escalation would do, without a store: how a message is judged, and whether the channels work."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from server.channels import channels
from server.cli.failures import Failure, failures
from server.cli.options import json_option, settings_from, settings_options
from server.cli.printing import inert, out, out_json
from server.cli.running import checked, prepare
from server.cli.times import now
from tools.escalation.channel import Payload, SendFailed

if TYPE_CHECKING:
    from tools.escalation.channel import Channel


@click.command("check")
@click.argument("text")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.7, show_default=True, help="Escalate from here.")
@json_option
@settings_options
def check(text: str, threshold: float, as_json: bool, config: Path | None, **flags: Any) -> None:
    """How a customer's message TEXT is judged; nothing is recorded."""
    from server.config.policies import escalation_policy
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
        at = now()
        try:
            await channel.send(f"test-{secrets.token_hex(8)}", _test(at), at)
        except SendFailed as failure:
            out(f"{name}: {failure.reason}")
            failed.append(name)
        else:
            out(f"{name}: delivered")
    return failed


def _test(at: int) -> Payload:
    from storage.times import moment

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
        "created_at": moment(at),
        "version": "test",
    }
