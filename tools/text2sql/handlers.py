"""The database tools, a handler each: their docstrings are what an agent's model reads. Use cases are imported when
first called: they bring a SQL parser, which must not stand between a host and its first answer."""

from importlib import import_module

import anyio.to_thread

from tools.services import Caller, Services
from tools.spec import ToolSpec
from tools.text2sql.models import Answer, AskArguments, FeedbackArguments, Rated, Rules, RulesArguments

USE_CASES = ("tools.text2sql.answering", "tools.text2sql.judging", "tools.text2sql.rules.keeping")


async def text2sql(services: Services, caller: Caller, asked: AskArguments) -> Answer:
    """Answer from a database, read-only. On needs_sql, write the SELECT from its context and call again."""
    await _loaded()
    from tools.text2sql.answering import ask

    return await ask(services.databases, caller, asked)


async def text2sql_feedback(services: Services, caller: Caller, asked: FeedbackArguments) -> Rated:
    """Rate an answer of text2sql, so that it learns."""
    await _loaded()
    from tools.text2sql.judging import rate

    return await rate(services.databases, caller, asked)


async def text2sql_rules(services: Services, caller: Caller, asked: RulesArguments) -> Rules:
    """Rules for text2sql: what words mean, what to leave out."""
    await _loaded()
    from tools.text2sql.rules.keeping import rules

    return await rules(services.databases, caller, asked)


async def _loaded() -> None:
    """Import the use cases in a thread, so that other calls go on meanwhile."""
    await anyio.to_thread.run_sync(lambda: [import_module(name) for name in USE_CASES])


TOOLS = (
    ToolSpec(
        title="Ask a database",
        handler=text2sql,
        arguments=AskArguments,
        result=Answer,
        scope="read",
        idempotent=True,
        runs_apart=True,
    ),
    ToolSpec(
        title="Rate an answer",
        handler=text2sql_feedback,
        arguments=FeedbackArguments,
        result=Rated,
        scope="write",
        idempotent=True,
    ),
    ToolSpec(
        title="Rules for databases",
        handler=text2sql_rules,
        arguments=RulesArguments,
        result=Rules,
        scope="write",
    ),
)
