"""What is noted of each call: who, what, when, how it ended, and the ids it touched; never what it said."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from server.identity import Principal

MOST_IDS = 20
LONGEST_ID = 128


@dataclass(slots=True)
class Call:
    """A call while it runs; what is known of it grows. ``action`` is the tool's name or the message's method."""

    action: str
    principal: Principal
    is_tool: bool
    outcome: str = "ok"
    session_id: str = ""
    ids: tuple[str, ...] = ()
    elapsed_ms: float = 0.0
    request_id: str = ""

    @property
    def ending(self) -> dict[str, object]:
        """How it ended, for a log line."""
        return {"outcome": self.outcome, "ms": self.elapsed_ms}


Observer = Callable[[Call], None]
"""Is told of each call once it has ended."""


def touched(result: Mapping[str, object]) -> tuple[str, ...]:
    """The ids in a result: fields that are named as ids, in it and in the objects of its lists."""
    found = dict.fromkeys(_ids([result]))
    return tuple(list(found)[:MOST_IDS])


def _ids(parts: Iterable[object]) -> Iterator[str]:
    for part in parts:
        if not isinstance(part, Mapping):
            continue
        for name, value in part.items():
            if name.endswith("_id") and name != "session_id" and isinstance(value, str):
                yield value[:LONGEST_ID]
            elif name.endswith("_ids") and isinstance(value, list):
                yield from (each[:LONGEST_ID] for each in value if isinstance(each, str))
            elif isinstance(value, list):
                yield from _ids(value)
