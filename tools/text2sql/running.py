"""A question before anybody answers it, and its run afterwards as it is kept."""

import logging

from storage.errors import StorageError
from tools.services import Caller
from tools.text2sql import learning
from tools.text2sql.asking import Asking, Outcome
from tools.text2sql.databases import Databases
from tools.text2sql.models import AskArguments

logger = logging.getLogger("satchel.text2sql")


async def asking_of(databases: Databases, caller: Caller, asked: AskArguments) -> Asking:
    """The question with all that is known of its database. Raises AgentError where that cannot be asked at all."""
    shared = databases.catalogs.pick(caller.tenant, asked.data_source)
    catalog = await databases.catalogs.catalog(shared)
    known = await learning.patterns_for(databases.db, caller.tenant, shared.name, asked.question, catalog)
    held = await learning.rules_for(databases.db, caller.tenant, shared.name)
    return Asking(
        databases=databases, caller=caller, asked=asked, shared=shared, catalog=catalog, rules=held, known=known
    )


def run_of(asking: Asking, outcome: Outcome) -> learning.Run:
    """What is kept of a run: never its rows."""
    fetched = outcome.fetched
    assert fetched is not None
    return learning.Run(
        source=asking.shared.name,
        session_id=asking.session_id,
        key=asking.caller.key,
        question=asking.asked.question,
        sql=outcome.proposal.sql,
        provider=outcome.proposal.provider,
        reading=outcome.proposal.reading,
        tables=sorted(outcome.statement.tables),
        columns=sorted(outcome.statement.columns),
        duration_ms=fetched.elapsed_ms,
        row_count=len(fetched.rows),
        is_truncated=fetched.is_truncated,
        success=True,
    )


async def remembered(asking: Asking, outcome: Outcome) -> str | None:
    """The id of the pattern that the run became; None where the store would not take it, which is no reason to keep
    the rows back."""
    databases = asking.databases
    try:
        return await learning.remember_run(
            databases.db, asking.caller.tenant, run_of(asking, outcome), asking.catalog, databases.now()
        )
    except StorageError as error:
        logger.warning("run.not_kept", extra={"source": asking.shared.name, "reason": repr(error)})
        return None
