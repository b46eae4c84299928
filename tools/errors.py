"""What an agent can be told, and the translation from storage errors.

* AgentError      its text reaches the agent: what happened, then the call that would succeed
  x NotFound      no such memory or session: names the tool that finds one
  x Refused       against a rule, and will be again: says which rule, and what is allowed
  x TryAgain      a passing condition, nothing was changed: says when
  x Unavailable   the owner of the machine has to mend something: says what
"""

from storage import errors as storage

FINDERS = {
    "memory": "memory_retrieve",
    "document": "rag_list_documents",
    "escalation": "escalation_list",
    "rule": "text2sql_rules",
    "pattern": "text2sql",
}
"""The tool that finds the ids of a kind of thing."""
BEYOND = {
    "memories": "{0:,} memories are the most that may be kept, forgotten ones included. Call memory_forget with"
    " purge=true",
    "chunks": "{0:,} chunks of documents are the most that may be kept. Call rag_delete_documents",
    "bytes": "{0:,} bytes of texts, metadata and files are the most that may be kept, forgotten memories included. Call"
    " memory_forget with purge=true or rag_delete_documents",
}
"""By what a quota counts."""


class AgentError(Exception):
    """The base of everything an agent is told; its text is for the agent to read."""


class NotFound(AgentError):
    """There is no such thing for this tenant."""


class Refused(AgentError):
    """A rule is against it, and will be again."""


class TryAgain(AgentError):
    """A passing condition; nothing was changed."""


class Unavailable(AgentError):
    """Somebody has to mend the data directory first; nothing was changed."""


def told(error: Exception) -> AgentError | None:
    """What the agent is told of an error; None for one that nobody expected."""
    if isinstance(error, AgentError):
        return error
    return translated(error) if isinstance(error, storage.StorageError) else None


def translated(error: storage.StorageError) -> AgentError:
    """What the agent is told of a storage error. No path, no SQL, no cause: those go to the operator's log."""
    match error:
        case storage.NotFound():
            remedy = f" Call {FINDERS[error.noun]} to find ids." if error.noun in FINDERS else ""
            return NotFound(f"No {error.noun} {error.name!r}.{remedy}")
        case storage.Conflict():
            return Refused(f"The same text is already kept as {error.holder!r}. Update or restore that one.")
        case storage.QuotaExceeded():
            return Refused(_beyond(error.what, error.limit))
        case storage.Busy():
            return TryAgain("The store is busy with another process; nothing was changed. Call again in a few seconds.")
        case storage.DiskFull():
            return Unavailable("The disk is full or failing; nothing was changed. Reading still works.")
        case storage.ReadOnly():
            return Unavailable(
                "The data directory cannot be written; nothing was changed. Ask the owner to run doctor."
            )
        case storage.NewerData():
            return Unavailable("The data was written by a newer version of this server. Ask the owner to update it.")
        case storage.WrongKey():
            return Unavailable(
                "The data is not encrypted as this server's settings say; nothing was changed. Ask the owner to run"
                " `satchel encryption status`."
            )
        case _:
            return Unavailable("The store is damaged; nothing was changed. Ask the owner to run `satchel doctor`.")


def _beyond(what: str, limit: int) -> str:
    return f"Not kept: {BEYOND[what].format(limit)}, or ask the owner for a larger quota."
