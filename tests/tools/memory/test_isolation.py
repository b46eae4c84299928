"""Randomised histories of two tenants with two sessions each, told the same things and given each other's ids: what
one does never shows or changes what another has, and every tenant sees exactly what it should."""

import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio.from_thread
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from pydantic import BaseModel

from server.house import House
from server.lifespan import open_house
from storage.errors import StorageError
from tests.client import Clock
from tests.client import settings as settings_of
from tools.errors import AgentError
from tools.memory.graph import related
from tools.memory.judging import judge
from tools.memory.memories import Memories
from tools.memory.models import (
    FeedbackArguments,
    ForgetArguments,
    GraphArguments,
    RestoreArguments,
    RetrieveArguments,
    StoreArguments,
    UpdateArguments,
)
from tools.memory.removing import forget, restore
from tools.memory.retrieving import retrieve
from tools.memory.storing import store
from tools.memory.updating import update
from tools.services import Caller

TENANTS = ["acme", "globex"]
SESSIONS = ["default", "s-2"]
WORDS = ["Anna likes tea", "Bob lives in Rome", "The code is 1234", "Anna likes green tea"]
LIVE = ("active", "archived")

R = TypeVar("R")
A = TypeVar("A", bound=BaseModel)
UseCase = Callable[[Memories, Caller, A], Awaitable[R]]

tenants, sessions, words = st.sampled_from(TENANTS), st.sampled_from(SESSIONS), st.sampled_from(WORDS)
kinds = st.sampled_from(["fact", "context"])


@dataclass
class Known:
    """What a memory should be."""

    tenant: str
    session: str
    kind: str
    word: str
    state: str = "active"
    replaced_by: str = ""


