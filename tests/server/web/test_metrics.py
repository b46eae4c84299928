"""The numbers: right, bounded, and nobody's secret. What documentation, dashboard and alerts name is really there."""

import json
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Never

import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.house import House
from server.identity import LOCAL
from server.lifespan import open_house
from server.records import Call
from server.web.admission import Admissions
from server.web.limits import Limits
from server.web.metrics import OTHER, Metrics
from server.web.streams import Streams
from storage.index.indexer import Indexer, Pace
from storage.memories.rows import MemoryFilter
from tests.client import ROOT, settings
from tests.server.web.running import headers_of, new_key, over_http, served

pytestmark = pytest.mark.anyio

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def made(**given: object) -> Metrics:
    return Metrics(Admissions(Limits(0, 16, 128)), Streams(), **given)  # type: ignore[arg-type]  # a test's own words


def ended(action: str, outcome: str, seconds: float) -> Call:
    return Call(action, LOCAL, True, outcome, elapsed_ms=seconds * 1000)


def samples(text: str) -> Samples:
    """Every number by its name and labels, as Prometheus reads them."""
    families = text_string_to_metric_families(text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


async def scraped(metrics: Metrics, house: House | None = None) -> Samples:
    return samples((await metrics.render(house)).decode())


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


@asynccontextmanager
async def opened(home: Path) -> AsyncGenerator[House]:
    async with open_house(settings(home), background=False) as house:
        yield house


async def test_calls_are_counted_by_tool_and_outcome() -> None:
    metrics = made()
    for outcome, seconds in (("ok", 0.004), ("ok", 0.3), ("timeout", 60.0)):
        metrics.observe(ended("rag_search", outcome, seconds))
    found = await scraped(metrics)
    assert value(found, "satchel_calls_total", tool="rag_search", outcome="ok") == 2
    assert value(found, "satchel_calls_total", tool="rag_search", outcome="timeout") == 1
    assert value(found, "satchel_call_seconds_bucket", tool="rag_search", le="0.005") == 1
    assert value(found, "satchel_call_seconds_bucket", tool="rag_search", le="10.0") == 2
    assert value(found, "satchel_call_seconds_count", tool="rag_search") == 3


async def test_requests_are_counted_by_route_behind_a_prefix_too() -> None:
    metrics = made(prefix="/satchel")
    for path in ("/satchel/mcp", "/mcp", "/satchel/messages/", "/satchel/.well-known/oauth-protected-resource/mcp"):
        metrics.answered(path, 200, 0.01)
    found = await scraped(metrics)
    counts = {dict(labels)["route"]: n for (name, labels), n in found.items() if name == "satchel_http_requests_total"}
    assert counts == {"/mcp": 2, "/messages": 1, "/.well-known": 1}


async def test_what_strangers_make_up_is_one_label() -> None:
    """Else anybody could fill the memory of this process and of Prometheus, and read their own words there."""
    metrics = made()
    for number in range(50):
        metrics.observe(ended(f"steal_{number}", f"outcome {number}", 1.0))
        metrics.answered(f"/wp-admin/{number}", 1000 + number, 1.0)
        metrics.answered(f"{number}", 404, 1.0)
        metrics.refused(f"reason {number}")
    found = await scraped(metrics)
    labels = {pair for name, labels in found if name.startswith("satchel_") for pair in labels if pair[0] != "le"}
    assert {pair for pair in labels if pair[0] != "version"} == {
        ("tool", OTHER), ("outcome", OTHER), ("route", OTHER), ("status", OTHER), ("status", "404"), ("reason", OTHER),
    }  # fmt: skip


async def test_prompts_are_counted_together() -> None:
    metrics = made()
    metrics.observe(ended("prompts/get", "ok", 0.1))
    assert value(await scraped(metrics), "satchel_calls_total", tool="prompts/get", outcome="ok") == 1


async def test_gauges_are_read_when_they_are_asked_for() -> None:
    streams = Streams()
    metrics = Metrics(Admissions(Limits(0, 16, 128)), streams)
    metrics.connections = lambda: 7
    seen: list[Samples] = []

    async def stream(*_: object) -> None:
        seen.append(await scraped(metrics))

    await streams.serve(stream, {}, never, never, never)
    assert (value(seen[0], "satchel_http_streams"), value(seen[0], "satchel_http_connections")) == (1, 7)
    assert value(await scraped(metrics), "satchel_http_streams") == 0


async def never(*_: object) -> Never:
    raise AssertionError


async def test_searches_are_counted_by_whether_their_scope_was_in_memory(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        search, embedders = house.memories.search, house.models.embedders()
        asked = MemoryFilter(now=1, session_id="s")
        for _ in range(3):
            await house.db.read(lambda db: search.find(db, "acme", asked, "anything", embedders))
        found = await scraped(made(), house)
    counts = {
        dict(labels)["result"]: count
        for (name, labels), count in found.items()
        if name == "satchel_cache_searches_total" and ("cache", "memories") in labels
    }
    assert counts == {"hit": 2, "miss": 1, "too_large": 0}


async def test_numbers_of_the_store_are_gone_with_it(tmp_path: Path) -> None:
    metrics = made()
    async with opened(tmp_path) as house:
        assert value(await scraped(metrics, house), "satchel_database_bytes") > 0
    found = await scraped(metrics)
    assert value(found, "satchel_store_open") == 0
    assert not any(name == "satchel_database_bytes" for name, _ in found)


@pytest.mark.parametrize(("model", "ready"), [("static", {"static": 1.0}), ("none", {})])
async def test_only_models_that_are_wanted_are_missed(tmp_path: Path, model: str, ready: dict[str, float]) -> None:
    async with open_house(settings(tmp_path, embedding_model=model), background=False) as house:
        found = await scraped(made(), house)
    assert {dict(labels)["model"]: n for (name, labels), n in found.items() if name == "satchel_embedding_ready"} == (
        ready
    )


async def test_the_index_lags_from_when_a_table_is_behind(tmp_path: Path) -> None:
    """Rows that wait on purpose, as no table is worth its while yet, are no lag."""
    times = iter([100.0, 100.0, 130.0])
    metrics = made(clock=partial(next, times))
    async with opened(tmp_path) as house, _stored(house):
        found = await scraped(metrics, house)
        assert value(found, "satchel_index_queue_rows") == 1
        assert (value(found, "satchel_index_due_rows"), value(found, "satchel_index_lag_seconds")) == (0, 0)
        eager = replace(house, indexer=Indexer(house.db, house.vectors, tmp_path / "data", pace=Pace()))
        assert value(await scraped(metrics, eager), "satchel_index_lag_seconds") == 0
        found = await scraped(metrics, eager)
        assert (value(found, "satchel_index_due_rows"), value(found, "satchel_index_lag_seconds")) == (1, 30)
        assert value(await scraped(metrics, house), "satchel_index_lag_seconds") == 0


@asynccontextmanager
async def _stored(house: House) -> AsyncGenerator[None]:
    from tools.memory.models import StoreArguments
    from tools.memory.storing import store
    from tools.services import Caller

    await house.backfill.register()
    await store(house.memories, Caller("acme", "key_1"), StoreArguments(content="Prefers oat flat white"))
    yield


@pytest.fixture(scope="module")
def scrape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """What a server says after some use, and the words that it must not say."""
    import anyio
    import httpx2

    home = tmp_path_factory.mktemp("home")
    key = new_key(home, "hospital", "read,write,admin")

    async def use(url: str) -> None:
        async with over_http(url, key) as agent:
            stored = await agent.store("Anna has an appointment", session_id="patient-4711")
            await agent.found("appointment", session_id="patient-4711")
            await agent.refused("memory_store", content="")
            await agent.resource("satchel://memories/patient-4711")
            secrets.append(stored)

    secrets = ["hospital", "patient", "Anna", key[-20:]]
    with served(home) as server, httpx2.Client(trust_env=False) as http:
        anyio.run(use, server.url)
        http.get(f"{server.url}/secret-path")
        answer = http.get(f"{server.url}/metrics", headers=headers_of(key))
        assert answer.status_code == 200, answer.text
        yield answer.text, secrets


def test_a_scrape_tells_nothing_of_tenants_sessions_keys_and_contents(scrape: tuple[str, list[str]]) -> None:
    text, secrets = scrape
    assert value(samples(text), "satchel_calls_total", tool="memory_store", outcome="ok") == 1
    assert [secret for secret in [*secrets, "secret-path"] if secret in text] == []
    labels = {name for _, pairs in samples(text) for name, _ in pairs}
    assert labels <= {
        "tool", "outcome", "route", "status", "reason", "model", "cache", "result", "state", "version", "le",
    }  # fmt: skip


def exposed(text: str) -> dict[str, set[str]]:
    """The names a query may use, with the labels they may have: from the samples, and from what is declared."""
    declared = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M)
    found: dict[str, set[str]] = {name: set() for name, _ in declared}
    for name, kind in declared:
        if kind == "histogram":
            found |= {f"{name}_{part}": set() for part in ("bucket", "sum", "count")}
    for name, pairs in samples(text):
        found.setdefault(name, set()).update(label for label, _ in pairs)
    return found


LABELS = {"satchel_refused_total": {"reason"}, "satchel_deliveries": {"state"}}
"""Of what a server that nothing happened to has no sample of."""
ADDED = {"job", "instance"}
"""By whoever scrapes."""


def queries() -> Iterator[tuple[str, str]]:
    """Yield each PromQL expression of the dashboard and of the alerts with where it stands."""
    dashboard = json.loads((ROOT / "docs" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    alerts = (ROOT / "docs" / "alerts.yml").read_text(encoding="utf-8")
    yield from re.findall(r"- alert: (\w+)\n\s+expr: (.+)", alerts)


def test_queries_ask_for_what_there_is(scrape: tuple[str, list[str]]) -> None:
    known = exposed(scrape[0])
    for where, expression in queries():
        names = set(re.findall(r"\b(?:satchel|process)_\w+", expression))
        assert names or "up{" in expression, where
        assert names <= known.keys(), where
        labels = {label for name in names for label in known[name] | LABELS.get(name, set())} | ADDED
        grouped = re.findall(r"(?:by|without|on) \(([^)]*)\)", expression)
        assert {label for part in grouped for label in re.findall(r"\w+", part)} <= labels, where
        chosen = re.findall(r"\{([^}]*)\}", expression)
        assert {label for part in chosen for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", part)} <= labels, where


def test_the_documentation_lists_every_number(scrape: tuple[str, list[str]]) -> None:
    text = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    rows = {f"{name}{end}" for name, end in re.findall(r"^\| `(satchel_\w+)`(?: \(`(_total)`\))?", text, re.M)}
    declared = {name for name, _ in re.findall(r"^# TYPE (satchel_\w+) (\w+)$", scrape[0], re.M)}
    assert rows == declared
