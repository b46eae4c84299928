"""A document's text, for whoever reads it whole, and the ids of documents, for completion."""

from storage.database import Connection
from storage.documents import rows
from storage.errors import NotFound as NoSuchRow
from tools.errors import NotFound
from tools.rag.documents import Documents
from tools.services import Caller


async def read_text(documents: Documents, caller: Caller, document_id: str) -> str:
    """A document's text, from whichever collection has it, the default one first. Raises NotFound."""

    def read(db: Connection) -> str:
        row = rows.fetch_anywhere(db, caller.tenant, document_id)
        return rows.text_of(rows.chunks_of(db, caller.tenant, row.document_row))

    try:
        return await documents.db.read(read)
    except NoSuchRow as error:
        raise NotFound(f"No document {document_id[:80]!r}. Call rag_list_documents to find ids.") from error


async def document_ids(documents: Documents, caller: Caller, prefix: str) -> list[str]:
    """Ids of the caller's documents that start with ``prefix``, at most 100."""
    return await documents.db.read(lambda db: rows.ids(db, caller.tenant, prefix))
