"""OpenTelemetry traces, where the environment names somebody who takes them and the extra ``otel`` is installed."""

import logging
import os
from collections.abc import Generator
from contextlib import contextmanager

logger = logging.getLogger("satchel.tracing")

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
LAST_SECONDS = 1.0
"""What the end of the process may wait for the last spans to be sent."""


@contextmanager
def traced() -> Generator[None]:
    """Inside, spans are sent to the endpoint that OpenTelemetry's own variables name; nothing happens without one."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        yield
        return
    try:
        from server.outgoing.spans import sending
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        logger.warning("tracing.missing", extra={"remedy": 'pip install "satchel-mcp[otel]"'})
        yield
        return
    with sending(LAST_SECONDS):
        yield
