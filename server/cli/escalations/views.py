"""Escalations and their announcements as lines for a person and as records for a program."""

from collections.abc import Sequence
from dataclasses import asdict
from textwrap import indent
from typing import Any

from server.cli.printing import inert, one_line, out, table
from server.cli.times import minute
from storage.deliveries import Delivery
from storage.escalations import EscalationRow
from storage.times import moment
from tools.escalation.models import Shown

ROW_TIMES = ("created_at", "updated_at", "acknowledged_at", "resolved_at")
DELIVERY_TIMES = ("next_at", "created_at", "failed_at", "delivered_at")


def record(row: EscalationRow) -> dict[str, Any]:
    """An escalation for a program: times as ISO 8601, no numbers of ours."""
    values = {name: value for name, value in asdict(row).items() if name != "row_id"}
    return values | {name: moment(values[name]) for name in ROW_TIMES}


def print_rows(found: Sequence[EscalationRow]) -> None:
    """One line each."""
    table(
        ("ID", "SINCE", "STATUS", "LEVEL", "CATEGORY", "SESSION", "SUMMARY"),
        [
            (
                one_line(row.escalation_id),
                minute(row.created_at),
                row.status,
                row.level,
                one_line(row.category),
                row.session_id,
                one_line(row.brief["summary"]),
            )
            for row in found
        ],
    )


def print_escalation(shown: Shown) -> None:
    """A line a fact, then what was said, indented so that none of its lines looks like ours."""
    for name, value in shown.escalation.model_dump(exclude={"summary"}).items():
        out(f"{name}: {one_line(str(value))}")
    for name, value in shown.handoff.customer.items():
        out(f"customer: {one_line(f'{name}: {value}')}")
    for question in shown.handoff.open_questions:
        out(f"open question: {one_line(question)}")
    for signal in shown.signals:
        out(f"signal: {one_line(f'{signal.name} {signal.weight:.2f}  {signal.evidence}')}")
    for memory in shown.handoff.memories:
        out(f"memory: {one_line(f'{memory.memory_id}  {memory.content}')}")
    for event in shown.history:
        out(f"history: {one_line(f'{event.at} {event.action} by {event.key}  {event.note}')}")
    out(indent(inert(f"\n{shown.escalation.summary}"), "  "))


def delivery_record(delivery: Delivery) -> dict[str, Any]:
    """A delivery for a program."""
    values = {name: value for name, value in asdict(delivery).items() if name != "tenant"}
    return values | {name: moment(values[name]) for name in DELIVERY_TIMES}


def print_deliveries(found: Sequence[Delivery]) -> None:
    """One line each."""
    table(
        ("ID", "SINCE", "CHANNEL", "EVENT", "STATE", "FAILED", "ESCALATION", "LAST ERROR"),
        [
            (
                each.delivery_id,
                minute(each.created_at),
                each.channel,
                each.event,
                each.state,
                str(each.attempts),
                one_line(each.escalation_id),
                one_line(each.last_error),
            )
            for each in found
        ],
    )
