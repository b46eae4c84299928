"""A plan as SQL in a dialect, built as a tree and never from text."""

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from storage.sources.schema import Schema
from tools.text2sql.generator.naming.fields import Field
from tools.text2sql.generator.planning.joins import Edge
from tools.text2sql.generator.planning.plan import (
    Aggregate,
    Bucket,
    Condition,
    Expression,
    Literals,
    Plan,
    Product,
    Related,
    Scope,
    Test,
)

SAFE = re.compile(r"[a-z_][a-z0-9_]*$|[A-Za-z_][A-Za-z0-9_]*$")
SIGNS = {"=": exp.EQ, "<>": exp.NEQ, ">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE}
NAMED = {"count": "number_of", "sum": "sum", "avg": "average", "max": "highest", "min": "lowest"}
FLIPPED = {"<": ">=", "<=": ">"}


def _name(each: Product | Bucket | Aggregate, table: str) -> str:
    """What a computed column is called: ``month``, ``sum_total``, ``number_of_orders``."""
    match each:
        case Bucket(unit):
            return unit
        case Product():
            return "amount"
        case Aggregate("count", None):
            return f"number_of_{table}"
        case Aggregate(function, operand):
            what = operand.column if isinstance(operand, Field) else "amount"
            return f"{NAMED[function]}_{what}"


def rendered(plan: Plan, schema: Schema) -> str:
    """The plan's SQL in the schema's dialect."""
    return _Renderer(schema, plan).query().sql(dialect=schema.dialect)


class _Renderer:
    def __init__(self, schema: Schema, plan: Plan) -> None:
        self.schema, self.plan = schema, plan
        self.is_qualified = bool(plan.scope.edges) or any(isinstance(each, Related) for each in plan.where)

    def query(self) -> exp.Select:
        plan = self.plan
        outputs = [*self.outputs()] or [self.star(plan.whole)]
        select = exp.select(*outputs).from_(self.table(plan.scope.start))
        select = self.joined(select, plan.scope)
        for condition in plan.where:
            select = select.where(self.condition(condition))
        if plan.group:
            select = select.group_by(*(self.expression(each) for each in plan.group))
        for aggregate, sign, number in plan.having:
            select = select.having(SIGNS[sign](this=self.expression(aggregate), expression=literal(number)))
        for each, descending in plan.order:
            select = select.order_by(
                exp.Ordered(this=self.expression(each), desc=descending, nulls_first=self.nulls(descending))
            )
        if plan.limit is not None:
            select = select.limit(plan.limit)
        return select.distinct() if plan.is_distinct else select

    def outputs(self) -> Iterator[exp.Expr]:
        """What the plan returns; what is computed gets a name of its own, which is no column's, as engines differ in
        which of the two a clause would mean."""
        taken = {column.name.lower() for table in self.schema.tables for column in table.columns}
        for each in self.plan.outputs:
            if isinstance(each, Field):
                yield self.expression(each)
                continue
            name = _name(each, self.plan.scope.start.rpartition(".")[2])
            while name.lower() in taken:
                name = f"{name}_"
            taken.add(name.lower())
            yield exp.alias_(self.expression(each), self.identifier(name))

    def nulls(self, descending: bool) -> bool:
        """The dialect's own place of NULLs, so that no clause is written for it."""
        return {"postgres": descending, "duckdb": False}.get(self.schema.dialect, not descending)

    # Names

    def identifier(self, name: str) -> exp.Identifier:
        return exp.to_identifier(name, quoted=not self.is_plain(name))

    def is_plain(self, name: str) -> bool:
        if not SAFE.match(name) or name.upper() in RESERVED:
            return False
        return name.islower() or self.schema.dialect != "postgres"

    def table(self, key: str) -> exp.Table:
        table = self.schema.table(key)
        assert table is not None
        db = self.identifier(table.schema) if table.schema else None
        return exp.Table(this=self.identifier(table.name), db=db)

    def column(self, table: str, name: str) -> exp.Column:
        owner = self.schema.table(table)
        assert owner is not None
        return exp.Column(this=self.identifier(name), table=self.identifier(owner.name) if self.is_qualified else None)

    def field(self, field: Field) -> exp.Column:
        return self.column(field.table, field.column)

    def star(self, table: str) -> exp.Expr:
        owner = self.schema.table(table)
        assert owner is not None
        if any(column.is_masked for column in owner.columns):
            return exp.Tuple(expressions=[])  # never reached: the planner lists columns where some are masked
        return exp.Column(this=exp.Star(), table=self.identifier(owner.name)) if self.is_qualified else exp.Star()

    # Values

    def expression(self, each: Expression) -> exp.Expr:
        match each:
            case Field():
                return self.field(each)
            case Product(price, quantity):
                return exp.Mul(this=self.field(quantity), expression=self.field(price))
            case Bucket(unit, field):
                return bucket(unit, self.field(field), field.is_text_date, self.schema.dialect)
            case Aggregate():
                return self.aggregate(each)

    def aggregate(self, each: Aggregate) -> exp.Expr:
        operand: exp.Expr = exp.Star() if each.operand is None else self.expression(each.operand)
        if each.is_distinct:
            operand = exp.Distinct(expressions=[operand])
        return {"count": exp.Count, "sum": exp.Sum, "avg": exp.Avg, "max": exp.Max, "min": exp.Min}[each.function](
            this=operand
        )

    # Tests

    def joined(self, select: exp.Select, scope: Scope) -> exp.Select:
        for edge in scope.edges:
            select = select.join(self.table(edge.end), on=self.link(edge), join_type="")
        return select

    def link(self, edge: Edge) -> exp.Expr:
        return exp.and_(
            *(
                exp.EQ(this=self.column(edge.start, left), expression=self.column(edge.end, right))
                for left, right in zip(edge.start_columns, edge.end_columns, strict=True)
            )
        )

    def condition(self, condition: Condition) -> exp.Expr:
        return self.related(condition) if isinstance(condition, Related) else self.test(condition)

    def related(self, related: Related) -> exp.Expr:
        if related.sign in ("exists", "none"):
            inner = self.inner(related, [literal(1)]).where(self.link(related.link))
            exists = exp.Exists(this=inner)
            return exp.Not(this=exists) if related.sign == "none" else exists
        return self.numbered(related)

    def inner(self, related: Related, outputs: Sequence[exp.Expr]) -> exp.Select:
        select = self.joined(exp.select(*outputs).from_(self.table(related.scope.start)), related.scope)
        for condition in related.where:
            select = select.where(self.condition(condition))
        return select

    def numbered(self, related: Related) -> exp.Expr:
        """A membership test, which engines run once; rows without any are few by ``<``, so that is turned around."""
        outer = self.column(related.link.start, related.link.start_columns[0])
        key = self.column(related.link.end, related.link.end_columns[0])
        count = self.aggregate(Aggregate("count", related.counted, is_distinct=related.counted is not None))
        turned = related.sign in FLIPPED
        inner = (
            self.inner(related, [key])
            .where(exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null())))
            .group_by(key.copy())
        )
        if related.sign == "between":
            test: exp.Expr = exp.Between(this=count, low=literal(related.number), high=literal(related.high or 0))
        else:
            test = SIGNS[FLIPPED.get(related.sign, related.sign)](this=count, expression=literal(related.number))
        member = exp.In(this=outer, query=exp.Subquery(this=inner.having(test)))
        return exp.Not(this=member) if turned else member

    def test(self, test: Test) -> exp.Expr:
        column, values = self.field(test.field), [literal(value) for value in test.values]
        match test.sign:
            case "empty":
                return exp.Is(this=column, expression=exp.Null())
            case "present":
                return exp.Not(this=exp.Is(this=column, expression=exp.Null()))
            case "in":
                return exp.In(this=column, expressions=values)
            case "not in":
                return exp.Not(this=exp.In(this=column, expressions=values))
            case "between":
                return exp.Between(this=column, low=values[0], high=values[1])
            case "range":
                return exp.and_(
                    exp.GTE(this=column, expression=values[0]), exp.LT(this=column.copy(), expression=values[1])
                )
            case "contains" | "starts" | "ends":
                return self.like(column, test)
            case sign:
                return SIGNS[sign](this=column, expression=values[0])

    def like(self, column: exp.Expr, test: Test) -> exp.Expr:
        text = str(test.values[0])
        pattern = {"contains": f"%{text}%", "starts": f"{text}%", "ends": f"%{text}"}[test.sign]
        kind = exp.ILike if self.schema.dialect in ("postgres", "duckdb") else exp.Like
        return kind(this=column, expression=exp.Literal.string(pattern))


