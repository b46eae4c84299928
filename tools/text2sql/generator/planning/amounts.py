"""Numbers and money of a question bound to the columns they are about."""

from collections.abc import Callable, Sequence

from tools.text2sql.generator.language.lexicon import MONEY
from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming.fields import Entity, Field
from tools.text2sql.generator.planning.binding import SPECIAL, Binder, Stuck
from tools.text2sql.generator.planning.plan import Product
from tools.text2sql.generator.reading.asked import Compared

TOTALS = frozenset(stem(word) for word in "total amount revenue sum sales value subtotal paid".split())
"""Words of columns that hold money taken."""
OTHERS = frozenset(
    stem(word)
    for word in "cost fee tax discount budget salary wage bonus balance limit fine stock shipping credit refund "
    "unit list "
    "expense premium payroll rate goal target plan planned expected estimated declared minimum maximum min max".split()
)
"""Words of columns that hold other money, or none."""
HOPED = frozenset(
    stem(word)
    for word in "offer quote quotation bid proposal claim claimed estimate forecast ask asking offered proposed quoted "
    "requested expected opportunity lead deal grant".split()
)
"""Words of tables and columns whose money nobody has taken yet, or ever will."""
ADJECTIVES = {
    "expensive": "price cost fee fare rent premium amount total",
    "cheap": "price cost fee fare rent premium amount total",
    "long": "duration length distance",
    "short": "duration length distance",
    "heavy": "weight",
    "light": "weight",
    "tall": "height",
    "paid": "salary wage pay",
    "unpaid": "salary wage pay",
    "rated": "rating score stars",
    "misrated": "rating score stars",
    "size": "amount total value size capacity population",
}
"""The words of the columns that adjectives are about, the likeliest first."""
SIZES = frozenset(
    stem(word)
    for word in (*ADJECTIVES["size"].split(), *"weight volume quantity area length width height distance".split())
)
UNITS = {
    stem(word): (kind, size)
    for kind, size, words in (
        ("time", 1, "second seconds sec secs"),
        ("time", 60, "minute minutes min mins"),
        ("time", 3600, "hour hours hr hrs"),
        ("time", 86400, "day days"),
        ("time", 604800, "week weeks"),
        ("mass", 0.001, "mg"),
        ("mass", 1, "g gram grams"),
        ("mass", 1000, "kg kilo kilos kilogram kilograms"),
        ("length", 1, "cm"),
        ("length", 100, "m meter meters metre metres"),
        ("length", 100_000, "km kilometer kilometers kilometre kilometres"),
        ("length", 160_934.4, "mile miles"),
    )
    for word in words.split()
}
"""Units by stem: what they measure, and their size."""
PRICE, SALE, QUANTITY = stem("price"), stem("sale"), stem("quantity")


def money(bind: Binder, words: str, near: Sequence[str], reaches: Callable[[str], bool]) -> Field | Product:
    """What ``revenue`` and ``spent`` mean, in a table that ``reaches`` accepts: an amount of a table of events, the one
    nearest to the tables in ``near``, or price times quantity. Raises Stuck."""
    tables = [entity for entity in bind.vocabulary.entities.values() if reaches(entity.key)]
    found = [field for entity in tables if _has_events(entity) for field in entity.fields if _is_takings(field, entity)]
    ranks = {field: _rank(bind, field, near) for field in found}
    best = [field for field in found if ranks[field] == min(ranks.values())]
    if best and len({field.table for field in found}) > 1 and ranks[best[0]][1]:
        best = found  # orders of a customer, and payments for them: what was spent
    if len(best) > 1:
        raise Stuck(words, [f"{words} is {field.table}.{field.column}" for field in best])
    products = [product for entity in tables if (product := _product(entity))]
    if not best and len(products) != 1:
        raise Stuck(words)
    return best[0] if best else products[0]


def _rank(bind: Binder, field: Field, near: Sequence[str]) -> tuple[bool, int]:
    distance = min((bind.distance(key, field.table) for key in near), default=0)
    return not any(word.stems & {stem("revenue")} for word in field.own), distance


def _has_events(entity: Entity) -> bool:
    return bool(entity.table.foreign_keys) or bool(entity.of_kind("date"))


