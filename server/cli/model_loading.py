"""Waits for the embedding model, which loads beside the command."""

from typing import TYPE_CHECKING

import anyio.to_thread

from storage import embedding_models

if TYPE_CHECKING:
    from server.house import House
    from storage.embedding.runtime import ModelStatus

WORK_SECONDS = 120.0  # a large transformer takes its time to open
SEARCH_SECONDS = 30.0


async def load_model(house: "House", seconds: float = WORK_SECONDS) -> "ModelStatus":
    """Have the best model that is here open; what serves then."""
    house.models.start(lambda: None)
    return await anyio.to_thread.run_sync(house.models.settled, seconds, abandon_on_cancel=True)


async def load_model_searched_by(house: "House") -> None:
    """The same where memories were embedded by another model than the built-in table: as a server would search."""
    own = {embedder.identity.key for embedder in await anyio.to_thread.run_sync(house.models.embedders)}
    if (await house.db.read(embedding_models.numbers)).keys() - own:
        await load_model(house, SEARCH_SECONDS)
