"""Reads what an identity provider publishes about itself.

As with webhooks, no proxy of the environment is used and no redirect is followed. Addresses of private networks are
allowed: many a provider stands inside one, its name is the owner's setting, and its certificate is checked. Without
encryption only this machine is read from.
"""

import json
import ssl
from typing import TYPE_CHECKING, Any

from server.outgoing.addresses import Resolve, is_loopback, parts_of, port_of, resolved
from server.outgoing.tls import trusted
from server.outgoing.webhook import PORTS, Target

if TYPE_CHECKING:
    import httpx2

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
        self._resolve = resolve
        self._tls: ssl.SSLContext | None = None

    async def read(self, url: str) -> dict[str, Any]:
        """The object that is published there, an address that `issuer_url` or `keys_url` has let through. Raises
        Unread."""
        status, body = await self._answer(_target(url))
        if status != 200:
            raise Unread(f"answered {status}")
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Unread("answered something else than a JSON object")
        return found

    async def _answer(self, target: Target) -> tuple[int, bytes]:
        """The status and the body that the first address answers which can be connected to."""
        addresses = await self._addresses(target)
        if self._tls is None:
            try:
                self._tls = await trusted()
            except OSError as error:  # SSL_CERT_FILE names nothing, or something else
                raise Unread("the trusted certificates cannot be read") from error
        import httpx2

        failure = Unread("the name is not found")
        async with httpx2.AsyncClient(verify=self._tls, trust_env=False, timeout=None) as client:
            for address in addresses:
                request = client.build_request(
                    "GET",
                    target.at(address),
                    headers=HEADERS | {"Host": target.authority},
                    extensions={"sni_hostname": target.host},
                )
                try:
                    return await _received(client, request)
                except httpx2.ConnectError as error:
                    failure = Unread(_connect_reason(error))
                except httpx2.HTTPError as error:
                    raise Unread(f"no answer: {type(error).__name__}") from error
        raise failure

    async def _addresses(self, target: Target) -> list[str]:
        try:
            addresses = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:  # UnicodeError: a label of the name is too long
            raise Unread("the name is not found") from error
        if target.scheme == "http" and not all(map(is_loopback, addresses)):
            raise Unread("the address is not of this machine")
        return addresses


def _target(url: str) -> Target:
    parts = parts_of(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname or "", port_of(parts) or PORTS[parts.scheme], parts.netloc, path)


async def _received(client: "httpx2.AsyncClient", request: "httpx2.Request") -> tuple[int, bytes]:
    answer = await client.send(request, stream=True, follow_redirects=False)
    try:
        body = b""
        if answer.status_code == 200:
            async for part in answer.aiter_raw():
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise Unread(f"answered more than {LARGEST_ANSWER:,} bytes")
        return answer.status_code, body
    finally:
        await answer.aclose()


def _connect_reason(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "no encrypted connection, or its certificate is not trusted"
        cause = cause.__cause__ or cause.__context__
    return "no connection"