def _is_takings(field: Field, owner: Entity) -> bool:
    stems = {each for word in field.own for each in word.stems}
    named = {each for word in (*field.words, *owner.words) for each in word.stems}
    if field.kind != "number" or stems & OTHERS or named & HOPED:
        return False
    return bool(stems & TOTALS) or {PRICE, SALE} <= named


def _product(entity: Entity) -> Product | None:
    """Price times quantity of a line of an order; None where a discount would change it."""
    numbers = entity.of_kind("number")
    prices = [field for field in numbers if field.own[-1].stems & {PRICE}]
    amounts = [field for field in numbers if any(word.stems & {QUANTITY} for word in field.own)]
    if any(word.stems & {stem("discount"), "disc"} for field in numbers for word in field.own):
        return None
    return Product(prices[0], amounts[0]) if len(prices) == 1 and len(amounts) == 1 else None


def number(bind: Binder, compared: Compared, base: str) -> Field:
    """The column a number is compared with: the noun's, or the one obvious number of the table in question."""
    noun = compared.column
    if noun is not None and compared.sign != "key":
        return bind.field(noun, base, lambda field: field.kind in ("number", "key"))
    if noun is not None:
        keys = bind.keys(bind.entity(noun))
        if len(keys) != 1:
            raise Stuck(noun.text)
        return keys[0]
    before = [entity for at, entity in bind.sites if at < compared.at]
    entity = before[-1] if before else bind.vocabulary.entities[base]
    if compared.concept and (field := described(compared.concept, entity)) is not None:
        return field
    measured = [
        field for field in entity.of_kind("number") if any(word.is_written(compared.unit) for word in field.words)
    ]
    if compared.unit and len(measured) == 1:
        return measured[0]
    if compared.concept or compared.unit:
        raise Stuck(compared.concept or compared.unit)
    if entity.is_person and not compared.is_money:
        raise Stuck(f"{compared.low:g}")  # employees over 50: years or pay
    return obvious(f"{compared.low:g}", entity, is_money=True)


def scaled(unit: str, field: Field) -> float:
    """What a number in that unit is multiplied by for a column whose name says its own. Raises Stuck where the two
    cannot be told to agree."""
    if unit in ("percent", "%") and field.is_share:
        raise Stuck(f"{unit} of 1 or of 100")
    own = next((UNITS[each] for word in field.words for each in sorted(word.stems) if each in UNITS), None)
    asked = UNITS.get(stem(unit)) if unit else None
    if own is None or asked is None or own == asked:
        return 1
    if own[0] != asked[0]:
        raise Stuck(unit)
    return asked[1] / own[1]


def described(concept: str, entity: Entity) -> Field | None:
    """The number of a table that an adjective is about; None if there is none. Raises Stuck if there are several."""
    if concept == "size" and len(_sizes(entity)) > 1:
        raise Stuck(concept, [f"{concept} is {field.table}.{field.column}" for field in _sizes(entity)])
    for word in ADJECTIVES[concept].split():
        found = [field for field in entity.of_kind("number") if any(each.is_written(word) for each in field.own)]
        plain = [field for field in found if word == "cost" or not any(each.stems & {"cost"} for each in field.own)]
        if len(plain or found) == 1:
            return (plain or found)[0]
        if found:
            raise Stuck(concept, [f"{concept} is {field.table}.{field.column}" for field in found])
    return None


def _sizes(entity: Entity) -> list[Field]:
    """All numbers of a table by which one row may be bigger than another."""
    return [field for field in entity.of_kind("number") if any(word.stems & SIZES for word in field.own)]


def obvious(words: str, entity: Entity, is_money: bool) -> Field:
    """The only number of a table, or its only one of money. Raises Stuck."""
    numbers = entity.of_kind("number")
    found = numbers
    if is_money or len(numbers) > 1:
        found = [field for field in numbers if any(word.stems & MONEY for word in field.words)]
    if len(found) > 1:
        found = [field for field in found if not any(word.stems & SPECIAL for word in field.own)]
    if len(found) != 1:
        raise Stuck(words, [f"{words} is about {field.table}.{field.column}" for field in found])
    return found[0]
