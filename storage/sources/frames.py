"""How a worker and its owner talk: four bytes of length, then as much JSON. Never pickle: it runs what it reads."""

import json
from collections.abc import Mapping
from typing import Any

from storage.sources.source import Source

HEADER_BYTES = 4


def packed(record: Mapping[str, Any]) -> bytes:
    """The record as a frame."""
    body = json.dumps(record, allow_nan=False, separators=(",", ":")).encode()
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def body_length(header: bytes) -> int:
    """How many bytes follow a header."""
    return int.from_bytes(header, "big")


def source_record(source: Source) -> dict[str, Any]:
    """The source as JSON can hold it, its location included."""
    return {
        "name": source.name,
        "engine": source.engine,
        "location": source.location,
        "tables": None if source.tables is None else list(source.tables),
        "hidden": sorted(source.hidden),
        "masked": sorted(source.masked),
        "max_rows": source.max_rows,
        "timeout_seconds": source.timeout_seconds,
        "functions": sorted(source.functions),
        "is_trusted": source.is_trusted,
    }


def source_of(record: Mapping[str, Any]) -> Source:
    """The source back from `source_record`."""
    tables = record["tables"]
    return Source(
        name=record["name"],
        engine=record["engine"],
        location=record["location"],
        tables=None if tables is None else tuple(tables),
        hidden=frozenset(record["hidden"]),
        masked=frozenset(record["masked"]),
        max_rows=record["max_rows"],
        timeout_seconds=record["timeout_seconds"],
        functions=frozenset(record["functions"]),
        is_trusted=record["is_trusted"],
    )
