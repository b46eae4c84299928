"""Two tenants on one server, one of them with two keys, in every way of reaching it: no answer, error, notification or
log line tells one what is the other's, and no id of the other's does anything."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing, suppress
from pathlib import Path

import anyio
import pytest

from tests.server.web.running import Served, new_key, served
from tests.server.web.steps import COMMON, STEPS
from tests.server.web.talking import Way, legacy, modern, sse
from tests.server.web.walking import Tenant, Walker

pytestmark = [pytest.mark.anyio, pytest.mark.fuzz, pytest.mark.slow]

SECRETS = {"acme": "quolladium", "globex": "zephyrite"}
WALKS = {"modern": 2_150, "legacy": 400, "sse": 300}
"""Steps of each walker, by the way it goes: 10,000 of all eight."""
SOURCE = """
[data_sources.{name}]
url = "sqlite:///{name}.sqlite"
description = "{description}"
tenants = {tenants}
"""


def with_databases(home: Path) -> None:
    """A database of each tenant, which holds its secret, and one for both."""
    shares = {f"{secret}_shop": ([tenant], secret) for tenant, secret in SECRETS.items()}
    shares[COMMON] = (list(SECRETS), "")
    texts: list[str] = []
    for name, (tenants, secret) in shares.items():
        with closing(sqlite3.connect(home / f"{name}.sqlite")) as db, db:
            db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT)")
            db.executemany(
                "INSERT INTO customers (name, city) VALUES (?, ?)",
                [(f"{secret} Anna".strip(), "Berlin"), (f"{secret} Bob".strip(), "Rome")],
            )
        texts.append(SOURCE.format(name=name, description=f"A shop {secret}".strip(), tenants=tenants))
    (home / "satchel.toml").write_text("".join(texts), "utf-8")


def ways(port: int, keys: dict[str, list[str]]) -> list[tuple[str, str, AbstractAsyncContextManager[Way]]]:
    """Eight agents: whose each is, its kind, and how it reaches the server."""
    (first, second), (third,) = keys["acme"], keys["globex"]
    return [
        ("acme", "modern", modern(port, first)),
        ("acme", "modern", modern(port, second)),
        ("acme", "legacy", legacy(port, second)),
        ("acme", "sse", sse(port, first)),
        ("globex", "modern", modern(port, third)),
        ("globex", "modern", modern(port, third)),
        ("globex", "legacy", legacy(port, third)),
        ("globex", "sse", sse(port, third)),
    ]


async def walked(server: Served, keys: dict[str, list[str]], draw: random.Random) -> list[Walker]:
    """All eight agents, once they have gone their ways side by side."""
    tenants = {name: Tenant(name, secret) for name, secret in SECRETS.items()}
    done: Counter[str] = Counter()
    walkers: list[Walker] = []
    drawn = [random.Random(draw.random()) for _ in range(8)]

    async def go(number: int, name: str, kind: str, way: AbstractAsyncContextManager[Way]) -> None:
        (other,) = [each for each in tenants.values() if each.name != name]
        async with way as reached:
            walker = Walker(tenants[name], other, f"w{number}", reached, drawn[number], done)
            walkers.append(walker)
            await walker.walk(STEPS, WALKS[kind])

    async with anyio.create_task_group() as tasks:
        for number, (name, kind, way) in enumerate(ways(server.port, keys)):
            tasks.start_soon(go, number, name, kind, way)
    return walkers


def rows(db: sqlite3.Connection) -> dict[str, list[str]]:
    """All that is kept of each tenant, as text, from every table that says whose its rows are, without the name of the
    foreign session that it asked for."""
    kept: dict[str, list[str]] = {name: [] for name in SECRETS}
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        with suppress(sqlite3.OperationalError):  # a table without tenants
            for name in SECRETS:
                kept[name] += map(repr, db.execute(f"SELECT * FROM {table} WHERE tenant = ?", (name,)))
    asked = {name: f"'{other}-all'" for name, other in zip(SECRETS, reversed(SECRETS.values()), strict=True)}
    return {name: [row.replace(asked[name], "") for row in found] for name, found in kept.items()}


async def test_nothing_crosses_between_tenants_in_ten_thousand_steps(
    tmp_path: Path, draw: random.Random, record_property: Callable[[str, object], None]
) -> None:
    """Each step is taken by one of eight agents at once; half of the ids they use are the other tenant's."""
    with_databases(tmp_path)
    keys = {"acme": [new_key(tmp_path, "acme"), new_key(tmp_path, "acme")], "globex": [new_key(tmp_path, "globex")]}
    with served(tmp_path, SATCHEL_RATE_LIMIT="0") as server:
        walkers = await walked(server, keys, draw)
    done = walkers[0].done
    record_property("steps", sum(WALKS[kind] for _, kind, _ in ways(server.port, keys)))
    assert min(done.values()) > 0, done
    assert min(walker.own_secrets_seen for walker in walkers) > 50
    assert not [line for line in server.log if any(secret in line for secret in SECRETS.values())]
    with closing(sqlite3.connect(tmp_path / "data" / "satchel.sqlite")) as db:
        kept = rows(db)
        memories = dict(db.execute("SELECT memory_id, content FROM memories WHERE state = 'active'"))
    for name, other in ("acme", "globex"), ("globex", "acme"):
        assert any(SECRETS[name] in row for row in kept[name])
        assert not [row for row in kept[name] if SECRETS[other] in row]
    assert memories == {key: text for walker in walkers for key, text in walker.memories.items()}
