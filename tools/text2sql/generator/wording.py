"""A plan in words, one line: what a reader checks instead of the SQL."""

from tools.text2sql.generator.naming.fields import Field
from tools.text2sql.generator.planning.plan import (
    Aggregate,
    Bucket,
    Condition,
    Expression,
    Plan,
    Product,
    Related,
    Test,
)

FUNCTIONS = {"sum": "the sum of", "avg": "the average of", "max": "the highest", "min": "the lowest"}
TESTS = {
    "in": "is one of",
    "not in": "is none of",
    "empty": "is empty",
    "present": "is not empty",
    "contains": "contains",
}


def worded(plan: Plan) -> str:
    """The reading of a plan: ``counts rows of orders where orders.status = 'paid'``."""
    parts = [_what(plan)]
    if plan.where:
        parts.append("where " + " and ".join(_condition(each) for each in plan.where))
    if plan.group:
        shown = [each for each in plan.group if each in plan.outputs] or list(plan.group)
        parts.append("for each " + ", ".join(_expression(each) for each in shown))
    parts += [f"having {_expression(aggregate)} {sign} {number:g}" for aggregate, sign, number in plan.having]
    if plan.order and (plan.limit is not None or not plan.group):
        parts.append(_order(plan))
    return " ".join(parts)


def _what(plan: Plan) -> str:
    if plan.whole:
        return f"lists {plan.whole}"
    aggregates = [each for each in plan.outputs if isinstance(each, Aggregate)]
    if aggregates == [Aggregate("count")]:
        return f"counts rows of {plan.scope.start}"
    if aggregates:
        return "finds " + ", ".join(_expression(each) for each in aggregates) + _in(plan)
    different = "different " if plan.is_distinct else ""
    return f"lists {different}" + ", ".join(_expression(each) for each in plan.outputs)


def _in(plan: Plan) -> str:
    return "" if plan.group else f" over {plan.scope.start}"


def _order(plan: Plan) -> str:
    first = ", ".join(
        f"{_expression(each)} ({'highest' if descending else 'lowest'} first)" for each, descending in plan.order
    )
    return f"ordered by {first}" + (f", the first {plan.limit}" if plan.limit is not None else "")


def _expression(each: Expression) -> str:
    match each:
        case Field():
            return f"{each.table}.{each.column}"
        case Product(price, quantity):
            return f"{_expression(quantity)} × {_expression(price)}"
        case Bucket(unit, field):
            return f"{unit} of {_expression(field)}"
        case Aggregate("count", None):
            return "the number of rows"
        case Aggregate("count", operand):
            return f"the number of different {_operand(operand)}"
        case Aggregate(function, operand):
            return f"{FUNCTIONS[function]} {_operand(operand)}"


def _operand(operand: Field | Product | None) -> str:
    return "rows" if operand is None else _expression(operand)


def _condition(condition: Condition) -> str:
    return _related(condition) if isinstance(condition, Related) else _test(condition)


def _test(test: Test) -> str:
    name, values = (
        _expression(test.field),
        [repr(value) if isinstance(value, str) else f"{value:g}" for value in test.values],
    )
    match test.sign:
        case "range":
            return f"{name} is from {values[0]} to before {values[1]}"
        case "between":
            return f"{name} is between {values[0]} and {values[1]}"
        case sign:
            return f"{name} {TESTS.get(sign, sign)} {', '.join(values)}".strip()


def _related(related: Related) -> str:
    end = related.scope.tables[-1]
    where = " where " + " and ".join(_condition(each) for each in related.where) if related.where else ""
    match related.sign:
        case "exists":
            return f"there are rows of {end}{where}"
        case "none":
            return f"there are no rows of {end}{where}"
        case "between":
            return f"the number of rows of {end}{where} is between {related.number:g} and {related.high or 0:g}"
        case sign:
            return f"the number of rows of {end}{where} is {sign} {related.number:g}"
