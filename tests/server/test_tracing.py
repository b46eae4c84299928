"""Traces: our spans below the SDK's, sent only where that is asked for, and without what anybody said."""

import logging
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest
from mcp import MCPError
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from server.outgoing.spans import Discreet
from server.tracing import ENDPOINTS, traced
from storage.tracing import span
from tests.client import Agent, in_memory
from tests.server.receiving import Hook, hook
from tests.wire import serving

pytestmark = pytest.mark.anyio

SECRET = "Zaphod"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture(scope="module")
def exporter() -> Iterator[InMemorySpanExporter]:
    """What would be sent of this process. A process has one provider for good: afterwards it sends nothing."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Discreet(SimpleSpanProcessor(kept)))
    trace.set_tracer_provider(provider)
    yield kept
    provider.shutdown()


@pytest.fixture
async def traced_agent(tmp_path: Path, exporter: InMemorySpanExporter) -> AsyncGenerator[Agent]:
    async with in_memory(tmp_path) as agent:
        yield agent


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    """Those of one test."""
    exporter.clear()
    return exporter


def path_of(found: ReadableSpan, spans: InMemorySpanExporter) -> list[str]:
    """The names from a span up to the message that was handled."""
    by_id = {each.context.span_id: each for each in spans.get_finished_spans() if each.context}
    path = [found.name]
    while found.parent and found.kind is not trace.SpanKind.SERVER:
        found = by_id[found.parent.span_id]
        path.append(found.name)
    return path


def paths(spans: InMemorySpanExporter) -> set[tuple[str, ...]]:
    """Of all spans of ours."""
    ours = [each for each in spans.get_finished_spans() if each.instrumentation_scope]
    return {tuple(path_of(each, spans)) for each in ours if each.instrumentation_scope.name == "satchel"}  # type: ignore[union-attr]  # looked at above


async def test_a_search_is_told_step_by_step_below_its_call(traced_agent: Agent, spans: InMemorySpanExporter) -> None:
    await traced_agent.store("Prefers oat flat white")
    spans.clear()
    await traced_agent.found("what does she like to drink?")
    call = "tools/call memory_retrieve"
    assert {
        ("store.read", call),
        ("memory.search", "store.read", call),
        ("embed", "memory.search", "store.read", call),
    } <= paths(spans)
    (search,) = [each for each in spans.get_finished_spans() if each.name == "memory.search"]
    assert dict(search.attributes or {}) == {"satchel.limit": 10, "satchel.candidates": 1}
    (embed,) = [each for each in spans.get_finished_spans() if each.name == "embed"]
    assert dict(embed.attributes or {}) == {"satchel.model": "minilm-static-256", "satchel.texts": 1}


async def test_documents_and_files_are_told_too(traced_agent: Agent, spans: InMemorySpanExporter) -> None:
    await traced_agent.call("rag_add_documents", documents=["The harbour closes at nine."])
    await traced_agent.call("rag_search", query="when does the harbour close")
    saved = await traced_agent.call("attachment_save", filename="note.txt", content_base64="aGFyYm91cg==")
    await traced_agent.call("attachment_process", attachment_id=saved["attachment_id"])
    found = paths(spans)
    assert ("chunk.search", "store.read", "tools/call rag_search") in found
    assert ("attachment.parse", "tools/call attachment_process") in found
    assert any(path[0] == "embed" and path[-1] == "tools/call rag_add_documents" for path in found)
    (parse,) = [each for each in spans.get_finished_spans() if each.name == "attachment.parse"]
    assert dict(parse.attributes or {}) == {"satchel.format": "txt", "satchel.bytes": 7}


async def test_questions_to_a_database_are_told_from_draft_to_rows(
    tmp_path: Path, exporter: InMemorySpanExporter, spans: InMemorySpanExporter
) -> None:
    async with asking(tmp_path) as agent:
        await agent.call("text2sql", question="how many boats are there?")
    call = "tools/call text2sql"
    assert {("sql.draft", call), ("sql.approve", call), ("source.plan", call), ("source.run", call)} <= paths(spans)
    (run,) = [each for each in spans.get_finished_spans() if each.name == "source.run"]
    assert dict(run.attributes or {}) == {"satchel.engine": "sqlite"}


@asynccontextmanager
async def asking(home: Path) -> AsyncGenerator[Agent]:
    import sqlite3

    with sqlite3.connect(home / "harbour.sqlite") as db:
        db.execute("CREATE TABLE boats (boat_id INTEGER PRIMARY KEY, name TEXT)")
        db.execute("INSERT INTO boats (name) VALUES (?)", (SECRET,))
    db.close()
    sources = {"harbour": {"url": f"sqlite:///{home / 'harbour.sqlite'}"}}
    async with in_memory(home, data_sources=sources) as agent:
        yield agent


async def test_nothing_anybody_said_is_sent(traced_agent: Agent, spans: InMemorySpanExporter) -> None:
    """Arguments, ids, made up names: the SDK's spans carry texts of exceptions, and are named as a client likes."""
    await traced_agent.store(f"{SECRET} likes tea", session_id=SECRET)
    await traced_agent.found(SECRET, session_id=SECRET)
    await traced_agent.refused("memory_store", content=SECRET, **{SECRET: 1})
    await traced_agent.refused(f"{SECRET}_tool")
    for uri in (f"satchel://memories/no{SECRET}", f"satchel://{SECRET}"):
        with pytest.raises(MCPError, match=SECRET):
            await traced_agent.resource(uri)
    for name, arguments in ((SECRET, {}), ("recall", {SECRET: "1"}), ("recall", {"max_tokens": SECRET})):
        with pytest.raises(MCPError):
            await traced_agent.client.get_prompt(name, arguments)
    told = "".join(each.to_json() for each in spans.get_finished_spans())
    assert len(spans.get_finished_spans()) > 10
    assert SECRET not in told
    failed = [each for each in spans.get_finished_spans() if each.status.status_code is trace.StatusCode.ERROR]
    assert failed
    assert {each.status.description for each in failed} == {None}


