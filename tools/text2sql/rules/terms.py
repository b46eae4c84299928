"""The words that transformations explain, as the built-in generator knows them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from storage.sources.schema import Schema
from tools.text2sql.catalog import Catalog, Place, Stored, folded
from tools.text2sql.rules.rules import Term

CATALOGS = 16


@lru_cache(maxsize=CATALOGS)
def with_terms(catalog: Catalog, terms: tuple[Term, ...]) -> Catalog:
    """The catalog with the words that stand for a column or for one value of a column; before all that it finds for
    such a word by itself."""
    whole, meant = dict(catalog.whole), dict(catalog.meant)
    for term in terms:
        if place := _place(term, catalog.schema):
            if term.condition is None:
                meant[folded(term.word)] = place
            elif _is_value(term):
                whole[folded(term.word)] = (Stored(*place, _text(term.condition.value)),)
    return replace(catalog, whole=whole, meant=meant) if terms else catalog


def unknown_terms(question: str, catalog: Catalog, terms: Iterable[Term]) -> list[str]:
    """The explained words of the question that the generator cannot follow: of conditions other than equality, and of
    columns that there are not."""
    said = f" {folded(question)} "
    asked = (term for term in terms if f" {folded(term.word)} " in said)
    return [term.word for term in asked if not (_is_value(term) and _place(term, catalog.schema))]


def _is_value(term: Term) -> bool:
    return term.condition is None or (term.condition.op == "=" and not term.condition.is_excluded)


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _place(term: Term, schema: Schema) -> Place | None:
    """The shared column that the term names; a masked one may not be compared."""
    for table in schema.tables:
        if term.table.lower() in (table.key, table.name.lower()):
            names: Sequence[str] = [each.name for each in table.columns if not each.is_masked]
            return next(((table.key, name) for name in names if name.lower() == term.column.lower()), None)
    return None
