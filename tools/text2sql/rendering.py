"""The text form of what the database tools say beside rows: rules and schemas stand between marks, as data."""

from collections.abc import Sequence
from typing import Protocol

from tools.retrieval.rendering import fenced, item


class ShownRule(Protocol):
    """What a line shows of a rule."""

    @property
    def rule_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def data_source(self) -> str: ...


def rules(held: Sequence[ShownRule]) -> str:
    """`[id] constraint shop  text`, a line each."""
    return fenced("rules", [item(_head(rule), rule.text) for rule in held])


def _head(rule: ShownRule) -> str:
    return " ".join(part for part in (f"[{rule.rule_id}]", rule.kind, rule.data_source) if part)
