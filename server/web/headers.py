"""Headers as ASGI has them: pairs of bytes, their names in lower case."""

from starlette.types import Message, Scope

Header = tuple[bytes, bytes]


def values(scope: Scope, name: bytes) -> list[bytes]:
    """What a request says under this name, once for each time it says it."""
    return [value for key, value in scope["headers"] if key == name]


def with_headers(message: Message, *headers: Header) -> Message:
    """The beginning of an answer with these headers, too; any other message as it is."""
    if message["type"] != "http.response.start":
        return message
    return {**message, "headers": [*message.get("headers", ()), *headers]}
