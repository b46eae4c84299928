"""What an agent is told when a database could not, or would not."""

import logging

from storage.sources.engine import EngineFailed, Failure
from tools.errors import AgentError, Refused, TryAgain, Unavailable

logger = logging.getLogger("satchel.text2sql")

MENDABLE: frozenset[Failure] = frozenset({"unknown_column", "unknown_table", "syntax", "refused", "other"})
"""Failures of a statement that whoever wrote it can mend; the rest are the database's, or the limits'."""


def explained(name: str, error: EngineFailed, seconds: float) -> AgentError:
    """What the agent is told of a failure of the database ``name``, which had so many seconds; the operator's log is
    told the same."""
    logger.warning("source.failed", extra={"source": name, "failure": error.failure, "detail": error.detail})
    match error.failure:
        case "deadline":
            return TryAgain(f"{name}: the query took more than {seconds:g} s and was ended. Filter more, or join less.")
        case "busy":
            return TryAgain(f"{name}: {error.detail}. Nothing was run; call again in a few seconds.")
        case "memory":
            return Refused(f"{name}: the query needs more memory than it may have. Aggregate, or select fewer columns.")
        case "unsafe":
            return Unavailable(
                f"{name}: its account could do more than read ({error.detail}). Ask the owner for one that only reads, "
                "or to set allow_writable_account."
            )
        case _:
            return Unavailable(f"{name} cannot be used: {error.detail}. Ask the owner to run `satchel sources check`.")
