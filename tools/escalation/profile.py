"""Who the customer is, as far as the host says it: the few facts that a person taking over needs at once.

The metadata may be of any shape, and may hold what must not be passed on; so what is shown is picked by its name.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from storage.analysis import fold

MOST = 10
LONGEST = 48  # characters of a name or value
WORDS = re.compile(r"[a-z]+(?=[A-Z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
INSIDE = frozenset("customer user client contact guest passenger member account profile caller".split())
SHOWN = (
    "name firstname lastname surname vip tier plan segment loyalty level status vulnerable id account customer user"
    " member booking reservation order ticket case reference language lang locale email mail phone mobile telephone tel"
    " company country city timezone"
).split()
"""What may be in a name that is shown, the most telling first."""
SECRET = frozenset(
    "password passwd passcode pass secret token key pin otp cvv cvc card iban ssn auth credential credentials session"
    " cookie hash balance birth dob".split()
)


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


def _facts(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in metadata.items():
        if isinstance(value, Mapping) and fold(name) in INSIDE:
            yield from ((inner, text) for inner, each in value.items() if (text := _written(each)))
        elif text := _written(value):
            yield name, text


def _written(value: object) -> str:
    """A plain value as text; "" for what says nothing or is none."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""


def _place(name: str) -> int | None:
    """How telling the name is, 0 the most; None for one that is not shown."""
    words = [word.lower() for word in WORDS.findall(name)]
    if not SECRET.isdisjoint(words):
        return None
    return min((SHOWN.index(word) for word in words if word in SHOWN), default=None)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
