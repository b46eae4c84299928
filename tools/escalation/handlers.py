"""The escalation tools, a handler each: their docstrings are what an agent's model reads. Use cases are imported when
first called, as in `tools.memory.handlers`."""

from tools.escalation.models import Changed, CheckArguments, Checked, ListArguments, Listed, UpdateArguments
from tools.services import Caller, Services
from tools.spec import ToolSpec


async def escalation_check(services: Services, caller: Caller, asked: CheckArguments) -> Checked:
    """Ask before answering a customer whether a person should take over."""
    from tools.escalation.checking import check

    return await check(services.escalations, caller, asked)


async def escalation_list(services: Services, caller: Caller, asked: ListArguments) -> Listed:
    """Who waits for a person, most urgent first."""
    from tools.escalation.listing import list_escalations

    return await list_escalations(services.escalations, caller, asked)


async def escalation_update(services: Services, caller: Caller, asked: UpdateArguments) -> Changed:
    """Acknowledge, resolve or annotate an escalation."""
    from tools.escalation.updating import update

    return await update(services.escalations, caller, asked)


TOOLS = (
    ToolSpec(
        title="Should a person take over?",
        handler=escalation_check,
        arguments=CheckArguments,
        result=Checked,
        scope="write",
        idempotent=True,
    ),
    ToolSpec(
        title="List escalations",
        handler=escalation_list,
        arguments=ListArguments,
        result=Listed,
        scope="read",
    ),
    ToolSpec(
        title="Update an escalation",
        handler=escalation_update,
        arguments=UpdateArguments,
        result=Changed,
        scope="write",
        idempotent=True,
    ),
)
