"""Who calls, and what they may do. The transport says who: an API key or a token over HTTP, the owner of the machine on
stdio. Nothing an agent sends can change it."""

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

SCOPES = ("read", "write", "admin")
TENANT_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Principal:
    """A tenant, the name of the key that speaks for it (never the key itself), and what that key may do."""

    tenant: str
    key: str
    scopes: frozenset[str]


LOCAL = Principal("local", "stdio", frozenset(SCOPES))
"""On stdio: the person whose machine it is."""
ANONYMOUS = Principal("local", "anonymous", frozenset(SCOPES))
"""Over HTTP without keys: any program on this machine, where its owner asked for that."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one HTTP request brings that every layer below may need."""

    principal: Principal
    request_id: str


_current: ContextVar[Request | None] = ContextVar("satchel_request", default=None)


def current() -> Request | None:
    """The HTTP request that is being answered, in whichever task; None on stdio."""
    return _current.get()


@contextmanager
def serving(request: Request | None) -> Generator[None]:
    """Everything inside, and every message sent on from inside, belongs to this request; None is a stranger's."""
    token = _current.set(request)
    try:
        yield
    finally:
        _current.reset(token)


def known_scopes(names: Iterable[str]) -> frozenset[str]:
    """The scopes among these names."""
    return frozenset(SCOPES).intersection(names)
