"""How long text2sql takes beside the query itself, over stdio, whoever wrote that; also beside an endless query."""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

from benchmarks.report import Figure, percentile
from benchmarks.sql import shop
from benchmarks.sql.shop import CATEGORIES, CITIES, SEGMENTS, STATES, YEARS
from benchmarks.wire import BARE, SATCHEL, Peer, peer

LIMIT_MS = 50
"""What an answer may cost beside its query, for 95 of 100 of them."""
SAME_SQL = "ms the same SQL on sqlite3"
PING = "ms bare SDK ping"
ROUNDS = 200
QUICK_ROUNDS = 8
STARTS = 5
BOMB = (
    "WITH RECURSIVE forever(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM forever WHERE n > 0) SELECT MAX(n) FROM forever"
)
ENDLESS = {"question": "How far can one count?", "sql": BOMB}

BUILT_IN = (
    *(f"How many orders were {state} in {year}?" for state, year in product(STATES, YEARS)),
    *(f"How many customers are from {city}?" for city in CITIES),
    *(f"How many orders per month were {state}?" for state in STATES),
    *(f"Number of orders per segment in {year}" for year in YEARS),
    *(f"Average price of {category}" for category in CATEGORIES),
    "Average price of products per category",
    "Customers without orders",
)
LEARNED = "Which share of the {segment} orders from {city} was returned?"
SHARE = """
SELECT 100.0 * SUM(CASE WHEN o.status = 'returned' THEN 1 ELSE 0 END) / COUNT(*) AS share
FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE c.city = '{city}' AND c.segment = '{segment}'
"""
PLACES = [{"city": city, "segment": segment} for city, segment in product(CITIES, SEGMENTS)]
AGENTS = "What did each customer of that segment spend ({number})?"
SPENT = """
SELECT c.name, SUM(o.total) AS spent FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE c.segment = '{segment}' AND o.total > {number} GROUP BY c.name ORDER BY spent DESC LIMIT 20
"""
BEYOND = "Which customers in {city} should worry our {segment} team, and why?"

Call = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of calls, and of each one's query alone."""

    calls: list[float]
    queries: list[float]

    @property
    def beside(self) -> list[float]:
        """What each took more than its query."""
        return [call - query for call, query in zip(self.calls, self.queries, strict=True)]


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this module."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        file = shop.make(home, orders=1_000 if quick else shop.ORDERS)
        first = statistics.median(_first_ms(home) for _ in range(1 if quick else STARTS))
        with (
            peer(BARE, home) as bare,
            peer(SATCHEL, home) as server,
            closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as db,
        ):
            yield from _answers(server, db, rounds)
            yield from _unanswered(server, rounds, _ping_ms(bare, rounds))
            yield from _bomb(server, db)
            later = _asked_ms(server, {"question": BUILT_IN[0]})
    yield Figure("sql", "the first question after the start", first, "ms", "ms the same one later", later)


def _answers(server: Peer, db: sqlite3.Connection, rounds: int) -> Iterator[Figure]:
    """By whom the SQL is; each call must have been answered by that one."""
    agents = [
        {"question": AGENTS.format(number=number), "sql": SPENT.format(number=number, segment=segment)}
        for number, segment in zip(range(rounds), cycle(SEGMENTS), strict=False)
    ]
    _confirm(server, PLACES[0])
    learned = [{"question": LEARNED.format_map(place)} for place in PLACES[1:]]
    built_in = [{"question": question} for question in BUILT_IN]
    for what, provider, calls in (
        ("a built-in answer", "built_in", built_in),
        ("a learned pattern with other values", "pattern", learned),
        ("the agent's own SQL", "agent", agents),
    ):
        yield from _compared(what, _timed(server, db, provider, list(islice(cycle(calls), rounds))))


def _confirm(server: Peer, place: dict[str, str]) -> None:
    """Have the query learned, as an agent does."""
    answer = server.call("text2sql", question=LEARNED.format_map(place), sql=SHARE.format_map(place))
    server.call("text2sql_feedback", pattern_id=answer["pattern_id"], rating=5)