def literal(value: Literals) -> exp.Expr:
    """A literal; whole numbers without a point."""
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, str):
        return exp.Literal.string(value)
    return exp.Literal.number(int(value) if float(value).is_integer() else value)


def bucket(unit: str, column: exp.Expr, is_text: bool, dialect: str) -> exp.Expr:
    """A date cut down to a unit, as text or a date by the dialect's custom."""
    if dialect == "sqlite":
        return _sqlite_bucket(unit, column)
    if is_text and unit in ("month", "year", "day"):
        return exp.func("SUBSTRING", column, literal(1), literal({"month": 7, "year": 4, "day": 10}[unit]))
    if dialect == "mysql":
        return _mysql_bucket(unit, column)
    if unit == "year":
        return exp.Extract(this=exp.var("YEAR"), expression=column)
    return exp.cast(exp.Anonymous(this="DATE_TRUNC", expressions=[literal(unit), column]), "date")


def _sqlite_bucket(unit: str, column: exp.Expr) -> exp.Expr:
    def part(pattern: str) -> exp.Expr:
        return exp.Anonymous(this="STRFTIME", expressions=[literal(pattern), column.copy()])

    if unit != "quarter":
        return part({"month": "%Y-%m", "year": "%Y", "week": "%Y-%W", "day": "%Y-%m-%d"}[unit])
    months = exp.Paren(
        this=exp.Add(this=exp.Cast(this=part("%m"), to=exp.DataType.build("int")), expression=literal(2))
    )
    number = exp.Div(this=months, expression=literal(3), typed=True)
    return exp.DPipe(this=exp.DPipe(this=part("%Y"), expression=literal("-Q")), expression=exp.Paren(this=number))


