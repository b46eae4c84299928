"""What counts as the same document when it comes again."""

from pathlib import Path

import pytest

from storage.database import Database
from storage.documents.chunk_search import ChunkSearch
from storage.index.vectors import VectorStore
from storage.working_sets.chunks import chunk_contents
from storage.working_sets.held import WorkingSets
from tools.rag.adding import keep
from tools.rag.documents import Documents, Source
from tools.rag.policy import RagPolicy

pytestmark = pytest.mark.anyio


async def test_metadata_of_another_kind_is_a_change_and_of_another_order_is_none(tmp_path: Path) -> None:
    db = await Database.open(tmp_path)
    try:
        documents = Documents(
            db=db,
            search=ChunkSearch(VectorStore(tmp_path / "vectors"), WorkingSets(chunk_contents())),
            embedders=list,
            reranker=lambda: None,
            policy=RagPolicy(),
            now=lambda: 1,
            wake=lambda lines: None,
        )
        actions = [
            (
                await keep(
                    documents, "acme", Source(collection="c", document_id="d", text="green tea", metadata=metadata)
                )
            ).action
            for metadata in ({"done": True, "n": 1}, {"n": 1, "done": True}, {"done": 1, "n": 1})
        ]
    finally:
        await db.close()
    assert actions == ["created", "unchanged", "updated"]
