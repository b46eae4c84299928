"""What hosts hand a model of the tool list: names, descriptions and input schemas."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.wire import SATCHEL, peer


def as_read(tools: Sequence[dict[str, Any]]) -> str:
    """The part of these tools that a model reads."""
    return compact([[tool["name"], tool["description"], tool["inputSchema"]] for tool in tools])


def compact(value: object) -> str:
    """JSON without blanks, as it is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def listed(home: Path, **settings: str) -> list[dict[str, Any]]:
    """The tools of a server with these settings, as it sends them."""
    with peer(SATCHEL, home, **settings) as server:
        tools: list[dict[str, Any]] = server.request("tools/list", {})["result"]["tools"]
        return tools
