"""The memory tools, a handler each: their docstrings are what an agent's model reads.

A use case is imported when it is first called: it brings numpy and the store, which must not stand between a host and
its first answer.
"""

from tools.memory.models import (
    FeedbackArguments,
    ForgetArguments,
    Forgotten,
    Graph,
    GraphArguments,
    Judged,
    RestoreArguments,
    Restored,
    RetrieveArguments,
    Retrieved,
    StoreArguments,
    Stored,
    SummarizeArguments,
    Summary,
    UpdateArguments,
    Updated,
)
from tools.services import Caller, Services
from tools.spec import ToolSpec


async def memory_store(services: Services, caller: Caller, asked: StoreArguments) -> Stored:
    """Remember something worth knowing in later conversations."""
    from tools.memory.storing import store

    return await store(services.memories, caller, asked)


async def memory_retrieve(services: Services, caller: Caller, asked: RetrieveArguments) -> Retrieved:
    """Search what was remembered, before answering what may depend on earlier conversations."""
    from tools.memory.retrieving import retrieve

    return await retrieve(services.memories, caller, asked)


async def memory_summarize(services: Services, caller: Caller, asked: SummarizeArguments) -> Summary:
    """What matters most of a session, to start a conversation."""
    from tools.memory.summarizing import summarize

    return await summarize(services.memories, caller, asked)


async def memory_update(services: Services, caller: Caller, asked: UpdateArguments) -> Updated:
    """Change a memory. For changed facts, store with supersedes instead."""
    from tools.memory.updating import update

    return await update(services.memories, caller, asked)


async def memory_forget(services: Services, caller: Caller, asked: ForgetArguments) -> Forgotten:
    """Forget memories by id or filter; memory_restore undoes it unless purged."""
    from tools.memory.removing import forget

    return await forget(services.memories, caller, asked)


async def memory_restore(services: Services, caller: Caller, asked: RestoreArguments) -> Restored:
    """Bring back forgotten memories."""
    from tools.memory.removing import restore

    return await restore(services.memories, caller, asked)


async def memory_feedback(services: Services, caller: Caller, asked: FeedbackArguments) -> Judged:
    """Say whether a memory helped; ranking learns from it."""
    from tools.memory.judging import judge

    return await judge(services.memories, caller, asked)


async def memory_graph(services: Services, caller: Caller, asked: GraphArguments) -> Graph:
    """How remembered people and things relate."""
    from tools.memory.graph import related

    return await related(services.memories, caller, asked)


TOOLS = (
    ToolSpec(
        title="Remember",
        handler=memory_store,
        arguments=StoreArguments,
        result=Stored,
        scope="write",
        idempotent=True,
    ),
    ToolSpec(
        title="Recall",
        handler=memory_retrieve,
        arguments=RetrieveArguments,
        result=Retrieved,
        scope="read",
    ),
    ToolSpec(
        title="Summarize memories",
        handler=memory_summarize,
        arguments=SummarizeArguments,
        result=Summary,
        scope="read",
    ),
    ToolSpec(
        title="Update a memory",
        handler=memory_update,
        arguments=UpdateArguments,
        result=Updated,
        scope="write",
    ),
    ToolSpec(
        title="Forget",
        handler=memory_forget,
        arguments=ForgetArguments,
        result=Forgotten,
        scope="write",
        destructive=True,
        idempotent=True,
    ),
    ToolSpec(
        title="Restore memories",
        handler=memory_restore,
        arguments=RestoreArguments,
        result=Restored,
        scope="write",
        idempotent=True,
    ),
    ToolSpec(
        title="Rate a memory",
        handler=memory_feedback,
        arguments=FeedbackArguments,
        result=Judged,
        scope="write",
    ),
    ToolSpec(
        title="Memory graph",
        handler=memory_graph,
        arguments=GraphArguments,
        result=Graph,
        scope="read",
    ),
)
