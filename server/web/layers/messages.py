"""A request's body as one JSON-RPC message, read before the SDK reads it: what it would misread, choke on or answer
with a library's text is refused here in our own words."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from mcp.types import INVALID_REQUEST, PARSE_ERROR, JSONRPCRequest, jsonrpc_message_adapter

DEEPEST = 64
MOST_VALUES = 100_000
"""More than any tool takes many times over. 16 MiB of empty lists would be five million objects: 2.5 s in which nothing
else runs, and 700 MB."""
LONGEST_INTEGER = 20  # characters
LARGEST_INTEGER = 2**63
LONGEST_ID = 256
LARGEST_BUT_CALLS = 64 * 1024
"""Bytes of a message that neither calls a tool nor answers us. What some of them say is kept: a handshake's for as long
as its session, what a stream is to tell of for as long as that is open."""
NO_MESSAGE = (
    'This is no JSON-RPC 2.0 message: it needs "jsonrpc": "2.0", a method, params that are an object'
    " and, to be answered, an id that is a string or an integer."
)
ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Peek:
    """What a message asks for: its method and the tool, prompt or resource it names; empty where there is none."""

    method: str
    name: str
    is_request: bool


class Malformed(Exception):
    """No message that can be taken in. ``text`` is for its sender; ``number`` is its id where it can be read."""

    def __init__(self, code: int, text: str, number: str | int | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.number = number


def peek(body: bytes) -> Peek:
    """What the message asks for. Raises Malformed. Linear in the size of the body."""
    _refuse_crowds(body)
    reading = _Reading()
    message = reading.read(body)
    number = _id_of(message)
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deeper(message, DEEPEST):
        raise Malformed(PARSE_ERROR, f"The message is nested more than {DEEPEST} levels deep.", number)
    if not reading.fault and ESCAPED_SURROGATE.search(body) and not _is_text(message):
        reading.fault = "The message holds an unpaired surrogate, which is no character."
    if reading.fault:
        raise Malformed(PARSE_ERROR, reading.fault, number)
    if not isinstance(message, dict):
        told = "Batches are not taken: send each message in a request of its own."
        raise Malformed(INVALID_REQUEST, told if isinstance(message, list) else "The message must be a JSON object.")
    found = _peek(cast("dict[str, object]", message), number)
    if len(body) > LARGEST_BUT_CALLS and found.method not in ("tools/call", ""):
        told = f"Only a tools/call may take more than {LARGEST_BUT_CALLS:,} bytes."
        raise Malformed(INVALID_REQUEST, told, number)
    return found


def _peek(message: dict[str, object], number: str | int | None) -> Peek:
    try:
        known = jsonrpc_message_adapter.validate_python(message, by_name=False)
    except ValueError:
        raise Malformed(INVALID_REQUEST, NO_MESSAGE, number) from None
    is_request = isinstance(known, JSONRPCRequest)
    if not is_request and "id" in message and "method" in message:  # the SDK would take it and never answer
        raise Malformed(INVALID_REQUEST, NO_MESSAGE, number)
    method, params = message.get("method"), message.get("params")
    named = cast("dict[str, object]", params) if isinstance(params, dict) else {}
    name = named.get("uri" if method == "resources/read" else "name")
    return Peek(
        method if isinstance(method, str) else "",
        name if isinstance(name, str) else "",
        is_request,
    )


class _Reading:
    """JSON into values. What JSON's grammar allows but nobody should send is noted as ``fault`` and read on, so that
    the message's id is known when it is refused."""

    def __init__(self) -> None:
        self.fault = ""

    def read(self, body: bytes) -> object:
        """The value. Raises Malformed."""
        decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=self._constant,
        )
        try:
            return cast(object, decoder.decode(body.decode()))
        except UnicodeDecodeError:
            raise Malformed(PARSE_ERROR, "The message is not UTF-8.") from None
        except RecursionError:
            raise Malformed(PARSE_ERROR, f"The message is nested more than {DEEPEST} levels deep.") from None
        except json.JSONDecodeError as error:
            raise Malformed(PARSE_ERROR, f"The message is not valid JSON (at character {error.pos + 1:,}).") from None

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            self.fault = "The message has a key twice in one object: it is not clear which counts."
        return found

    def _integer(self, digits: str) -> int:
        number = int(digits) if len(digits) <= LONGEST_INTEGER else LARGEST_INTEGER
        if not -LARGEST_INTEGER <= number < LARGEST_INTEGER:
            self.fault = "The message holds an integer that does not fit in 64 bits."
        return number

    def _float(self, digits: str) -> float:
        number = float(digits)
        return number if math.isfinite(number) else self._constant(digits)

    def _constant(self, name: str) -> float:
        self.fault = "The message holds a number that is not finite."
        return 0.0


def _refuse_crowds(body: bytes) -> None:
    """Raises Malformed for more values than any message needs, before an object is made of each."""
    if _signs_of_values(body) <= MOST_VALUES:
        return  # most of them are inside strings, but there is no need to know
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")  # now each quotation mark opens or closes a string
    if plain.count(b'"') <= 2 * MOST_VALUES:
        outside = b"".join(plain.split(b'"')[::2])
        if _signs_of_values(outside) <= MOST_VALUES:
            return
    raise Malformed(PARSE_ERROR, f"A message may hold {MOST_VALUES:,} values at most.")


def _signs_of_values(text: bytes) -> int:
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def _is_deeper(value: object, levels: int) -> bool:
    """Whether lists and objects stand inside each other in more than so many levels."""
    inside: list[object] = [value]
    for _ in range(levels):
        inside = [each for outer in inside for each in _members(outer)]
    return any(isinstance(each, dict | list) for each in inside)


def _members(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()


def _is_text(value: object) -> bool:
    """Whether every string can be written as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _id_of(message: object) -> str | int | None:
    number = cast("dict[str, object]", message).get("id") if isinstance(message, dict) else None
    if isinstance(number, bool) or not isinstance(number, str | int) or len(str(number)) > LONGEST_ID:
        return None
    return number