async def test_a_step_that_fails_says_by_what_kind_of_error(spans: InMemorySpanExporter) -> None:
    outer = trace.get_tracer("test").start_as_current_span("call")
    with pytest.raises(ValueError, match=SECRET), outer, span("embed", texts=1):
        raise ValueError(SECRET)
    (found,) = [each for each in spans.get_finished_spans() if each.name == "embed"]
    assert (dict(found.attributes or {}), found.status.status_code, list(found.events)) == (
        {"satchel.texts": 1, "error.type": "ValueError"}, trace.StatusCode.ERROR, [],
    )  # fmt: skip
    (call,) = [each for each in spans.get_finished_spans() if each.name == "call"]
    assert [dict(event.attributes or {}) for event in call.events] == [{"exception.type": "ValueError"}]


async def test_work_that_nobody_called_for_makes_no_traces(spans: InMemorySpanExporter) -> None:
    with span("embed") as nothing:
        assert not nothing.is_recording()
    assert not spans.get_finished_spans()


async def test_spans_reach_a_collector_and_continue_the_callers_trace(tmp_path: Path) -> None:
    """A process of its own, OTLP over HTTP on loopback; what is left is sent when it ends."""
    async with hook() as collector:
        endpoint = f"http://127.0.0.1:{collector.port}"
        await anyio.to_thread.run_sync(partial(call_once, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint))
    (heard,) = collector.heard
    assert heard.start.startswith("POST /v1/traces ")
    (resource,) = ExportTraceServiceRequest.FromString(heard.body).resource_spans
    about = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert about["service.name"] == "satchel"
    spans = [each for scope in resource.scope_spans for each in scope.spans]
    (call,) = [each for each in spans if each.name == "tools/call memory_store"]
    assert (call.trace_id.hex(), call.parent_span_id.hex()) == (TRACE, PARENT)
    below = [each for each in spans if each.parent_span_id == call.span_id]
    assert {each.name for each in below} >= {"store.write"}
    assert {each.trace_id.hex() for each in below} == {TRACE}
    assert SECRET.encode() not in heard.body


async def test_the_operators_name_for_the_service_wins(tmp_path: Path) -> None:
    async with hook() as collector:
        given = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": collector_url(collector), "OTEL_SERVICE_NAME": "memory-eu"}
        await anyio.to_thread.run_sync(partial(call_once, tmp_path, **given))
    assert b"memory-eu" in collector.heard[0].body


async def test_a_collector_that_is_gone_keeps_nobody(tmp_path: Path) -> None:
    """Calls are answered, and the process ends in time."""
    async with hook() as collector:
        url = collector_url(collector)
    await anyio.to_thread.run_sync(partial(call_once, tmp_path, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=url))


def collector_url(collector: Hook) -> str:
    return f"http://127.0.0.1:{collector.port}/v1/traces"


def call_once(home: Path, **given: str) -> None:
    """A server process that stores one memory, as part of a trace of its caller's."""
    with serving(home, greeted=True, OTEL_BSP_SCHEDULE_DELAY="60000", **given) as wire:
        answer = wire.ask(
            "tools/call",
            name="memory_store",
            arguments={"content": SECRET},
            _meta={"traceparent": f"00-{TRACE}-{PARENT}-01"},
        )
        assert not answer["result"].get("isError"), answer
        wire.end()
        assert wire.process.returncode == 0


async def test_without_the_extra_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "server.outgoing.spans")
    monkeypatch.setenv(ENDPOINTS[0], "http://127.0.0.1:1")
    with caplog.at_level(logging.INFO), traced():
        pass
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", "tracing.missing")
    assert vars(record)["remedy"] == 'pip install "satchel-mcp[otel]"'


async def test_without_an_endpoint_nothing_of_the_sdk_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "server.outgoing.spans")
    with traced():
        assert "server.outgoing.spans" not in sys.modules
