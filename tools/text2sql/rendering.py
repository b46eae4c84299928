"""The text form of what the database tools say beside rows: rules and schemas stand between marks, as data."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from tools.retrieval.budget import tokens
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


def rules(held: Sequence[ShownRule], max_tokens: int) -> str:
    """`[id] constraint shop  text`, a line each, as many as fit."""
    lines = fitting([item(_head(rule), rule.text) for rule in held], max_tokens)
    left = len(held) - len(lines)
    more = [f"{left} more rules in the structured content."] if left else []
    return "\n".join([fenced("rules", lines), *more])


def fitting(lines: Sequence[str], max_tokens: int) -> list[str]:
    """The first of the lines, as many as fit."""
    costs = accumulate(tokens(line) + 1 for line in lines)
    return [line for line, cost in zip(lines, costs, strict=True) if cost <= max_tokens]


def _head(rule: ShownRule) -> str:
    return " ".join(part for part in (f"[{rule.rule_id}]", rule.kind, rule.data_source) if part)
