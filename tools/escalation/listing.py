"""escalation_list: who waits for a person."""

from tools.escalation.escalations import Escalations
from tools.escalation.models import ListArguments, Listed
from tools.escalation.showing import part_of
from tools.escalation.waiting import waiting
from tools.retrieval.budget import fit, tokens
from tools.services import Caller


async def list_escalations(escalations: Escalations, caller: Caller, asked: ListArguments) -> Listed:
    """The most urgent first, and of those the oldest, as many as fit the limit and the budget."""
    found, total = await escalations.db.read(
        lambda db: waiting(db, caller.tenant, status=asked.status, session_id=asked.session_id, limit=asked.limit)
    )
    shown = [part_of(row) for row in found]
    summaries, beside = [part.summary for part in shown], [tokens(part.session_id) for part in shown]
    fitted = fit(summaries, escalations.policy.max_tokens, beside)
    cut = [part.model_copy(update={"summary": text}) for part, (text, _) in zip(shown, fitted.texts, strict=False)]
    return Listed(escalations=cut, count=total, omitted=total - len(cut))
