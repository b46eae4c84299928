"""Sends spans by OTLP over HTTP, without what callers said.

The SDK's own spans are named after what a client sends and record the texts of exceptions, which quote ids and
contents. So each span is rewritten when it ends, before it is queued.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, set_tracer_provider
from opentelemetry.util.types import AttributeValue

from server.families import TOOL_NAMES
from server.version import VERSION

SDK = "mcp-python-sdk"
METHOD, TOOL, TYPE = "mcp.method.name", "gen_ai.tool.name", "exception.type"
SHAPES = {
    METHOD: re.compile(r"[a-z]{1,20}(/[A-Za-z_]{1,20}){0,3}"),
    TOOL: re.compile("|".join(sorted(TOOL_NAMES))),
    "mcp.protocol.version": re.compile(r"\d{4}-\d\d-\d\d"),
    "gen_ai.operation.name": re.compile(r"[a-z_]{1,20}"),
    "jsonrpc.request.id": re.compile(r"\d{1,10}"),
    "error.type": re.compile(r"-?[A-Za-z0-9_.]{1,64}"),
    "rpc.response.status_code": re.compile(r"-?\d{1,6}"),
}
"""What is kept of the SDK's attributes: those that look like this."""


@contextmanager
def sending(last_seconds: float) -> Generator[None]:
    """Send the spans of a block where the environment says; at its end so many seconds are spent on the last ones."""
    given = OTELResourceDetector().detect().attributes
    resource = Resource.create({"service.name": "satchel", "service.version": VERSION, **given})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(Discreet(BatchSpanProcessor(OTLPSpanExporter())))
    set_tracer_provider(provider)
    try:
        yield
    finally:  # in a thread that nobody waits for: an endpoint that does not answer must not keep the process
        ending = Thread(target=provider.shutdown, name="satchel-spans", daemon=True)
        ending.start()
        ending.join(last_seconds)


class Discreet(SpanProcessor):
    """Hands spans on as `discreet` leaves them."""

    def __init__(self, inner: SpanProcessor) -> None:
        self._inner = inner

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self._inner.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        self._inner.on_end(discreet(span))

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)


def discreet(span: ReadableSpan) -> ReadableSpan:
    """The span without the texts of exceptions; of the SDK's, only the names and attributes that are known."""
    is_theirs = span.instrumentation_scope is not None and span.instrumentation_scope.name == SDK
    attributes = dict(_known(span) if is_theirs else (span.attributes or {}).items())
    return ReadableSpan(
        name=_name(span.kind, attributes) if is_theirs else span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=[_event(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _known(span: ReadableSpan) -> Iterator[tuple[str, AttributeValue]]:
    for name, value in (span.attributes or {}).items():
        if name in SHAPES and isinstance(value, str) and SHAPES[name].fullmatch(value):
            yield name, value


def _name(kind: SpanKind, attributes: dict[str, AttributeValue]) -> str:
    """As the SDK names it: the method and, where it is one of ours, the tool."""
    named = " ".join(str(attributes[part]) for part in (METHOD, TOOL) if part in attributes) or "unknown method"
    return f"MCP send {named}" if kind == SpanKind.CLIENT else named


def _event(event: Event) -> Event:
    kept = {name: value for name, value in (event.attributes or {}).items() if name == TYPE}
    return Event(event.name, kept, event.timestamp)