def _timed(server: Peer, db: sqlite3.Connection, provider: str, calls: Sequence[Call]) -> Timed:
    """Each call, and right after it its query, so that the machine's moods meet both."""
    timed = Timed([], [])
    for at, call in enumerate([calls[0], *calls]):  # the first warms both
        took, answer = _stopped(lambda call=call: server.call("text2sql", **call))  # type: ignore[misc]
        if answer.get("provider") != provider:
            raise RuntimeError(f"{call['question']}: {answer['status']} by {answer.get('provider')}, not {provider}")
        queried, _ = _stopped(lambda answer=answer: db.execute(answer["sql"]).fetchall())  # type: ignore[misc]
        if at:
            timed.calls.append(took)
            timed.queries.append(queried)
    return timed


def _compared(what: str, timed: Timed) -> Iterator[Figure]:
    query, slow_query = statistics.median(timed.queries), percentile(timed.queries, 0.95)
    yield Figure("sql", f"{what}, p50", statistics.median(timed.calls), "ms", SAME_SQL, query)
    yield Figure("sql", f"{what}, p95", percentile(timed.calls, 0.95), "ms", SAME_SQL, slow_query)
    beside = percentile(timed.beside, 0.95)
    yield Figure("sql", f"{what}, p95 beside the query itself", beside, "ms", SAME_SQL, slow_query, LIMIT_MS)


def _unanswered(server: Peer, rounds: int, ping: float) -> Iterator[Figure]:
    calls = [{"question": BEYOND.format_map(place)} for place in islice(cycle(PLACES), rounds + 1)]
    taken: list[float] = []
    for call in calls:
        took, answer = _stopped(lambda call=call: server.call("text2sql", **call))  # type: ignore[misc]
        if answer["status"] != "needs_sql":
            raise RuntimeError(f"{call['question']}: {answer['status']}, not needs_sql")
        taken.append(took)
    yield Figure("sql", "needs_sql, p50", statistics.median(taken[1:]), "ms", PING, ping)
    yield Figure("sql", "needs_sql, p95", percentile(taken[1:], 0.95), "ms", PING, ping, LIMIT_MS)


def _bomb(server: Peer, db: sqlite3.Connection) -> Iterator[Figure]:
    """A query without an end, and what other calls feel of it until it is ended."""
    calls = [{"question": question} for question in BUILT_IN]
    alone = _timed(server, db, "built_in", calls).calls
    begun = time.perf_counter()
    bomb = server.send("tools/call", {"name": "text2sql", "arguments": ENDLESS})
    beside: list[float] = []
    for call in cycle(calls):
        took, has_ended = _stopped(lambda call=call: _asked_beside(server, call, bomb))  # type: ignore[misc]
        if has_ended:
            break
        beside.append(took)
    ended = (time.perf_counter() - begun) * 1000
    if not beside:
        raise RuntimeError("the endless query ended at once")
    slow = percentile(alone, 0.95)
    name = "ms with nothing beside it"
    usual = statistics.median(alone)
    what = "the first call beside an endless query, which may need a second worker"
    yield Figure("sql", what, beside[0], "ms", name, usual)
    yield Figure("sql", "a call beside an endless query, p50", statistics.median(beside), "ms", name, usual)
    yield Figure("sql", "a call beside an endless query, p95", percentile(beside, 0.95), "ms", name, slow)
    seconds = shop.SECONDS
    what = f"an endless query is ended, of {seconds:g} s"
    yield Figure("sql", what, ended, "ms", "ms its deadline", 1000 * seconds, 1000 * (seconds + 1))


def _asked_beside(server: Peer, call: Call, other: int) -> bool:
    """Whether the other request was answered before this one."""
    number = server.send("tools/call", {"name": "text2sql", "arguments": call})
    has_ended = False
    while (answered := server.receive().get("id")) != number:
        has_ended = has_ended or answered == other
    return has_ended


def _first_ms(home: Path) -> float:
    with peer(SATCHEL, home) as server:
        return _asked_ms(server, {"question": BUILT_IN[0]})


def _asked_ms(server: Peer, call: Call) -> float:
    return _stopped(lambda: server.call("text2sql", **call))[0]


def _ping_ms(bare: Peer, rounds: int) -> float:
    ping = {"name": "ping", "arguments": {}}
    return statistics.median(_stopped(lambda: bare.request("tools/call", ping))[0] for _ in range(rounds))


def _stopped(work: Callable[[], Any]) -> tuple[float, Any]:
    """The milliseconds that the work took, and what it gave."""
    started = time.perf_counter()
    given = work()
    return (time.perf_counter() - started) * 1000, given
