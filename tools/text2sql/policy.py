"""What the owner set for the databases, as plain values; where one is, storage reads from its URL."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.sources.source import Source
from storage.sources.url import has_password, parse

__all__ = ["DatabasePolicy", "SharedSource", "Source", "has_password", "parse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSource:
    """A database that may be questioned, how, and by which tenants: all if there are none. ``source`` is None where it
    cannot be used, ``trouble`` says why."""

    name: str
    source: Source | None
    description: str = ""
    sample_values: bool = True
    trouble: str = ""
    tenants: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasePolicy:
    """The databases by name, and how long an answer may be in tokens."""

    sources: Mapping[str, SharedSource] = field(default_factory=dict[str, SharedSource])
    max_tokens: int = 2_000
