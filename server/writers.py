"""The model behind an API that may write SQL, as the settings have it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from server.outgoing.model_api import ApiModel


def api_model(
    kind: Literal["anthropic", "openai"], name: str, url: str, key: str, now: Callable[[], int]
) -> "ApiModel":
    """The model, with a breaker of its own. Raises ValueError for what cannot be used."""
    from server.outgoing.model_api import ApiModel, ModelApi
    from tools.breaker import Breaker

    return ApiModel(ModelApi(kind, name, url, key), now, Breaker())
