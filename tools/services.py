"""What handlers are given: the services, and who calls."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # brings numpy and the store, which must not stand before the first answer
    from tools.memory.memories import Memories


@dataclass(frozen=True, slots=True)
class Services:
    """What the use cases work on, a field a family."""

    memories: "Memories"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the tenant and the key, both from the transport, never from an argument."""

    tenant: str
    key: str


LOCAL = Caller("local", "stdio")
