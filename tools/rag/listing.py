"""rag_list_documents: which documents there are, and in which collections."""

from itertools import accumulate
from typing import TypeVar

from storage.documents import rows
from storage.documents.rows import CollectionRow, DocumentRow
from tools.errors import Refused
from tools.rag.documents import Documents
from tools.rag.models import CollectionSize, ListArguments, Listed
from tools.rag.models import Documents as ListedDocuments
from tools.retrieval.budget import tokens
from tools.services import Caller
from tools.times import iso

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
        updated_at=iso(row.updated_at),
    )
