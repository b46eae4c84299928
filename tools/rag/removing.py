"""rag_delete_documents: documents go with all that belongs to them."""

from storage.database import Connection
from storage.documents import rows
from storage.documents import writes as document_writes
from tools.rag.documents import Documents
from tools.rag.models import DeleteArguments, Deleted
from tools.services import Caller


async def delete(documents: Documents, caller: Caller, asked: DeleteArguments) -> Deleted:
    """Take documents away with all that belongs to them, in one step."""
    return await remove(documents, caller.tenant, asked.collection, list(dict.fromkeys(asked.ids)))


async def remove(documents: Documents, tenant: str, collection: str, ids: list[str]) -> Deleted:
    """The same for any caller."""

    def take(db: Connection) -> Deleted:
        found = {each: row for each in ids if (row := rows.fetch(db, tenant, collection, each)) is not None}
        chunks = document_writes.delete(db, tenant, collection, list(found.values())) if found else 0
        return Deleted(deleted=list(found), chunks=chunks, not_found=[each for each in ids if each not in found])

    deleted = await documents.db.write(take)
    documents.wake(deleted.chunks)
    return deleted
