"""What a way to a person must do for the notifier, be it a webhook or e-mail."""

from collections.abc import Mapping
from typing import Any, Protocol

Payload = Mapping[str, Any]


class SendFailed(Exception):
    """It was not taken. ``reason`` is kept and shown to operators: no secret, no path, nothing the other side wrote.

    ``permanent`` means that no later try can succeed; ``retry_after`` is how many seconds the other side asks to wait.
    """

    def __init__(self, reason: str, *, permanent: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class Channel(Protocol):
    """Sends a notification, within less than the notifier's lease."""

    async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
        """Return once the other side has taken it; it may be sent again under the same id. Raises SendFailed."""
        ...
