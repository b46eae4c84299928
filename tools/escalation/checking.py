"""escalation_check: judges a conversation, and puts it into the queue when a person should take over."""

import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal

from anyio import to_thread

from storage import escalations as rows
from storage.errors import StorageError
from storage.escalations import NewEscalation
from tools.errors import told
from tools.escalation.brief import brief
from tools.escalation.conversation import Conversation, Turn
from tools.escalation.customer_facts import identity
from tools.escalation.decision import Decision, decide
from tools.escalation.escalations import Escalations
from tools.escalation.handoff import brief_of, memory_ids_for
from tools.escalation.models import CheckArguments, Checked, HandoffPart
from tools.escalation.noticing import notice
from tools.escalation.policy import EscalationPolicy
from tools.fields import DEFAULT_SESSION
from tools.services import Caller

logger = logging.getLogger("satchel.escalation")

RULES = "1"
"""Changes with every change of what the same conversation leads to."""
SPEAKERS: dict[str, Literal["user", "assistant"]] = {
    "user": "user",
    "assistant": "assistant",
}  # what the host or its tools wrote is nobody's opinion


async def check(escalations: Escalations, caller: Caller, asked: CheckArguments) -> Checked:
    """The judgement; recorded, with a brief for the person, when it is to hand over. The customer is handed over even
    if the queue cannot be written: the note says so."""
    conversation = _conversation(asked)
    decision = await to_thread.run_sync(_decide, escalations.policy, asked, conversation)
    if not decision.should_escalate:
        return _checked(decision, escalations.policy)
    made = await to_thread.run_sync(brief, conversation, decision.category, decision.signals)
    memory_ids = await memory_ids_for(escalations, caller, asked.session_id or DEFAULT_SESSION, asked.message)
    escalation_id, note, handoff = None, "", HandoffPart.model_validate(asdict(made))
    try:
        row = await _record(
            escalations, caller, asked, conversation, decision, {**asdict(made), "memory_ids": memory_ids}
        )
        escalation_id = row.escalation_id
        escalations.wake()
        handoff = await brief_of(escalations, caller.tenant, row)
    except StorageError as error:
        logger.warning("escalation.incomplete", extra={"error": repr(error.__cause__ or error)})
        if escalation_id is None:
            note = f"Not recorded: {told(error)} Hand over all the same."
    return _checked(decision, escalations.policy, handoff=handoff, escalation_id=escalation_id, note=note)


def judged(policy: EscalationPolicy, asked: CheckArguments) -> Checked:
    """The judgement alone; nothing is recorded."""
    return _checked(_decide(policy, asked, _conversation(asked)), policy)


def version(policy: EscalationPolicy) -> str:
    """The version of the rules, and a mark of the settings where they change them."""
    if policy == EscalationPolicy(
        max_tokens=policy.max_tokens, retention_days=policy.retention_days, channels=policy.channels
    ):
        return RULES
    changed = json.dumps([dict(policy.keywords), dict(policy.weights)], sort_keys=True)
    return f"{RULES}+{hashlib.sha256(changed.encode()).hexdigest()[:8]}"


def _conversation(asked: CheckArguments) -> Conversation:
    """The turns of customer and assistant, numbered as they were given."""
    turns = [
        Turn(SPEAKERS[each.role], each.content, number)
        for number, each in enumerate(asked.message_history)
        if each.role in SPEAKERS and each.content.strip()
    ]
    return Conversation([*turns, Turn("user", asked.message, len(asked.message_history))], asked.metadata)


def _decide(policy: EscalationPolicy, asked: CheckArguments, conversation: Conversation) -> Decision:
    return decide(notice(conversation, policy.keywords), asked.confidence_threshold, policy.weights)


def _checked(
    decision: Decision,
    policy: EscalationPolicy,
    *,
    handoff: HandoffPart | None = None,
    escalation_id: str | None = None,
    note: str = "",
) -> Checked:
    return Checked.model_validate(
        {
            "should_escalate": decision.should_escalate,
            "confidence": decision.confidence,
            "level": decision.level,
            "category": decision.category,
            "signals": _records(decision),
            "recommended_action": decision.recommended_action,
            "version": version(policy),
            "handoff": handoff,
            "escalation_id": escalation_id,
            "note": note,
        }
    )


def _records(decision: Decision) -> list[dict[str, object]]:
    return [
        {"name": each.name, "weight": each.weight, "evidence": each.evidence, "message_index": each.message_index}
        for each in decision.signals
    ]


async def _record(
    escalations: Escalations,
    caller: Caller,
    asked: CheckArguments,
    conversation: Conversation,
    decision: Decision,
    summed_up: Mapping[str, object],
) -> rows.EscalationRow:
    new = NewEscalation(
        escalation_id=f"esc_{secrets.token_urlsafe(12)}",
        session_id=asked.session_id or DEFAULT_SESSION,
        conversation="" if asked.session_id else _opening(conversation),
        level=decision.level,
        category=decision.category,
        confidence=decision.confidence,
        signals=_records(decision),
        brief=summed_up,
        version=version(escalations.policy),
        key=caller.key,
    )
    now, channels = escalations.now(), escalations.policy.channels
    row, _ = await escalations.db.write(lambda db: rows.record(db, caller.tenant, new, now, channels))
    return row


def _opening(conversation: Conversation) -> str:
    """What tells conversations apart that the host gave no name: who the customer is, and their first words."""
    told = json.dumps([*identity(conversation.metadata), conversation.customer[0].text])
    return hashlib.sha256(told.encode()).hexdigest()
