"""What every escalation use case works on."""

from collections.abc import Callable
from dataclasses import dataclass

from storage.database import Database
from tools.escalation.policy import EscalationPolicy
from tools.memory.memories import Memories


@dataclass(frozen=True, slots=True)
class Escalations:
    """The store, the memories that a brief draws on, the rules, and a clock in milliseconds. ``wake`` tells the
    notifier that there is something to deliver."""

    db: Database
    memories: Memories
    policy: EscalationPolicy
    now: Callable[[], int]
    wake: Callable[[], None]
