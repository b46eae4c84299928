"""What is well and what is not, for hosts and operators. A missing model is degraded, not down."""

from typing import Any

from server.lifespan import House, Runtime
from server.version import VERSION
from tools.errors import told

MANY_QUEUED = 50_000


async def health(runtime: Runtime) -> dict[str, Any]:
    """Status `ok`, `degraded` or `failing`, with what to do about it in `problems`."""
    try:
        house = await runtime.house()
    except Exception as error:
        if (known := told(error)) is None:
            raise
        return {"status": "failing", "version": VERSION, "problems": [str(known)]}
    return {"version": VERSION, **await report(house)}


async def report(house: House) -> dict[str, Any]:
    """The health of an open house."""
    model = house.models.status()
    queued = await house.queued()
    problems = [model.detail] if model.detail else []
    if queued > MANY_QUEUED:
        problems.append(f"{queued:,} rows wait to be indexed; run `satchel maintain`.")
    return {
        "status": "degraded" if problems else "ok",
        "problems": problems,
        "embedding_model": {"wanted": model.wanted, "serving": model.serving, "state": model.state},
        "index": {"queued": queued, "indexes_here": house.indexer.is_owner},
    }
