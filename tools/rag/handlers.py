"""The document tools, a handler each: their docstrings are what an agent's model reads. Use cases are imported when
first called, as in `tools.memory.handlers`."""

from tools.rag.models import (
    AddArguments,
    AddedAll,
    DeleteArguments,
    Deleted,
    Documents,
    Found,
    ListArguments,
    SearchArguments,
    Verified,
    VerifyArguments,
)
from tools.services import Caller, Services
from tools.spec import ToolSpec


async def rag_search(services: Services, caller: Caller, asked: SearchArguments) -> Found:
    """Find passages in the user's documents. Quote the citation of what you use."""
    from tools.rag.searching import search

    return await search(services.documents, caller, asked)


async def rag_add_documents(services: Services, caller: Caller, asked: AddArguments) -> AddedAll:
    """Make texts searchable. For files use attachment_process."""
    from tools.rag.adding import add

    return await add(services.documents, caller, asked)


async def rag_list_documents(services: Services, caller: Caller, asked: ListArguments) -> Documents:
    """List documents and collections, newest first."""
    from tools.rag.listing import list_documents

    return await list_documents(services.documents, caller, asked)


async def rag_delete_documents(services: Services, caller: Caller, asked: DeleteArguments) -> Deleted:
    """Delete documents for good."""
    from tools.rag.removing import delete

    return await delete(services.documents, caller, asked)


async def rag_verify_citation(services: Services, caller: Caller, asked: VerifyArguments) -> Verified:
    """Check that a citation still holds; read its passage whole."""
    from tools.rag.citations import verify

    return await verify(services.documents, caller, asked)


TOOLS = (
    ToolSpec(
        title="Search documents",
        handler=rag_search,
        arguments=SearchArguments,
        result=Found,
        scope="read",
    ),
    ToolSpec(
        title="Add documents",
        handler=rag_add_documents,
        arguments=AddArguments,
        result=AddedAll,
        scope="write",
        idempotent=True,
    ),
    ToolSpec(
        title="List documents",
        handler=rag_list_documents,
        arguments=ListArguments,
        result=Documents,
        scope="read",
    ),
    ToolSpec(
        title="Delete documents",
        handler=rag_delete_documents,
        arguments=DeleteArguments,
        result=Deleted,
        scope="write",
        destructive=True,
        idempotent=True,
    ),
    ToolSpec(
        title="Verify a citation",
        handler=rag_verify_citation,
        arguments=VerifyArguments,
        result=Verified,
        scope="read",
    ),
)
