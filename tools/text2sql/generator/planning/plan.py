"""A query as data: what it reads, tests, groups and returns."""

from dataclasses import dataclass
from typing import Literal

from tools.text2sql.generator.naming.fields import Field
from tools.text2sql.generator.planning.joins import Edge

Sign = Literal[
    "=",
    "<>",
    ">",
    ">=",
    "<",
    "<=",
    "in",
    "not in",
    "between",
    "range",
    "empty",
    "present",
    "contains",
    "starts",
    "ends",
]
CountSign = Literal[">", ">=", "<", "<=", "=", "between"]
RelatedSign = Literal["exists", "none", ">", ">=", "<", "<=", "=", "between"]
Literals = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Product:
    """A price times a quantity of the same row."""

    price: Field
    quantity: Field


@dataclass(frozen=True, slots=True)
class Bucket:
    """A date cut down to its month, quarter, year, week or day."""

    unit: str
    field: Field


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``count`` without an operand counts rows."""

    function: Literal["count", "sum", "avg", "max", "min"]
    operand: Field | Product | None = None
    is_distinct: bool = False


Expression = Field | Product | Bucket | Aggregate


@dataclass(frozen=True, slots=True)
class Scope:
    """A table and the tables joined to it, in the order of the steps."""

    start: str
    edges: tuple[Edge, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.start, *(edge.end for edge in self.edges))


@dataclass(frozen=True, slots=True)
class Test:
    """A column against literals. ``in`` takes several, ``between`` and ``range`` (half-open) two, ``empty`` none."""

    field: Field
    sign: Sign
    values: tuple[Literals, ...] = ()


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of other tables that hang on the outer row by ``link``: some (``exists``), none, or so many."""

    link: Edge
    scope: Scope
    where: "tuple[Condition, ...]" = ()
    sign: RelatedSign = "exists"
    number: float = 0
    high: float | None = None
    counted: Field | None = None
    """The key to count distinct values of, where joins may repeat a row."""


Condition = Test | Related


Having = tuple[tuple[Aggregate, Sign, float], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query. ``limit`` is None where all rows are wanted."""

    scope: Scope
    outputs: tuple[Expression, ...]
    where: tuple[Condition, ...] = ()
    group: tuple[Field | Bucket, ...] = ()
    having: Having = ()
    order: tuple[tuple[Expression, bool], ...] = ()
    """Expressions, and whether the greatest come first."""
    limit: int | None = None
    is_distinct: bool = False
    whole: str = ""
    """The table whose columns are all returned; ``outputs`` is empty then."""
