"""What every database use case works on."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from storage.database import Database
from tools.text2sql.catalogs import Catalogs
from tools.text2sql.policy import DatabasePolicy
from tools.text2sql.writer import Writer

if TYPE_CHECKING:  # brings the SQL parser, half of a second that only questions need
    from tools.text2sql.generator.drafting import Draft

MOST_CONVERSATIONS = 1_000
Conversation = tuple[str, str, str]
"""Tenant, session and database."""


class Recent:
    """The last question of each conversation as it was read, for follow-ups; the oldest conversations are let go."""

    def __init__(self) -> None:
        self._drafts: OrderedDict[Conversation, tuple[str, Draft]] = OrderedDict()

    def get(self, conversation: Conversation, fingerprint: str) -> "Draft | None":
        """How the last question was read, if the schema still has that fingerprint: a draft names tables and columns
        that another one may not have."""
        held = self._drafts.get(conversation)
        return held[1] if held and held[0] == fingerprint else None

    def put(self, conversation: Conversation, fingerprint: str, draft: "Draft | None") -> None:
        """Remember how the last question was read; None where it was not by the generator."""
        self._drafts.pop(conversation, None)
        if draft is None:
            return
        self._drafts[conversation] = fingerprint, draft
        if len(self._drafts) > MOST_CONVERSATIONS:
            self._drafts.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Databases:
    """The store of what was learned, the databases, the models that may write SQL, and a clock in milliseconds."""

    db: Database
    catalogs: Catalogs
    policy: DatabasePolicy
    now: Callable[[], int]
    writer: Writer | None = None
    recent: Recent = field(default_factory=Recent)

    def today(self) -> date:
        """The day, UTC."""
        return datetime.fromtimestamp(self.now() / 1000, UTC).date()
