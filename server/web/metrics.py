"""Counts for Prometheus. Every label comes from a fixed set: nothing of a tenant, a session, a key or a request."""

import time
from collections.abc import Callable, Iterable, Iterator

import anyio
import anyio.to_thread
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from server.families import TOOL_NAMES
from server.house import House
from server.lifespan import Runtime
from server.permissions import WORK
from server.records import Call
from server.version import VERSION
from server.web.admission import Admissions
from server.web.streams import Streams
from tools.errors import told

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
OTHER = "other"
ACTIONS = TOOL_NAMES | set(WORK) - {"tools/call"}
OUTCOMES = frozenset(
    "ok asked invalid denied timeout cancelled failed crash NotFound Refused TryAgain Crowded Unavailable".split()
)
ROUTES = frozenset(("/", "/mcp", "/sse", "/messages", "/health", "/ready", "/metrics", "/.well-known"))
REASONS = frozenset("key rate concurrency streams sessions connections scope quota host origin body".split())
LOOK_SECONDS = 5.0
"""Longest that a scrape waits for the store; without an answer the store's numbers are left out."""
SAMPLE_SECONDS = 15.0


class Metrics:
    """Counts what it is told of, and looks at the rest when it is asked. ``prefix`` is the path a proxy has in front of
    ours; ``connections`` says how many are open, once somebody knows."""

    def __init__(
        self,
        admissions: Admissions,
        streams: Streams,
        *,
        prefix: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types
        self.connections: Callable[[], int] = lambda: 0
        self._prefix = prefix
        self._clock = clock
        self._behind_since: float | None = None
        self._registry = CollectorRegistry()
        self._calls = self._counter("satchel_calls", "Calls by tool and how they ended.", "tool", "outcome")
        self._call_seconds = self._histogram("satchel_call_seconds", "How long calls take, waiting included.", "tool")
        self._requests = self._counter("satchel_http_requests", "HTTP requests answered.", "route", "status")
        self._request_seconds = self._histogram("satchel_http_request_seconds", "Until an HTTP answer begins.", "route")
        self._refusals = self._counter("satchel_refused", "HTTP requests turned away, by reason.", "reason")
        self._gauge("satchel_calls_running", "Calls that run now.", lambda: admissions.running)
        self._gauge("satchel_calls_waiting", "Calls that wait for their turn.", lambda: admissions.waiting)
        self._gauge("satchel_http_streams", "Open streams.", lambda: streams.count)
        self._gauge("satchel_http_connections", "Open connections.", lambda: self.connections())
        self._store = _Store()
        self._registry.register(self._store)
        ProcessCollector(registry=self._registry)

    def observe(self, call: Call) -> None:
        """A call of a tool, or of another method that reads what is kept, has ended."""
        name = _known(call.action, ACTIONS)
        self._calls.labels(name, _known(call.outcome, OUTCOMES)).inc()
        self._call_seconds.labels(name).observe(call.elapsed_ms / 1000)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """An HTTP request was answered, so many seconds after it came."""
        route = _route(path.removeprefix(self._prefix))
        self._requests.labels(route, str(status) if 100 <= status < 600 else OTHER).inc()
        self._request_seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        """An HTTP request was turned away."""
        self._refusals.labels(_known(reason, REASONS)).inc()

    async def watch(self, runtime: Runtime) -> None:
        """Look at the index now and then until cancelled, so that its lag is known between scrapes too."""
        while True:
            if runtime.is_open:
                await self._look(await runtime.house())
            await anyio.sleep(SAMPLE_SECONDS)

    async def render(self, house: House | None) -> bytes:
        """All numbers as Prometheus reads them; those of the store only while there is an open one that answers."""
        self._store.families = list(_of_store(house is not None))
        if house is not None:
            self._store.families += await self._look(house)
        return await anyio.to_thread.run_sync(generate_latest, self._registry)

    async def _look(self, house: House) -> list[Metric]:
        try:
            with anyio.fail_after(LOOK_SECONDS):
                backlog = await house.backlog()
        except TimeoutError:
            return list(_in_memory(house))
        except Exception as error:
            if told(error) is None:
                raise
            return list(_in_memory(house))
        return [
            *_in_memory(house),
            _one("satchel_index_queue_rows", "Rows that wait for the tables outside SQLite.", backlog.queued),
            _one("satchel_index_due_rows", "Lines of those that a table is behind by.", backlog.due),
            _one("satchel_index_lag_seconds", "How long a table has been behind.", self._lag(backlog.due)),
            _labelled(
                "satchel_deliveries", "Announcements that wait, and that were given up.", "state",
                {"waiting": backlog.deliveries_waiting, "dead": backlog.deliveries_dead},
            ),
            _one("satchel_database_bytes", "Size of the database.", backlog.database_bytes),
            _one("satchel_database_log_bytes", "Size of its write-ahead log.", backlog.log_bytes),
            _one("satchel_disk_free_bytes", "Room on the disk of the data directory.", backlog.free_bytes),
        ]  # fmt: skip

    def _lag(self, due: int) -> float:
        """Since when a table has been behind, in seconds; noted at the first look that finds it so."""
        if not due:
            self._behind_since = None
            return 0.0
        if self._behind_since is None:
            self._behind_since = self._clock()
        return self._clock() - self._behind_since

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, *labels: str) -> Histogram:
        return Histogram(name, about, labels, registry=self._registry, buckets=BUCKETS)

    def _gauge(self, name: str, about: str, value: Callable[[], float]) -> None:
        Gauge(name, about, registry=self._registry).set_function(value)


class _Store(Collector):
    """What the last look at the store found."""

    def __init__(self) -> None:
        self.families: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        return self.families


def _of_store(is_open: bool) -> Iterator[Metric]:
    yield _labelled("satchel_build_info", "The version that runs.", "version", {VERSION: 1})
    yield _one("satchel_store_open", "Whether the data directory is open.", is_open)


def _in_memory(house: House) -> Iterator[Metric]:
    """What can be told without asking the database."""
    yield _labelled("satchel_embedding_ready", "Whether a wanted model can be used.", "model", house.models.readiness())
    yield _one("satchel_audit_waiting_rows", "Calls that are not in the audit trail yet.", house.audit.waiting)
    searches = CounterMetricFamily(
        "satchel_cache_searches", "Searches by whether their scope was in memory.", labels=("cache", "result")
    )
    for kind, sets in house.caches.items():
        for result, count in (("hit", sets.hits), ("miss", sets.misses), ("too_large", sets.refusals)):
            searches.add_metric((kind, result), count)
    yield searches


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=float(value))


def _labelled(name: str, about: str, label: str, values: dict[str, bool] | dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=(label,))
    for each, value in values.items():
        family.add_metric((each,), float(value))
    return family


def _known(name: str, names: frozenset[str]) -> str:
    return name if name in names else OTHER


def _route(path: str) -> str:
    """The first part of a path, if we have such a route."""
    return _known("/" + path.split("/", 2)[1] if path.startswith("/") else path, ROUTES)
