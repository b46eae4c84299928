"""The settings of memory, as plain values."""

from dataclasses import dataclass

from tools.memory.cleanup import HtmlPolicy


@dataclass(frozen=True, slots=True)
class MemoryPolicy:
    """How memories age and what is kept. 0 switches a limit in days, a cap or the promotion off."""

    html: HtmlPolicy = "keep"
    max_tokens: int = 2_000
    half_life_days: float = 30.0
    archive_after_days: float = 30.0
    archive_below_importance: float = 0.3
    archive_below_accesses: int = 2
    promote_after_accesses: int = 5
    session_cap: int = 100_000
    retention_days: float = 30.0