def _mysql_bucket(unit: str, column: exp.Expr) -> exp.Expr:
    if unit == "year":
        return exp.Anonymous(this="YEAR", expressions=[column])
    if unit == "quarter":
        quarter = exp.Anonymous(this="QUARTER", expressions=[column.copy()])
        year = exp.Anonymous(this="YEAR", expressions=[column])
        return exp.Anonymous(this="CONCAT", expressions=[year, literal("-Q"), quarter])
    pattern = {"month": "%Y-%m", "week": "%x-%v", "day": "%Y-%m-%d"}[unit]
    return exp.Anonymous(this="DATE_FORMAT", expressions=[column, literal(pattern)])


RESERVED = frozenset(
    """ALL ALTER ANALYZE AND ANY AS ASC BETWEEN BY CASE CAST CHECK COLUMN CONSTRAINT CREATE CROSS CURRENT_DATE
    CURRENT_TIME CURRENT_USER DATABASE DEFAULT DELETE DESC DESCRIBE DISTINCT DIV DO DROP ELSE END EXCEPT EXISTS
    EXPLAIN FALSE FETCH FOR FOREIGN FROM FULL FUNCTION GRANT GROUP GROUPS HAVING IF IN INDEX INNER INSERT
    INTERSECT INTERVAL INTO IS JOIN KEY KEYS KILL LATERAL LEADING LEFT LIKE LIMIT LOAD LOCK MATCH NATURAL NOT
    NULL OFFSET ON OR ORDER OUTER OVER PARTITION PRIMARY PROCEDURE RANGE RANK READ RECURSIVE REFERENCES RENAME
    REPLACE RIGHT ROW ROWS SCHEMA SELECT SET SHOW SOME SYSTEM TABLE THEN TO TRAILING TRIGGER TRUE UNION UNIQUE
    UNLOCK UPDATE USAGE USE USER USING VALUES VIEW WHEN WHERE WINDOW WITH WRITE CURRENT RETURN""".split()
)
