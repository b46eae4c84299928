"""Which tenants there are, and which sessions a tenant has: for an operator, from small tables where there are some."""

import sqlite3
from dataclasses import dataclass

TENANTS = """SELECT t.tenant, coalesce(u.memories, 0), coalesce(u.chunks, 0), coalesce(u.bytes, 0),
        (SELECT count(*) FROM api_keys k WHERE k.tenant = t.tenant AND k.revoked_at IS NULL),
        (SELECT max(at) FROM audit a WHERE a.tenant = t.tenant)
    FROM (SELECT tenant FROM tenant_usage UNION SELECT tenant FROM api_keys UNION SELECT tenant FROM audit
        UNION SELECT tenant FROM documents UNION SELECT tenant FROM escalations UNION SELECT tenant FROM sql_patterns
        UNION SELECT tenant FROM sql_rules) t
    LEFT JOIN tenant_usage u USING (tenant) WHERE t.tenant <> '' ORDER BY t.tenant"""
SESSIONS = """SELECT session_id, sum(memories), sum(escalations), sum(queries), max(last_at) FROM (
        SELECT session_id, count(*) AS memories, 0 AS escalations, 0 AS queries, max(updated_at) AS last_at
            FROM memories WHERE tenant = :tenant GROUP BY session_id
        UNION ALL SELECT session_id, 0, count(*), 0, max(updated_at)
            FROM escalations WHERE tenant = :tenant GROUP BY session_id
        UNION ALL SELECT session_id, 0, 0, count(*), max(used_at)
            FROM sql_patterns WHERE tenant = :tenant GROUP BY session_id
        UNION ALL SELECT session_id, 0, 0, 0, max(at)
            FROM sql_last_runs WHERE tenant = :tenant GROUP BY session_id)
    WHERE session_id <> '' GROUP BY session_id ORDER BY max(last_at) DESC, session_id LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class TenantRow:
    """What a tenant keeps, how many keys are valid for it, and when it last called, in milliseconds since the epoch."""

    tenant: str
    memories: int
    chunks: int
    bytes: int
    keys: int
    last_call_at: int | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """What there is of a session, and when the last of it changed, in milliseconds since the epoch."""

    session_id: str
    memories: int
    escalations: int
    queries: int
    last_at: int


def tenants(db: sqlite3.Connection) -> list[TenantRow]:
    """Every tenant that keeps something, has a key or ever called, in alphabetical order."""
    return [TenantRow(*row) for row in db.execute(TENANTS)]


def sessions(db: sqlite3.Connection, tenant: str, limit: int) -> list[SessionRow]:
    """The tenant's sessions, the last changed first."""
    return [SessionRow(*row) for row in db.execute(SESSIONS, {"tenant": tenant, "limit": limit})]
