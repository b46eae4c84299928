"""Who the customer is, as far as the host says it: the few facts that a person taking over needs at once.

The metadata may be of any shape, and may hold what must not be passed on; so what is shown is picked by its name.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from storage.analysis import fold

MOST = 10
LONGEST = 48  # characters of a name or value
DEEPEST = 3  # objects within objects
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
OF_PEOPLE = frozenset("customer user client contact guest passenger member account profile caller".split())
OF_MATTERS = frozenset("name booking reservation order ticket case loyalty".split())
PEOPLE = "customer client user guest member passenger caller account contact profile".split()
NAMES = ("name", "first name", "last name", "full name", "firstname", "lastname", "surname", "display name")
RANKS = ("vip", "tier", "loyalty tier", "plan", "segment", "loyalty level", "loyalty status", "vulnerable")
MATTERS = [
    f"{matter}{part}"
    for matter in ("booking", "reservation", "order", "ticket", "case", "flight", "room", "reference")
    for part in ("", " id", " number", " reference")
]
REACHED = ("email", "e mail", "email address", "mail", "phone", "phone number", "mobile", "mobile number", "telephone")
SHOWN = {
    name: place
    for place, name in enumerate(
        [
            *NAMES,
            *(f"{who} {name}" for who in PEOPLE for name in NAMES),
            *("name first", "name last", "name full"),
            *RANKS,
            *(f"{who} {rank}" for who in PEOPLE for rank in RANKS),
            *("id", "number", *PEOPLE),
            *(f"{who} {number}" for who in PEOPLE for number in ("id", "number")),
            *MATTERS,
            *("language", "lang", "locale", *REACHED),
            *("company", "company name", "country", "city", "timezone"),
        ]
    )
}
"""The names of what is shown, the most telling first. Any other may hold what is nobody's business."""
ADDRESS = re.compile(r"\w://")
IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?")
CARD = range(13, 20)
"""Digits of a payment card's number (ISO/IEC 7812-1)."""
TELLING_APART = frozenset(
    "id number no customer user client contact guest passenger member account profile caller name first last firstname"
    " lastname surname full email mail address phone mobile telephone tel".split()
)
"""What the name of a fact that stays with one person is made of; a ticket or a message has a number too."""


def profile(metadata: Mapping[str, Any]) -> dict[str, str]:
    """At most MOST facts, shortened, the most telling first; what stands inside "customer" and the like is looked
    into."""
    ranked = sorted(
        ((place, name, value) for name, value in _facts(metadata) if (place := _place(name)) is not None),
        key=lambda fact: fact[0],
    )
    chosen: dict[str, str] = {}
    for _, name, value in ranked:
        chosen.setdefault(_cut(name), _cut(value))
    return dict(list(chosen.items())[:MOST])


def identity(metadata: Mapping[str, Any]) -> list[str]:
    """Who it is, to tell two customers apart; the same however the metadata is ordered, empty when it does not say."""
    return sorted(
        f"{name}: {value}"
        for name, value in _facts(metadata)
        if (words := name_words(name)) and TELLING_APART.issuperset(words)
    )


def _facts(metadata: Mapping[str, Any], within: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    """The plain facts; what stands inside "customer" and the like by its own name, inside "booking" by both names."""
    for name, value in metadata.items():
        known = fold(name)
        if isinstance(value, Mapping):
            if depth < DEEPEST and known in OF_PEOPLE | OF_MATTERS:
                yield from _facts(value, "" if known in OF_PEOPLE else f"{name} ", depth + 1)
        elif (text := _written(value)) and not _is_private(text):
            yield within + name, text


def _is_private(text: str) -> bool:
    """Whether it is an address, or the number of a payment card or bank account, whatever it is called."""
    digits = re.sub(r"[ -]", "", text)
    if digits.isdecimal() and len(digits) in CARD:
        return _checks_out(digits)
    return bool(ADDRESS.search(text) or IBAN.fullmatch(text.upper()))


def _checks_out(digits: str) -> bool:
    """The check of card numbers: Luhn's formula (ISO/IEC 7812-1, annex B)."""
    doubled = (2 * int(digit) if at % 2 else int(digit) for at, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _written(value: object) -> str:
    """A plain value as text; "" for what says nothing or is none."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""


def _place(name: str) -> int | None:
    """How telling the name is, 0 the most; None for one that is not shown."""
    return SHOWN.get(" ".join(name_words(name)))


def name_words(name: str) -> list[str]:
    """The words of a name, lower case, however they are joined: open_tickets, openTickets, "open tickets"."""
    return [word.lower() for word in WORDS.findall(name)]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
