"""The rules for a database's queries: what a program can follow of them, and what only whoever writes the SQL can.

A rule of one of these forms is followed to the letter; any other is shown to whoever writes the SQL, and nothing more.

* constraint      ``orders.status <> 'test'``, ``only orders where status = 'paid'``,
                  ``always exclude orders with status = 'test'``: added to every use of the table (`constraining.py`)
* transformation  ``churned means customers.left = 1``, ``turnover means orders.net_amount``: terms for the generator
* validation      ``rows <= 1000``, ``amount >= 0``, ``name is not null``: a warning where a result breaks it
* preference      in free words
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from storage.sources.fetched import Cell, Fetched
from storage.sql_rules import RuleRow
from tools.text2sql.rendering import fitting
from tools.text2sql.text_table import spelled

Value = str | int | float | bool

_NAME = r'(?:"[^"]+"|[^\W\d]\w*)'
_PLACE = rf"(?P<table>(?:{_NAME}\.)?{_NAME})\.(?P<column>{_NAME})"
_LITERAL = r"'(?:[^']|'')*'|-?\d+(?:\.\d+)?|true\b|false\b"
_TEST = rf"(?P<op><=|>=|<>|!=|==|=|<|>|is(?! (?:not |never )?null))\s*(?P<literal>{_LITERAL})"
_NULL = r"is (?P<not>not |never )?null"
_WITH = rf"(?P<table>{_NAME}) (?:with|where|whose|having) (?P<column>{_NAME})"
_EXCLUDE = r"(?:always )?(?:exclude|ignore|omit|skip|leave out) (?:all )?"
_ONLY = r"(?:always )?(?:only (?:include |use |count |consider )?|(?:include|use|count|consider) only )"
_CONSTRAINTS = tuple(
    re.compile(rf"{form}\s*(?:{_TEST}|{_NULL})", re.IGNORECASE)
    for form in (
        _PLACE,
        rf"(?P<exclude>{_EXCLUDE}){_PLACE}",
        rf"(?P<exclude>{_EXCLUDE}){_WITH}",
        rf"{_ONLY}{_PLACE}",
        rf"{_ONLY}{_WITH}",
    )
)
_TERM = re.compile(
    rf"[\"'“]?(?P<word>[^\"'“”=]{{1,60}}?)[\"'”]? (?:means?|stands for|refers to) {_PLACE}"
    rf"(?:\s*(?:{_TEST}|{_NULL}))?",
    re.IGNORECASE,
)
_VALIDATION = re.compile(rf"(?:(?:{_NAME}\.)*)(?P<column>{_NAME})\s*(?:{_TEST}|{_NULL})", re.IGNORECASE)
_SPELLINGS = {"==": "=", "!=": "<>", "is": "="}
_COMPARES: dict[str, Callable[..., bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """A column compared with a value: ``op`` is one of ``= <> < <= > >=``, or ``is null`` and ``is not null`` with the
    value None. ``table`` and ``column`` are as the rule writes them; ``is_excluded``: what meets it is left out."""

    table: str
    column: str
    op: str
    value: Value | None
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """What a word of questions means: a column, or a condition on it."""

    word: str
    table: str
    column: str
    condition: Condition | None


def shown(rules: Iterable[RuleRow]) -> list[str]:
    """Every rule in a line, for whoever writes the SQL. The text is an agent's, and data."""
    return [f"{rule.kind}: {rule.text}" for rule in rules]


def within(rules: Sequence[RuleRow], max_tokens: int) -> list[str]:
    """The rules as `shown`, as many as fit; the last line counts those that do not."""
    lines = fitting([spelled(line) for line in shown(rules)], max_tokens)
    left = len(rules) - len(lines)
    return [*lines, *([f"{left} more rules; text2sql_rules lists them"] if left else [])]


def free(rules: Iterable[RuleRow]) -> list[RuleRow]:
    """The rules that no program here can follow: an answer nobody wrote SQL for has not taken them into account."""
    return [rule for rule in rules if not _is_exact(rule)]


def terms(rules: Iterable[RuleRow]) -> list[Term]:
    """What the transformations say that words mean; of a word that is explained twice the last one."""
    found = (_term(rule.text) for rule in rules if rule.kind == "transformation")
    return list({term.word: term for term in found if term}.values())


def constraints(rules: Iterable[RuleRow]) -> Iterator[tuple[RuleRow, Condition]]:
    """The constraints that are conditions, each with its rule."""
    for rule in rules:
        if rule.kind == "constraint" and (condition := _constraint(rule.text)):
            yield rule, condition


def violations(fetched: Fetched, rules: Iterable[RuleRow]) -> list[str]:
    """A warning for each validation that the rows break. A column that the result does not have breaks none; of a
    truncated result only the rows at hand are looked at."""
    return [warning for rule in rules if rule.kind == "validation" and (warning := _violation(fetched, rule))]


def _is_exact(rule: RuleRow) -> bool:
    match rule.kind:
        case "constraint":
            return _constraint(rule.text) is not None
        case "transformation":
            return _term(rule.text) is not None
        case "validation":
            return _validation(rule.text) is not None
        case _:
            return False


def _constraint(text: str) -> Condition | None:
    for form in _CONSTRAINTS:
        if found := form.fullmatch(_plain(text)):
            return _condition(found, is_excluded=bool(found.groupdict().get("exclude")))
    return None


def _term(text: str) -> Term | None:
    found = _TERM.fullmatch(_plain(text))
    if found is None:
        return None
    has_test = found["op"] or found[0].lower().endswith("null")
    word = " ".join(found["word"].casefold().split())
    return Term(word, _name(found["table"]), _name(found["column"]), _condition(found) if has_test else None)


def _validation(text: str) -> Condition | None:
    found = _VALIDATION.fullmatch(_plain(text))
    return _condition(found, table="") if found else None


def _condition(found: re.Match[str], *, table: str | None = None, is_excluded: bool = False) -> Condition:
    table = _name(found["table"]) if table is None else table
    column = _name(found["column"])
    if not found["op"]:
        return Condition(table, column, "is not null" if found["not"] else "is null", None, is_excluded)
    op = found["op"].lower()
    return Condition(table, column, _SPELLINGS.get(op, op), _value(found["literal"]), is_excluded)


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".;")


def _name(text: str) -> str:
    return text.replace('"', "")


def _value(literal: str) -> Value:
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    if literal.lower() in ("true", "false"):
        return literal.lower() == "true"
    return float(literal) if "." in literal else int(literal)


def _violation(fetched: Fetched, rule: RuleRow) -> str:
    """What to say; empty where the rule holds or is none that can be checked."""
    condition = _validation(rule.text)
    if condition is None:
        return ""
    names = [name.lower() for name in fetched.columns]
    if condition.column.lower() in names:
        at = names.index(condition.column.lower())
        broken = sum(not _holds(row[at], condition) for row in fetched.rows)
        return f"Rule {rule.text!r} does not hold in {broken} of {len(fetched.rows)} rows." if broken else ""
    if condition.column.lower() == "rows" and not _holds(len(fetched.rows), condition):
        return f"Rule {rule.text!r} does not hold: there are {len(fetched.rows)} rows."
    return ""


def _holds(cell: Cell, condition: Condition) -> bool:
    """Whether the cell meets the condition; an empty one meets all but those on emptiness, as in a CHECK of SQL."""
    if condition.value is None:
        return (cell is None) == (condition.op == "is null")
    if cell is None:
        return True
    if isinstance(cell, str) != isinstance(condition.value, str):
        return condition.op == "<>"
    return _COMPARES[condition.op](cell, condition.value)
