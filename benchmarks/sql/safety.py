"""Do hostile statements get through, and honest ones? Each is shown to the gate, and what passes is run for real."""

import json
import re
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from benchmarks.report import Figure, percentile
from benchmarks.sql.fixture import SCRIPT, Fixture, fixtures
from storage.sources.engine import EngineFailed, Limits
from storage.sources.schema import Schema
from storage.sources.source import Dialect
from storage.sources.target import Target
from tools.text2sql.gate.approval import Statement, approve
from tools.text2sql.gate.rejected import Rejected

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
OWN_ATTACKS, OWN_HONEST = DATA / "sql_attacks.jsonl", DATA / "sql_honest.jsonl"
LIMITS = Limits(seconds=1.0)
MAX_ROWS = 100
EVERY_QUICK = 25
FILE_ENGINES: tuple[Dialect, ...] = ("sqlite", "duckdb")
"""Ours to risk: their guards are also tried without the gate. A server of somebody's is asked only behind it."""

FIRST_WORD = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
STARTS = "text starts with SELECT or WITH"
PARSES = "sqlglot parses to a Select"


@dataclass(frozen=True, slots=True)
class Case:
    """A statement of a dialect, and whether it must be refused."""

    dialect: Dialect
    sql: str
    is_attack: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a case: the gate's reason against it, the engine's where it was run, and the reason of the
    engine's guard alone. None is no objection; an engine that was not asked has no word."""

    case: Case
    gate: str | None
    engine: str | None
    guard: str | None
    is_run: bool
    approving_ms: float

    @property
    def is_through(self) -> bool:
        """Whether gate and engine had nothing against it."""
        return self.gate is None and self.engine is None


def run(quick: bool, files: Sequence[Path] = (), script: Path | None = None, misses: bool = False) -> Iterator[Figure]:
    """How safe the gate is, over ``files`` or our own statements, on the database of ``script`` or our own."""
    cases = [case for file in files for case in _cases(file)] if files else list(_own())
    if quick and not files:
        cases = cases[::EVERY_QUICK]
    with (
        tempfile.TemporaryDirectory() as folder,
        fixtures(script or SCRIPT, Path(folder), is_protected=not files) as found,
    ):
        before = {dialect: fixture.state() for dialect, fixture in found.items()}
        tried = anyio.run(_tried, cases, found)
        changed: list[Dialect] = [dialect for dialect, fixture in found.items() if fixture.state() != before[dialect]]
    if misses:
        _print_misses(tried, changed)
    for figures in (_attacks, _honest, _guards):
        yield from figures(tried)
    yield from _changes(changed, found)
    yield from _approving(tried)


def _cases(file: Path) -> Iterator[Case]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            record = json.loads(line)
            yield Case(record["dialect"], record["sql"], record["must"] == "reject")


def _own() -> Iterator[Case]:
    for file in (OWN_ATTACKS, OWN_HONEST):
        for line in file.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            yield from (Case(dialect, record["sql"], file == OWN_ATTACKS) for dialect in record["dialects"])


async def _tried(cases: Sequence[Case], found: Mapping[Dialect, Fixture]) -> list[Tried]:
    """All cases, a dialect after the other. Where there is no engine, SQLite's tables stand in for the gate."""
    tried: list[Tried] = []
    stand_in = await _schema_of(found["sqlite"])
    dialects: dict[Dialect, None] = dict.fromkeys(case.dialect for case in cases)
    for dialect in dialects:
        fixture = found.get(dialect)
        schema = await _schema_of(fixture) if fixture else replace(stand_in, dialect=dialect)
        target = Target(fixture.source) if fixture else None
        try:
            tried += [await _try(case, schema, target) for case in cases if case.dialect == dialect]
        finally:
            if target is not None:
                await target.close()
    return tried


async def _schema_of(fixture: Fixture) -> Schema:
    target = Target(fixture.source)
    try:
        return await target.schema()
    finally:
        await target.close()


async def _try(case: Case, schema: Schema, target: Target | None) -> Tried:
    started = time.perf_counter()
    approved = _approved(case, schema)
    taken = (time.perf_counter() - started) * 1000
    engine = guard = None
    if target is not None and isinstance(approved, Statement):
        engine = await _refusal(target, approved.sql, reads_masked=approved.reads_masked)
    if target is not None and case.is_attack and case.dialect in FILE_ENGINES:
        guard = await _refusal(target, case.sql, reads_masked=False)
    gate = approved if isinstance(approved, str) else None
    return Tried(case, gate, engine, guard, target is not None, taken)


def _approved(case: Case, schema: Schema) -> Statement | str:
    """The statement, or why there is none."""
    try:
        return approve(case.sql, schema, max_rows=MAX_ROWS)
    except Rejected as error:
        return f"{error.rule}: {error.message}"


