"""What hosts can read: health, counts, the memories of a session, documents, escalations, and databases."""

from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.types import Completion, PromptReference, ResourceTemplateReference
from pydantic import ValidationError

from server.calls import SatchelServer
from server.health import health
from server.lifespan import Runtime
from server.schemas import complaint
from tools.errors import NotFound, told

JSON = "application/json"
MOST_COMPLETIONS = 100  # as the protocol has it
STATUSES = ("open", "acknowledged", "resolved")


def register(server: SatchelServer, runtime: Runtime) -> None:
    """Offer the resources and the completion of their ids."""

    @server.resource("satchel://health", title="Health", mime_type=JSON)
    async def read_health() -> dict[str, Any]:
        """Whether the store is open, and which embedding model serves."""
        report = await health(runtime)
        return report if "admin" in server.principal().scopes else {"status": report["status"]}

    @server.resource("satchel://stats", title="Counts", mime_type=JSON)
    async def read_stats() -> dict[str, Any]:
        """How many memories there are, by state and kind."""
        from tools.memory.overview import counts

        try:
            return await counts((await runtime.services()).memories, server.caller())
        except Exception as error:
            raise _resource_error(error) from error

    @server.resource("satchel://memories/{session_id}", title="Memories of a session", mime_type="text/plain")
    async def read_memories(session_id: str, context: Context[None, Any]) -> str:
        """The session's most important memories by kind."""
        from tools.memory.models import SummarizeArguments
        from tools.memory.retrieving import summarize

        try:
            asked = SummarizeArguments(session_id=session_id, max_items_per_type=20)
            found = await summarize((await runtime.services()).memories, server.caller(), asked)
        except Exception as error:
            raise _resource_error(error) from error
        if not found.memory_ids:
            raise ResourceNotFoundError(f"Nothing is remembered in session {session_id!r}.")
        return found.summary

    if "rag" in runtime.settings.tools:

        @server.resource("satchel://documents/{document_id}", title="A document", mime_type="text/plain")
        async def read_document(document_id: str, context: Context[None, Any]) -> str:
            """The whole text of a document."""
            from tools.rag.listing import read_text

            try:
                return await read_text((await runtime.services()).documents, server.caller(), document_id)
            except Exception as error:
                raise _resource_error(error) from error

    if "escalation" in runtime.settings.tools:

        @server.resource("satchel://escalations/{status}", title="Escalations", mime_type="text/plain")
        async def read_escalations(status: str, context: Context[None, Any]) -> str:
            """The escalations that are open, acknowledged or resolved, the most urgent first."""
            from tools.escalation.models import ListArguments
            from tools.escalation.queue import list_escalations

            try:
                asked = ListArguments.model_validate({"status": status, "limit": 100})
                return (await list_escalations((await runtime.services()).escalations, server.caller(), asked)).text()
            except Exception as error:
                raise _resource_error(error) from error

    if "text2sql" in runtime.settings.tools:

        @server.resource("satchel://data-sources", title="Databases", mime_type="text/plain")
        async def read_sources() -> str:
            """The databases that may be questioned."""
            from tools.text2sql.listing import listed

            return listed((await runtime.services()).databases, server.caller().tenant)

        @server.resource("satchel://data-sources/{name}/schema", title="Schema of a database", mime_type="text/plain")
        async def read_schema(name: str, context: Context[None, Any]) -> str:
            """The shared tables, columns and keys of a database."""
            from tools.text2sql.listing import schema_text

            try:
                return await schema_text((await runtime.services()).databases, server.caller().tenant, name)
            except Exception as error:
                raise _resource_error(error) from error

    @server.completion()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK's decorator has no types
    async def complete(
        reference: PromptReference | ResourceTemplateReference, argument: Any, context: Any
    ) -> Completion | None:
        if argument.name == "status":
            return Completion(values=[status for status in STATUSES if status.startswith(str(argument.value))])
        services = await runtime.services()
        if argument.name == "session_id":
            from tools.memory.overview import session_names

            return Completion(values=await session_names(services.memories, server.caller(), str(argument.value)))
        if argument.name == "document_id":
            from tools.rag.listing import document_ids

            return Completion(values=await document_ids(services.documents, server.caller(), str(argument.value)))
        if argument.name in ("name", "data_source"):
            from tools.text2sql.listing import names

            found = names(services.databases, server.caller().tenant, str(argument.value))
            return Completion(values=found[:MOST_COMPLETIONS])
        return None


def _resource_error(error: Exception) -> Exception:
    """What the reader is told; an error nobody expected stays as it is, and the SDK tells nothing of it."""
    if isinstance(error, ValidationError):
        return ResourceNotFoundError(complaint(error))
    if isinstance(error, NotFound):
        return ResourceNotFoundError(str(error))
    known = told(error)
    return error if known is None else ResourceError(str(known))
