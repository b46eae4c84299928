"""What hosts can read: health, counts, the memories of a session, documents, escalations, and databases."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, get_args

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.types import Completion, PromptReference, ResourceTemplateReference
from pydantic import ValidationError

from server.calls import SatchelServer
from server.complaints import complaint
from server.health import health
from server.lifespan import Runtime
from tools.errors import NotFound, told
from tools.escalation.models import Status
from tools.services import Caller, Services

JSON = "application/json"
MOST_COMPLETIONS = 100  # as the protocol has it
STATUSES = get_args(Status)


def register(server: SatchelServer, runtime: Runtime) -> None:
    """Offer the resources and the completion of their ids."""
    _offer_state(server, runtime)
    _offer_memories(server, runtime)
    if "rag" in runtime.settings.tools:
        _offer_documents(server, runtime)
    if "escalation" in runtime.settings.tools:
        _offer_escalations(server, runtime)
    if "text2sql" in runtime.settings.tools:
        _offer_databases(server, runtime)
    _offer_completion(server, runtime)


def _offer_state(server: SatchelServer, runtime: Runtime) -> None:
    @server.resource("satchel://health", title="Health", mime_type=JSON)
    async def read_health() -> dict[str, Any]:
        """Whether the store is open, and which embedding model serves."""
        report = await health(runtime)
        return report if "admin" in server.principal().scopes else {"status": report["status"]}

    @server.resource("satchel://stats", title="Counts", mime_type=JSON)
    async def read_stats() -> dict[str, Any]:
        """How many memories there are, by state and kind."""
        from tools.memory.overview import counts

        with _told_to_readers():
            return await counts((await runtime.services()).memories, server.caller())


def _offer_memories(server: SatchelServer, runtime: Runtime) -> None:
    @server.resource("satchel://memories/{session_id}", title="Memories of a session", mime_type="text/plain")
    async def read_memories(session_id: str, context: Context[None, Any]) -> str:
        """The session's most important memories by kind."""
        from tools.memory.models import SummarizeArguments
        from tools.memory.summarizing import summarize

        with _told_to_readers():
            asked = SummarizeArguments(session_id=session_id, max_items_per_type=20)
            found = await summarize((await runtime.services()).memories, server.caller(), asked)
        if not found.memory_ids:
            raise ResourceNotFoundError(f"Nothing is remembered in session {session_id!r}.")
        return found.summary


def _offer_documents(server: SatchelServer, runtime: Runtime) -> None:
    @server.resource("satchel://documents/{document_id}", title="A document", mime_type="text/plain")
    async def read_document(document_id: str, context: Context[None, Any]) -> str:
        """The whole text of a document."""
        from tools.rag.reading import read_text

        with _told_to_readers():
            return await read_text((await runtime.services()).documents, server.caller(), document_id)


def _offer_escalations(server: SatchelServer, runtime: Runtime) -> None:
    @server.resource("satchel://escalations/{status}", title="Escalations", mime_type="text/plain")
    async def read_escalations(status: str, context: Context[None, Any]) -> str:
        """The escalations that are open, acknowledged or resolved, the most urgent first."""
        from tools.escalation.listing import list_escalations
        from tools.escalation.models import ListArguments

        with _told_to_readers():
            asked = ListArguments.model_validate({"status": status, "limit": 100})
            return (await list_escalations((await runtime.services()).escalations, server.caller(), asked)).text()


def _offer_databases(server: SatchelServer, runtime: Runtime) -> None:
    @server.resource("satchel://data-sources", title="Databases", mime_type="text/plain")
    async def read_sources() -> str:
        """The databases that may be questioned."""
        from tools.text2sql.listing import listed

        return listed((await runtime.services()).databases, server.caller().tenant)

    @server.resource("satchel://data-sources/{name}/schema", title="Schema of a database", mime_type="text/plain")
    async def read_schema(name: str, context: Context[None, Any]) -> str:
        """The shared tables, columns and keys of a database."""
        from tools.text2sql.listing import schema_text

        with _told_to_readers():
            return await schema_text((await runtime.services()).databases, server.caller().tenant, name)


def _offer_completion(server: SatchelServer, runtime: Runtime) -> None:
    @server.completion()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK's decorator has no types
    async def complete(
        reference: PromptReference | ResourceTemplateReference, argument: Any, context: Any
    ) -> Completion | None:
        if argument.name == "status":
            return Completion(values=[status for status in STATUSES if status.startswith(str(argument.value))])
        found = await _completions(await runtime.services(), server.caller(), argument.name, str(argument.value))
        return None if found is None else Completion(values=found)


async def _completions(services: Services, caller: Caller, argument: str, start: str) -> list[str] | None:
    """What an argument may go on as; None for one that is not completed."""
    if argument == "session_id":
        from tools.memory.overview import session_names

        return await session_names(services.memories, caller, start)
    if argument == "document_id":
        from tools.rag.reading import document_ids

        return await document_ids(services.documents, caller, start)
    if argument in ("name", "data_source"):
        from tools.text2sql.listing import names

        return names(services.databases, caller.tenant, start)[:MOST_COMPLETIONS]
    return None


@contextmanager
def _told_to_readers() -> Generator[None]:
    """What goes wrong inside, as the reader is told it."""
    try:
        yield
    except Exception as error:
        raise _resource_error(error) from error


def _resource_error(error: Exception) -> Exception:
    """What the reader is told; an error nobody expected stays as it is, and the SDK tells nothing of it."""
    if isinstance(error, ValidationError):
        return ResourceNotFoundError(complaint(error))
    if isinstance(error, NotFound):
        return ResourceNotFoundError(str(error))
    known = told(error)
    return error if known is None else ResourceError(str(known))
