"""Functions that make a large value out of a small one. Several of them cannot be interrupted, so their size must be
plain to see: a number, an arithmetic of numbers, or LEAST of one."""

import re
from math import prod

from sqlglot import exp

from tools.text2sql.gate.rejected import Rejected

MAX_SIZE = 1_000
MAX_PRODUCT = 100_000  # of all sizes that are nested in each other
MAX_STEPS = 100_000  # of a series of numbers
MAX_TYPE_SIZE = 65_535  # CAST(x AS CHAR(n)) pads
COARSE = re.compile(r"\s*\+?\d+\s*(?:minute|hour|day|week|mon|month|quarter|year|decade)s?\s*", re.IGNORECASE)
WIDTH = re.compile(r"\*|\d{4}|\{[^}]*\{")
SERIES = (exp.GenerateSeries, exp.ExplodingGenerateSeries)
FORMATS = {"printf", "format"}


def check_sizes(tree: exp.Expr) -> None:
    """Raise Rejected where a function could make a very large value."""
    for node in tree.walk():
        if isinstance(node, SERIES):
            _check_series(node)
        elif isinstance(node, exp.DataTypeParam):
            _check_type_size(node)
        elif isinstance(node, exp.Func) and _growth(node) > 1:
            _check_nested(node)


def _check_nested(node: exp.Expr) -> None:
    """Sizes nested in each other multiply."""
    growths: list[float] = []
    above: exp.Expr | None = node
    while above is not None and not isinstance(above, exp.Query):
        growths.append(_growth(above))
        above = above.parent
    if prod(growths) > MAX_PRODUCT:
        raise Rejected("size", f"Nested like this, the text may grow more than {MAX_PRODUCT:,}-fold. Nest less.")


def _growth(node: exp.Expr) -> float:
    """How many times longer a call's result may be than what it is given. Raises Rejected where that is not plain."""
    if isinstance(node, exp.Repeat):
        return _size(node.args.get("times"), "repeat")
    if isinstance(node, exp.Pad):
        return _size(node.expression, "lpad and rpad")
    if isinstance(node, exp.Space):
        return _size(node.this, "space")
    if isinstance(node, exp.Replace):
        return _replacement(node)
    if isinstance(node, exp.Format) or (isinstance(node, exp.Anonymous) and node.name.lower() in FORMATS):
        return _formatted(node.this if isinstance(node, exp.Format) else next(iter(node.expressions), None))
    return 1


def _size(node: exp.Expr | None, name: str) -> float:
    size = number(node)
    if size is None or size > MAX_SIZE:
        raise Rejected(
            "size", f"The size in {name} must be a number up to {MAX_SIZE:,}: write LEAST(size, {MAX_SIZE})."
        )
    return max(1, size)


def _replacement(node: exp.Replace) -> float:
    pattern, text = node.expression, node.args.get("replacement")
    if text is None:
        return 1
    if isinstance(pattern, exp.Literal) and isinstance(text, exp.Literal):
        return max(1.0, len(text.name) / max(1, len(pattern.name)))
    return 10


def _formatted(template: exp.Expr | None) -> float:
    if not isinstance(template, exp.Literal) or WIDTH.search(template.name):
        raise Rejected("size", "printf and format take a literal format with widths below 1,000 and without *.")
    return 10


def _check_series(node: exp.Expr) -> None:
    start, end, step = node.args.get("start"), node.args.get("end"), node.args.get("step")
    if step is not None and COARSE.fullmatch(_interval(step)):
        return
    first, last, width = number(start), number(end), number(step) if step is not None else 1
    if first is None or last is None or not width or abs(last - first) / abs(width) > MAX_STEPS:
        raise Rejected(
            "size",
            f"A series needs plain bounds with at most {MAX_STEPS:,} steps, as generate_series(1, 12) or"
            " generate_series(1, LEAST(n, 1000)), or dates with an interval of a minute or more.",
        )


def _interval(step: exp.Expr) -> str:
    """The text of an interval: INTERVAL '1' DAY, '1 day'::interval, or the bare '1 day'."""
    if isinstance(step, exp.Interval):
        return f"{step.text('this')} {step.text('unit')}"
    return step.text("this") if isinstance(step, exp.Cast) else step.name


def number(node: exp.Expr | None) -> int | None:
    """The largest value of an expression where its text says it."""
    if isinstance(node, exp.Literal):
        return int(node.name) if not node.is_string and node.name.isascii() and node.name.isdigit() else None
    if isinstance(node, exp.Paren | exp.Cast):
        return number(node.this)
    if isinstance(node, exp.Neg):
        inner = number(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Least | exp.Min):
        known = [each for each in (number(part) for part in [node.this, *node.expressions]) if each is not None]
        return min(known, default=None) if node.expressions else None
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        return _computed(node, number(node.this), number(node.expression))
    return None


def _computed(node: exp.Expr, left: int | None, right: int | None) -> int | None:
    if left is None or right is None:
        return None
    return left + right if isinstance(node, exp.Add) else left - right if isinstance(node, exp.Sub) else left * right


def _check_type_size(node: exp.DataTypeParam) -> None:
    if isinstance(node.this, exp.Literal) and (number(node.this) or 0) > MAX_TYPE_SIZE:
        raise Rejected("size", f"A type's size may be {MAX_TYPE_SIZE:,} at most.")
