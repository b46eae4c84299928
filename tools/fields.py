"""The argument types that tools share."""

import json
import math
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from tools.times import milliseconds

MAX_METADATA_BYTES = 10_240
MAX_METADATA_DEPTH = 5
MAX_INTEGER = 2**63 - 1
MAX_ID_CHARS = 255
"""Of a document's id."""
DEFAULT_SESSION = "default"

ContentType = Literal["user_info", "preference", "fact", "context", "rule"]
Indexed = Literal["ready", "pending"]
"""Whether what was written is found by meaning already: pending, until a model has embedded it."""


def _unquoted(value: object) -> object:
    """A list or object that a host sent as JSON text, as some do; anything else as it is."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def without_controls(text: str) -> str:
    """The text, if it is plain. Raises ValueError."""
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        raise ValueError("holds control characters")
    return text


def not_blank(text: str) -> str:
    """The text, if it says something. Raises ValueError."""
    if not text.strip():
        raise ValueError("is blank")
    return text


def _printable(text: str) -> str:
    return not_blank(without_controls(text))


def _bounded(metadata: dict[str, Any]) -> dict[str, Any]:
    _check(metadata, 1)
    size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())  # as it is kept
    if size > MAX_METADATA_BYTES:
        raise ValueError(f"is {size:,} bytes of JSON, at most {MAX_METADATA_BYTES:,} are kept")
    return metadata


def _check(value: object, depth: int) -> None:
    """Refuse what JSON or the database cannot keep."""
    if isinstance(value, dict | list) and depth > MAX_METADATA_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_METADATA_DEPTH} levels")
    match value:
        case dict():
            for key, inner in value.items():
                _check(key, depth)
                _check(inner, depth + 1)
        case list():
            for inner in value:
                _check(inner, depth + 1)
        case str():
            _check_text(value)
        case bool() | None:
            pass
        case int():
            if abs(value) > MAX_INTEGER:
                raise ValueError("holds an integer beyond 64 bits")
        case float():
            if not math.isfinite(value):
                raise ValueError("holds NaN or infinity")
        case _:
            raise ValueError("holds something that is not JSON")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds an unpaired surrogate, which is not valid text") from None


def _moment(text: str) -> str:
    milliseconds(text)
    return text


SessionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,255}$")]
MemoryId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Tag = Annotated[str, StringConstraints(max_length=64), AfterValidator(_printable)]
Name = Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)]
Tags = Annotated[list[Tag], BeforeValidator(_unquoted), Field(max_length=20)]
MemoryIds = Annotated[list[MemoryId], BeforeValidator(_unquoted), Field(min_length=1, max_length=100)]
Metadata = Annotated[dict[str, Any], BeforeValidator(_unquoted), AfterValidator(_bounded)]
Moment = Annotated[str, StringConstraints(max_length=40), AfterValidator(_moment)]
Collection = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_printable)]
DocumentId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_CHARS), AfterValidator(_printable)]
Importance = Annotated[float, Field(ge=0, le=1)]
Hours = Annotated[float, Field(ge=1, le=8760)]
MaxTokens = Annotated[int, Field(ge=50, le=100_000)]
FromJson = BeforeValidator(_unquoted)
SHOWN_AS_OBJECTS = WithJsonSchema({"type": "array", "items": {"type": "object"}})
"""A list of small objects whose shape the description tells: spelled out, it would cost as much as the rest."""
SHOWN_AS_TEXT = WithJsonSchema({"type": "string"})
"""Choices that another tool of the family spells out already."""
