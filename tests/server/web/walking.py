"""A tenant's agents, whose answers are searched for the secret word of another tenant, which everything holds that the
other keeps."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.server.web.talking import Way

WORDS = "tea coffee vault code garden invoice river engine winter contract lamp orchard harbour piano".split()
UNKNOWN = "a1b2c3d4e5"


@dataclass
class Tenant:
    """Who it is, its secret word, and the ids that the server made for it, by kind."""

    name: str
    secret: str
    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def source(self) -> str:
        """Its database."""
        return f"{self.secret}_shop"


@dataclass
class Walker:
    """One agent. ``memories`` says what those must hold that it stored and kept, ``sessions`` where they are."""

    tenant: Tenant
    other: Tenant
    name: str
    way: Way
    random: Random
    done: "Counter[str]"
    memories: dict[str, str] = field(default_factory=dict)
    forgotten: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    own_secrets_seen: int = 0
    number: int = 0

    @property
    def session(self) -> str:
        """A session of its own, of its tenant's agents, or one whose name both tenants use."""
        return self.random.choice([f"{self.tenant.secret}-{self.name}", f"{self.tenant.secret}-all", "default"])

    def said(self) -> str:
        """A text that nobody said before, which holds the secret and words that both tenants use."""
        self.number += 1
        words = " ".join(self.random.sample(WORDS, 4))
        return f"{self.tenant.secret} {self.name} {self.number} {words}"

    async def walk(self, steps: "Mapping[Step, int]", count: int) -> None:
        """So many steps, each as likely as its weight."""
        for step in self.random.choices(list(steps), list(steps.values()), k=count):
            await step(self)

    async def ask(self, method: str, borrowed: str = "", token: str = "", **params: Any) -> dict[str, Any] | None:
        """The result; None for an error. ``borrowed`` is the other's name for something, which may come back."""
        reply = await self.way.ask(method, token, **params)
        text = reply.text.replace(borrowed, "") if borrowed else reply.text
        assert self.other.secret not in text, f"{method} {params} told {self.tenant.name}: {reply.text}"
        self.own_secrets_seen += self.tenant.secret in text
        return reply.answer.get("result")

    async def call(self, tool: str, borrowed: str = "", token: str = "", **arguments: Any) -> dict[str, Any] | None:
        """The record of a call; None when it failed."""
        result = await self.ask("tools/call", borrowed, token, name=tool, arguments=arguments)
        assert result is not None
        return None if result["isError"] else result["structuredContent"]

    def keep(self, kind: str, made: str | None) -> None:
        if made and made not in self.tenant.ids[kind]:
            self.tenant.ids[kind].append(made)

    def pick(self, kind: str) -> tuple[str, bool]:
        """An id of that kind, and whether it is the tenant's own; the other's is tried as often."""
        is_own = self.random.random() < 0.5
        known = (self.tenant if is_own else self.other).ids[kind]
        return (self.random.choice(known) if known else UNKNOWN, is_own and bool(known))

    def note(self, what: str, is_own: bool, has_worked: bool) -> None:
        """What is the other's must not work; that the own does is counted."""
        assert is_own or not has_worked, f"{self.tenant.name}: {what} worked with an id of the other tenant"
        self.done[f"{what}, {'own' if is_own else 'foreign'}"] += is_own is has_worked


Step = Callable[[Walker], Awaitable[None]]
