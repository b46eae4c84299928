"""What a question asks for, before its words are bound to tables and columns for good."""

from dataclasses import dataclass, field
from typing import Literal

from tools.text2sql.generator.language.dates import Period
from tools.text2sql.generator.reading.tagging import Item

How = Literal["contains", "starts", "ends"]
Function = Literal["count", "sum", "avg", "max", "min", "show"]


@dataclass(frozen=True, slots=True)
class Want:
    """A function over what a noun names; ``show`` is the column itself."""

    function: Function
    noun: Item | None
    is_distinct: bool = False
    is_amount: bool = False
    """It was asked how much, not how many."""


@dataclass(frozen=True, slots=True)
class Named:
    """One or several stored values that rows must have, or must not. ``column`` and ``owner`` are nouns that stand
    beside them and say of which column or table they are."""

    at: int
    values: tuple[Item, ...]
    is_negated: bool = False
    column: Item | None = None
    owner: Item | None = None
    is_joined: bool = False
    """``and`` stands between the values, rather than ``or``."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A number that a column is measured against. Without a noun it is what the adjective (``concept``) or the unit is
    about, or the table's one obvious number."""

    at: int
    sign: str
    low: float
    high: float | None = None
    column: Item | None = None
    is_money: bool = False
    unit: str = ""
    concept: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """A span of time; ``cue`` is a verb or noun that says of which date."""

    at: int
    period: Period
    sign: str = "in"
    cue: Item | None = None
    until: Period | None = None
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Is:
    """A flag that is set or not, or a column that is empty or not."""

    at: int
    noun: Item
    test: Literal["flag", "empty", "present"]
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Texted:
    """Text that a column starts or ends with, or contains."""

    at: int
    column: Item
    how: How
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    """So many rows of another table: more than three orders."""

    at: int
    noun: Item
    sign: str
    number: float
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Totalled:
    """A total or average of what hangs on a row, against a number: spent more than 500. No noun: money."""

    at: int
    function: Function
    noun: Item | None
    sign: str
    number: float


@dataclass(frozen=True, slots=True)
class Absent:
    """No row of another table: without orders."""

    at: int
    noun: Item


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first so many by a measure: a column, or the number of rows of a table. ``concept`` is an adjective's."""

    function: Function
    noun: Item | None
    is_descending: bool
    concept: str = ""


Filter = Named | Compared | When | Is | Texted


@dataclass(slots=True)
class Asked:
    """The parts of a question. ``mentions`` are nouns for tables with where they stand; ``problems`` what was seen
    and is not understood."""

    wants: list[Want] = field(default_factory=list)
    head: Item | None = None
    who: str = ""
    groups: list[Item] = field(default_factory=list)
    unit: str = ""
    is_unit_head: bool = False
    """The answer is a month, quarter or year."""
    unit_cue: Item | None = None
    date_verb: Item | None = None
    """A verb for a date, whose span of time stands further on if anywhere."""
    filters: list[Filter] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    totalled: list[Totalled] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    is_head_first: bool = False
    """Rows were named before a function over what hangs on them: departments and their average salary."""
    is_count_implied: bool = False
    """Nothing says that rows are to be counted, but that they are to be grouped."""
    is_new: bool = False
    counts_each: bool = False
    ranked: Ranked | None = None
    ordered: Ranked | None = None
    limit: int | None = None
    mentions: list[Item] = field(default_factory=list)
    shown_after: list[Item] = field(default_factory=list)
    ties: set[str] = field(default_factory=set)
    """Stems of verbs that only tie one thing to another."""
    unexplained: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
