"""Which scope a message needs: one function for every way in, asked before a message is taken in (over HTTP) and again
before it is handled (everywhere)."""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.spec import ToolSpec

WORK = ("tools/call", "resources/read", "prompts/get", "completion/complete")
"""The methods that read or change what is kept: counted as calls, limited, and audited."""
READS = frozenset(
    {"resources/read", "prompts/get", "completion/complete", "resources/subscribe", "subscriptions/listen"}
)


@dataclass(frozen=True, slots=True)
class Permissions:
    """The scopes of the tools that are offered."""

    specs: Mapping[str, ToolSpec]

    def needed(self, method: str, tool: str) -> str:
        """The scope a message needs; empty where any key will do. A tool that does not exist needs none: its caller is
        told that there is none."""
        if method == "tools/call":
            spec = self.specs.get(tool)
            return spec.scope if spec else ""
        return "read" if method in READS else ""

    def missing(self, method: str, tool: str, scopes: frozenset[str]) -> str:
        """The scope that is needed and not among these; empty if nothing stands against it."""
        needed = self.needed(method, tool)
        return "" if needed in scopes else needed


def refusal(scope: str) -> str:
    """What the caller is told."""
    return f"This key may not do that: it needs the scope {scope}. Ask the operator for a key that has it."