class Histories(RuleBasedStateMachine):
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.portals = anyio.from_thread.start_blocking_portal()
        self.portal = self.portals.__enter__()
        opening = open_house(settings_of(Path(self.folder.name)), background=False, now=Clock())
        self.opened: AbstractContextManager[House] = self.portal.wrap_async_context_manager(opening)
        self.memories = self.opened.__enter__().memories
        self.known: dict[str, Known] = {}

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)
        self.portals.__exit__(None, None, None)
        self.folder.cleanup()

    def do(self, use_case: "UseCase[A, R]", tenant: str, asked: A) -> R | None:
        """The result; None for what was refused."""
        try:
            return self.portal.call(use_case, self.memories, Caller(tenant, "key"), asked)
        except (AgentError, StorageError):
            return None

    def own(self, tenant: str, memory_id: str, *states: str) -> bool:
        known = self.known[memory_id]
        return known.tenant == tenant and known.state in states

    def twin(self, tenant: str, session: str, kind: str, word: str) -> str | None:
        for memory_id, known in self.known.items():
            same = (known.tenant, known.session, known.kind, known.word) == (tenant, session, kind, word)
            if same and known.state not in ("superseded", "purged"):
                return memory_id
        return None

    @rule(target=ids, tenant=tenants, session=sessions, kind=kinds, word=words)
    def stores(self, tenant: str, session: str, kind: str, word: str) -> str:
        asked = StoreArguments.model_validate(
            {"content": word, "session_id": session, "content_type": kind, "entities": [{"name": f"Of {tenant}"}]}
        )
        done = self.do(store, tenant, asked)
        assert done
        expected = self.twin(tenant, session, kind, word)
        assert (done.action, done.memory_id) == ("updated", expected) if expected else done.action == "created"
        assert {other.memory_id for other in done.similar} <= self.living(tenant, session)
        self.known.setdefault(done.memory_id, Known(tenant, session, kind, word)).state = "active"
        return done.memory_id

    @rule(target=ids, tenant=tenants, session=sessions, word=words, old=ids)
    def replaces(self, tenant: str, session: str, word: str, old: str) -> str:
        asked = StoreArguments(content=word, session_id=session, content_type="fact", supersedes=old)
        done = self.do(store, tenant, asked)
        may = self.own(tenant, old, *LIVE) and self.known[old].session == session
        assert (done is not None) == may
        if not done:
            return old
        self.known.setdefault(done.memory_id, Known(tenant, session, "fact", word)).state = "active"
        if done.memory_id != old:
            self.known[old].state, self.known[old].replaced_by = "superseded", done.memory_id
        return done.memory_id

    @rule(tenant=tenants, memory_id=ids, purge=st.booleans())
    def forgets(self, tenant: str, memory_id: str, purge: bool) -> None:
        done = self.do(forget, tenant, ForgetArguments(memory_ids=[memory_id], purge=purge))
        may = self.own(tenant, memory_id, *LIVE, *(("deleted", "superseded") if purge else ()))
        assert done
        assert done.memory_ids == ([memory_id] if may else [])
        if may:
            self.leaves(memory_id, "purged" if purge else "deleted")

    @rule(tenant=tenants, session=sessions, kind=kinds)
    def forgets_by_kind(self, tenant: str, session: str, kind: str) -> None:
        done = self.do(forget, tenant, ForgetArguments(session_id=session, content_type=kind))  # type: ignore[arg-type]
        assert done
        expected = {one for one in self.living(tenant, session, archived=True) if self.known[one].kind == kind}
        assert set(done.memory_ids) == expected
        for memory_id in expected:
            self.leaves(memory_id, "deleted")

    @rule(tenant=tenants, memory_id=ids)
    def restores(self, tenant: str, memory_id: str) -> None:
        done = self.do(restore, tenant, RestoreArguments(memory_ids=[memory_id]))
        may = self.own(tenant, memory_id, "deleted")
        assert done
        assert done.memory_ids == ([memory_id] if may else [])
        if may:
            self.known[memory_id].state = "active"

    @rule(tenant=tenants, memory_id=ids, action=st.sampled_from(["archive", "unarchive"]))
    def archives(self, tenant: str, memory_id: str, action: str) -> None:
        done = self.do(update, tenant, UpdateArguments(memory_id=memory_id, action=action))  # type: ignore[arg-type]
        assert (done is not None) == self.own(tenant, memory_id, *LIVE)
        if done:
            self.known[memory_id].state = "archived" if action == "archive" else "active"

    @rule(tenant=tenants, memory_id=ids, word=words)
    def rewords(self, tenant: str, memory_id: str, word: str) -> None:
        known = self.known[memory_id]
        twin = self.twin(tenant, known.session, known.kind, word)
        done = self.do(update, tenant, UpdateArguments(memory_id=memory_id, content=word))
        assert (done is not None) == (self.own(tenant, memory_id, *LIVE) and twin in (None, memory_id))
        if done:
            known.word = word

    @rule(tenant=tenants, memory_id=ids, useful=st.booleans())
    def judges(self, tenant: str, memory_id: str, useful: bool) -> None:
        done = self.do(judge, tenant, FeedbackArguments(memory_id=memory_id, useful=useful))
        assert (done is not None) == self.own(tenant, memory_id, *LIVE)

    @rule(tenant=tenants, session=sessions, query=words, wide=st.booleans())
    def searches(self, tenant: str, session: str, query: str, wide: bool) -> None:
        asked = RetrieveArguments(query=query, session_id=session, scope="tenant" if wide else "session", limit=50)
        done = self.do(retrieve, tenant, asked)
        assert done
        assert {memory.memory_id for memory in done.memories} <= self.living(tenant, None if wide else session)

    @rule(tenant=tenants)
    def looks_at_the_graph(self, tenant: str) -> None:
        graph = self.do(related, tenant, GraphArguments())
        assert graph
        assert {node.name for node in graph.nodes} <= {f"Of {tenant}"}
        assert {one for node in graph.nodes for one in node.memory_ids} <= self.living(tenant, None)

    @invariant()
    def everyone_sees_exactly_what_is_theirs(self) -> None:
        for tenant in TENANTS:
            for session in SESSIONS:
                asked = RetrieveArguments(session_id=session, limit=100, max_tokens=100_000)
                done = self.do(retrieve, tenant, asked)
                assert done
                shown = {memory.memory_id: memory.content for memory in done.memories}
                assert shown == {one: self.known[one].word for one in self.living(tenant, session)}

    def living(self, tenant: str, session: str | None, *, archived: bool = False) -> set[str]:
        states = LIVE if archived else ("active",)
        return {
            memory_id
            for memory_id, known in self.known.items()
            if known.tenant == tenant and known.state in states and session in (None, known.session)
        }

    def leaves(self, memory_id: str, state: str) -> None:
        """And what it had replaced leaves with it when it is erased."""
        self.known[memory_id].state = state
        for other, known in self.known.items():
            if state == "purged" and known.replaced_by == memory_id and known.state == "superseded":
                self.leaves(other, state)


Histories.TestCase.settings = settings(
    max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
test_no_history_crosses_tenants_or_sessions = pytest.mark.filterwarnings("ignore::ResourceWarning")(Histories.TestCase)
