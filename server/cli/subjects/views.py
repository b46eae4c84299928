"""Tenants and sessions as lines for a person and as records for a program."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from server.cli.printing import one_line, table
from server.cli.times import minute
from storage.subjects.listing import SessionRow, TenantRow
from storage.times import moment

OF_TENANT_EXPORTED = "Documents and attachments belong to the tenant, not to a session: `satchel tenants export`."
MIB = 1 << 20


def print_tenants(rows: Sequence[TenantRow]) -> None:
    """One line each."""
    table(
        ("TENANT", "MEMORIES", "CHUNKS", "MIB", "KEYS", "LAST CALL"),
        [
            (
                one_line(row.tenant),
                f"{row.memories:,}",
                f"{row.chunks:,}",
                f"{row.bytes / MIB:,.1f}",
                f"{row.keys:,}",
                minute(row.last_call_at, "-"),
            )
            for row in rows
        ],
    )


def print_sessions(rows: Sequence[SessionRow]) -> None:
    """One line each."""
    table(
        ("SESSION", "MEMORIES", "ESCALATIONS", "QUERIES", "LAST CHANGE"),
        [
            (one_line(row.session_id), f"{row.memories:,}", f"{row.escalations:,}", f"{row.queries:,}",
             minute(row.last_at, "-"))
            for row in rows
        ],
    )  # fmt: skip


def tenant_record(row: TenantRow) -> dict[str, Any]:
    """A tenant for a program."""
    return asdict(row) | {"last_call_at": moment(row.last_call_at)}


def session_record(row: SessionRow) -> dict[str, Any]:
    """A session for a program."""
    return asdict(row) | {"last_at": moment(row.last_at)}
