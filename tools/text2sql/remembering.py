"""A run, as it is kept."""

import logging

from storage.errors import StorageError
from tools.text2sql import learning
from tools.text2sql.asking import Asking, Outcome

logger = logging.getLogger("satchel.text2sql")


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
