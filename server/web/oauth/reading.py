"""Reads what an identity provider publishes about itself.

Addresses of private networks are allowed: many a provider stands inside one, its name is the owner's setting, and its
certificate is checked. Without encryption only this machine is read from.
"""

import json
from typing import Any

from server.outgoing.addresses import Resolve, parts_of, port_of, resolved
from server.outgoing.exchange import Exchange, Message, Unanswered
from server.outgoing.targets import PORTS, Target

LARGEST_ANSWER = 256 * 1024  # bytes
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # what is not unpacked does not grow
    "User-Agent": "satchel",
}


class Unread(Exception):
    """There is no answer that can be used. ``reason`` is for the log: nothing of what the other side wrote."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Reader:
    """Reads JSON objects. Who calls sets the deadline."""

    def __init__(self, resolve: Resolve = resolved) -> None:
        self._exchange = Exchange(resolve)

    async def read(self, url: str) -> dict[str, Any]:
        """The object that is published there, an address that `issuer_url` or `keys_url` has let through. Raises
        Unread."""
        target = _target(url)
        message = Message("GET", target, HEADERS, longest_answer=LARGEST_ANSWER)
        try:
            answer = await self._exchange.send(message, "this machine" if target.scheme == "http" else "anywhere")
        except Unanswered as error:
            raise Unread(error.reason) from error
        if answer.status != 200:
            raise Unread(f"answered {answer.status}")
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Unread("answered something else than a JSON object")
        return found


def _target(url: str) -> Target:
    parts = parts_of(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname or "", port_of(parts) or PORTS[parts.scheme], parts.netloc, path)