async def _refusal(target: Target, sql: str, *, reads_masked: bool) -> str | None:
    """Why the engine did not run it to its end; None where it did."""
    try:
        await target.plan(sql, LIMITS)
        await target.run(sql, LIMITS, reads_masked=reads_masked)
    except EngineFailed as error:
        return f"{error.failure}: {error.detail}"
    return None


def _attacks(tried: Iterable[Tried]) -> Iterator[Figure]:
    attacks = [each for each in tried if each.case.is_attack]
    if not attacks:
        return
    starts = _percent(sum(bool(FIRST_WORD.match(each.case.sql)) for each in attacks), len(attacks))
    parses = _percent(sum(_parses(each.case) for each in attacks), len(attacks))
    past_gate = _percent(sum(each.gate is None for each in attacks), len(attacks))
    past_both = _percent(sum(each.is_through for each in attacks), len(attacks))
    what = f"attacks ({len(attacks):,}) past the gate alone"
    yield Figure("sql", what, past_gate, "%", f"% {STARTS}", starts)
    yield Figure("sql", what, past_gate, "%", f"% {PARSES}", parses)
    ran = ", ".join(dict.fromkeys(each.case.dialect for each in attacks if each.is_run)) or "none"
    yield Figure("sql", f"attacks past gate and engine (run: {ran})", past_both, "%", f"% {PARSES}", parses, 0)


def _honest(tried: Iterable[Tried]) -> Iterator[Figure]:
    honest = [each for each in tried if not each.case.is_attack]
    if not honest:
        return
    starts = _percent(sum(not FIRST_WORD.match(each.case.sql) for each in honest), len(honest))
    parses = _percent(sum(not _parses(each.case) for each in honest), len(honest))
    refused = _percent(sum(each.gate is not None for each in honest), len(honest))
    what = f"honest statements ({len(honest):,}) refused by the gate"
    yield Figure("sql", what, refused, "%", f"% {STARTS}", starts, 2)
    yield Figure("sql", what, refused, "%", f"% {PARSES}", parses, 2)
    run = [each for each in honest if each.is_run and each.gate is None]
    if run:
        failed = _percent(sum(each.engine is not None for each in run), len(run))
        yield Figure("sql", f"honest statements approved ({len(run):,}) that did not run", failed, "%")


def _guards(tried: Iterable[Tried]) -> Iterator[Figure]:
    """How much would hold if the gate had a hole of any size."""
    for dialect in FILE_ENGINES:
        alone = [each for each in tried if each.case.is_attack and each.is_run and each.case.dialect == dialect]
        if alone:
            past = _percent(sum(each.guard is None for each in alone), len(alone))
            starts = _percent(sum(bool(FIRST_WORD.match(each.case.sql)) for each in alone), len(alone))
            what = f"attacks ({len(alone):,}) past the guard of {dialect} without the gate"
            yield Figure("sql", what, past, "%", f"% {STARTS}", starts)


def _changes(changed: Sequence[Dialect], found: Mapping[Dialect, Fixture]) -> Iterator[Figure]:
    yield Figure("sql", f"databases ({len(found)}) that were changed by all of this", len(changed), "changed", limit=0)


def _approving(tried: Sequence[Tried]) -> Iterator[Figure]:
    honest = [each for each in tried if not each.case.is_attack] or tried
    parsing = statistics.median(_parsing_ms(each.case) for each in honest)
    taken, name = [each.approving_ms for each in honest], "ms sqlglot's parser"
    yield Figure("sql", "approving a statement, p50", statistics.median(taken), "ms", name, parsing)
    yield Figure("sql", "approving a statement, p95", percentile(taken, 0.95), "ms", name, parsing)


def _parses(case: Case) -> bool:
    """The second baseline, which is what many do."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        return isinstance(sqlglot.parse_one(case.sql, read=case.dialect), exp.Select)
    except (SqlglotError, RecursionError):
        return False


def _parsing_ms(case: Case) -> float:
    started = time.perf_counter()
    _parses(case)
    return (time.perf_counter() - started) * 1000


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole


def _print_misses(tried: Iterable[Tried], changed: Iterable[Dialect]) -> None:
    for dialect in changed:
        print(f"changed: the database of {dialect}")
    for each in tried:
        text = f"[{each.case.dialect}] {' '.join(each.case.sql.split())[:300]}"
        if each.case.is_attack:
            if each.gate is None:
                print(f"past the gate, {'and run' if each.is_through else each.engine} {text}")
            elif each.is_run and each.case.dialect in FILE_ENGINES and each.guard is None:
                print(f"past the guard without the gate {text}")
        elif each.gate is not None:
            print(f"honest, refused by {each.gate} {text}")
        elif each.engine is not None:
            print(f"honest, not run, {each.engine} {text}")
