"""A request over HTTP and its answer. The target's name is resolved once, what it stands for is checked, and the
request goes to the first of these addresses that can be connected to, encrypted under the target's own name.

No proxy of the environment is used, nor a .netrc: a proxy would connect to an address that it resolves itself, and the
check of ours would be for nothing. No redirect is followed. Certificates are trusted as elsewhere, `SSL_CERT_FILE`
included. Who sends sets the deadline.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from server.outgoing.addresses import NotAllowed, Reach, Resolve, checked
from server.outgoing.apart import apart
from server.outgoing.targets import Target

if TYPE_CHECKING:
    import httpx2


class Unanswered(Exception):
    """There is no answer. ``reason`` is for the log: nothing of what the other side wrote. ``is_passing`` means that
    another try may succeed."""

    def __init__(self, reason: str, *, is_passing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_passing = is_passing


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the body only where it was asked for and the status is 200."""

    status: int
    retry_after: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. At most ``longest_answer`` bytes of an answer are taken; with 0 nothing but its head is read."""

    method: Literal["GET", "POST"]
    target: Target
    headers: Mapping[str, str] = field(repr=False)
    """With the key, where one is needed."""
    content: bytes = field(default=b"", repr=False)
    longest_answer: int = 0


class Exchange:
    """Sends messages, and reads the certificates that this machine trusts once for all of them."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._tls: ssl.SSLContext | None = None

    async def send(self, message: Message, reach: Reach) -> Answer:
        """What the first address answers that can be connected to; ``reach`` says which may be. Raises Unanswered."""
        addresses = await self._addresses(message.target, reach)
        tls = await self._trusted()
        import httpx2

        failure = Unanswered("the name is not found", is_passing=True)
        async with httpx2.AsyncClient(verify=tls, trust_env=False, timeout=None) as client:
            for address in addresses:
                try:
                    return await _answer(client, message, address)
                except httpx2.ConnectError as error:
                    failure = _unconnected(error)
                except httpx2.HTTPError as error:
                    raise Unanswered(f"no answer: {type(error).__name__}", is_passing=True) from error
        raise failure

    async def _addresses(self, target: Target, reach: Reach) -> list[str]:
        try:
            return await checked(target.host, target.port, reach, self._resolve)
        except NotAllowed as error:
            raise Unanswered(str(error)) from error
        except (OSError, UnicodeError) as error:  # UnicodeError: a label of the name is too long
            raise Unanswered("the name is not found", is_passing=True) from error

    async def _trusted(self) -> ssl.SSLContext:
        """Slow the first time: every certificate is read."""
        if self._tls is None:
            try:
                self._tls = await apart(_certificates)
            except OSError as error:  # SSL_CERT_FILE names nothing, or something else
                raise Unanswered("the trusted certificates cannot be read") from error
        return self._tls


def _certificates() -> ssl.SSLContext:
    import httpx2

    return httpx2.create_ssl_context()


async def _answer(client: "httpx2.AsyncClient", message: Message, address: str) -> Answer:
    request = client.build_request(
        message.method,
        message.target.at(address),
        content=message.content or None,
        headers={"Host": message.target.authority, **message.headers},
        extensions={"sni_hostname": message.target.host},
    )
    answer = await client.send(request, stream=True, follow_redirects=False)
    try:
        body = b""
        if answer.status_code == 200 and message.longest_answer:
            async for part in answer.aiter_raw():
                body += part
                if len(body) > message.longest_answer:
                    raise Unanswered(f"answered more than {message.longest_answer:,} bytes")
        return Answer(answer.status_code, answer.headers.get("Retry-After", ""), body)
    finally:
        await answer.aclose()


def _unconnected(error: BaseException) -> Unanswered:
    """Certificates are the owner's to mend, networks mend themselves."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unanswered("the certificate is not trusted")
        if isinstance(cause, ssl.SSLError):
            return Unanswered("no encrypted connection")
        cause = cause.__cause__ or cause.__context__
    return Unanswered("no connection", is_passing=True)
