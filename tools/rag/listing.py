"""rag_list_documents and rag_delete_documents; and a document's text, for whoever reads it whole."""

from itertools import accumulate
from typing import TypeVar

from storage import document_writes
from storage import documents as rows
from storage.database import Connection
from storage.documents import CollectionRow, DocumentRow
from storage.errors import NotFound as NoSuchRow
from tools.errors import NotFound, Refused
from tools.memory.memories import iso
from tools.rag.documents import Documents
from tools.rag.models import CollectionSize, DeleteArguments, Deleted, ListArguments, Listed
from tools.rag.models import Documents as ListedDocuments
from tools.retrieval.budget import tokens
from tools.services import Caller

COLLECTIONS_SHARE = 4  # collections take at most a quarter of the answer
Listable = TypeVar("Listable", CollectionSize, Listed)


async def list_documents(documents: Documents, caller: Caller, asked: ListArguments) -> ListedDocuments:
    """The documents added last, and on the first page the collections with their sizes, as the budget allows."""
    before = _cursor(asked.cursor)
    found = await documents.db.read(
        lambda db: rows.newest(db, caller.tenant, asked.collection, asked.limit + 1, before)
    )
    sizes = [] if before else await documents.db.read(lambda db: rows.collections(db, caller.tenant))
    wanted = [one for one in sizes if asked.collection in (None, one.collection)]
    of_collections = documents.policy.max_tokens // COLLECTIONS_SHARE
    collections = _affordable(list(map(_sized, wanted)), of_collections)
    listed = _affordable(list(map(_listed, found[: asked.limit])), documents.policy.max_tokens - of_collections)
    return ListedDocuments(
        documents=listed,
        count=len(listed),
        next_cursor=str(found[len(listed) - 1].document_row) if len(found) > len(listed) else None,
        collections=collections,
        more_collections=len(wanted) - len(collections),
        note="" if listed else _nothing(asked),
    )


def _affordable(parts: list[Listable], budget: int) -> list[Listable]:
    """As many of the first parts as the budget has room for, at least one."""
    costs = accumulate(tokens(part.model_dump_json(exclude_defaults=True)) for part in parts)
    return parts[: max(1, sum(cost <= budget for cost in costs))]


def _nothing(asked: ListArguments) -> str:
    if asked.cursor is not None:
        return "There are no more documents."
    if asked.collection is not None:
        return f"Collection {asked.collection!r} holds no documents. Without collection all are listed."
    return "There are no documents. rag_add_documents adds some."


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


def _cursor(given: str | None) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Refused("cursor: is none of ours. Pass the next_cursor of the answer before.")
    return int(given)


def _sized(row: CollectionRow) -> CollectionSize:
    return CollectionSize(collection=row.collection, documents=row.documents, chunks=row.chunks)


def _listed(row: DocumentRow) -> Listed:
    return Listed(
        document_id=row.document_id,
        collection=row.collection,
        title=row.title,
        source=row.source,
        format=row.format,
        chunks=row.chunks,
        characters=row.size,
        updated_at=iso(row.updated_at) or "",
    )
