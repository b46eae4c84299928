"""Readings that are sound in form and yet a guess: what is refused before a plan is made of them."""

from collections.abc import Sequence

from tools.text2sql.generator.language.lexicon import SUMS
from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming.fields import Field
from tools.text2sql.generator.planning.binding import Binder, Stuck
from tools.text2sql.generator.planning.heads import Head
from tools.text2sql.generator.planning.moments import is_later, is_state
from tools.text2sql.generator.planning.plan import Condition, Test
from tools.text2sql.generator.reading.asked import Is, Named

NOW = frozenset(
    {*map(stem, ("currently", "now", "still", "ongoing")), "right now", "at the moment", "as of today", "to date"}
)
"""Words, by stem, and phrases for the present."""


def check_now(bind: Binder) -> None:
    """``books currently lent``: of rows that have a state or an end, those of now; which are they? Raises Stuck."""
    asked = bind.asked
    is_said = asked.absent or any(isinstance(each, (Named, Is)) for each in asked.filters)
    if is_said or not asked.ties & NOW:
        return
    for entity in bind.mentioned:
        states = [*entity.of_kind("flag"), *(each for each in entity.of_kind("text") if is_state(each))]
        if states or any(each.is_nullable and is_later(each) for each in entity.of_kind("date")):
            raise Stuck("now")


def check_countable(bind: Binder) -> None:
    """Orders by month are counted; payments by month may be added up as well. Raises Stuck."""
    key = bind.entity(bind.asked.head) if bind.asked.head else None
    if key is not None and key.words[-1].stems & SUMS:
        raise Stuck(key.table.name, [f"counts rows of {key.key}", f"adds up amounts of {key.key}"])


def check_named(head: Head) -> None:
    """Nobody asks for the numbers of persons; their names must be somewhere. Raises Stuck."""
    if head.entity.is_person and not head.shown:
        raise Stuck(f"names of {head.entity.table.name}")


def check_unknown(outputs: Sequence[Field], where: Sequence[Condition]) -> None:
    """A list of what the question itself says answers nothing. Raises Stuck."""
    said = {test.field for test in where if isinstance(test, Test) and test.sign == "="}
    if said.issuperset(outputs):
        raise Stuck(f"what of {outputs[0].column}")
