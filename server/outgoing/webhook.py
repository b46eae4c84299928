"""Posts a notification to an address of the owner's, signed as Standard Webhooks 1.0.0 has it
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).

No proxy of the environment is used, nor a .netrc: a proxy would connect to an address that it resolves itself, and the
check of ours would be for nothing. Certificates are trusted as elsewhere, `SSL_CERT_FILE` included.
"""

import base64
import binascii
import hashlib
import hmac
import json
import ssl
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import anyio

from server.outgoing.addresses import NotAllowed, Resolve, checked, parts_of, port_of, resolved
from server.outgoing.tls import trusted
from tools.escalation.channel import Payload, SendFailed

if TYPE_CHECKING:
    import httpx2

TIMEOUT_SECONDS = 5.0
PREFIX = "whsec_"
PORTS = {"https": 443, "http": 80}
GONE = 410
LONGEST_URL = 8_000
HOST_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._:")


class Webhook:
    """A place to post to. Raises ValueError for an address or secret that cannot be used, without repeating it.

    ``allow_private`` admits plain http and addresses of private networks, for a hook inside one's own. ``timeout`` is
    for a whole send, in seconds.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        allow_private: bool = False,
        timeout: float = TIMEOUT_SECONDS,
        resolve: Resolve = resolved,
    ) -> None:
        self._target = _target(url, allow_private)
        self._key = _key(secret)
        self._allow_private = allow_private
        self._timeout = timeout
        self._resolve = resolve
        self._tls: ssl.SSLContext | None = None

    async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
        """Post it. An answer of 2xx has taken it, 410 never will; nothing but its head is read, and no redirect is
        followed. Raises SendFailed."""
        body = json.dumps(payload, separators=(",", ":")).encode()
        headers = self._headers(delivery_id, body, now_ms // 1000)
        try:
            with anyio.fail_after(self._timeout):
                status, retry_after = await self._post(body, headers)
        except TimeoutError as error:
            raise SendFailed(f"no answer within {self._timeout:g} s") from error
        if not 200 <= status < 300:
            raise SendFailed(f"answered {status}", permanent=status == GONE, retry_after=_seconds(retry_after, now_ms))

    def _headers(self, delivery_id: str, body: bytes, timestamp: int) -> dict[str, str]:
        signed = hmac.digest(self._key, f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256)
        return {
            "Host": self._target.authority,
            "Content-Type": "application/json",
            "User-Agent": "satchel",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }

    async def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """The status, and the Retry-After, of the first of the addresses that can be connected to."""
        try:
            addresses = await checked(
                self._target.host, self._target.port, allow_private=self._allow_private, resolve=self._resolve
            )
        except NotAllowed as error:
            raise SendFailed("the address is not public") from error
        except (OSError, UnicodeError) as error:  # UnicodeError: a label of the name is too long
            raise SendFailed("the name is not found") from error
        if self._tls is None:
            try:
                self._tls = await trusted()
            except OSError as error:  # SSL_CERT_FILE names nothing, or something else
                raise SendFailed("the trusted certificates cannot be read") from error
        import httpx2

        failure = SendFailed("the name is not found")
        async with httpx2.AsyncClient(verify=self._tls, trust_env=False, timeout=None) as client:
            for address in addresses:
                request = client.build_request(
                    "POST",
                    self._target.at(address),
                    content=body,
                    headers=headers,
                    extensions={"sni_hostname": self._target.host},
                )
                try:
                    return await _head(client, request)
                except httpx2.ConnectError as error:
                    failure = SendFailed(_connect_reason(error))
                except httpx2.HTTPError as error:
                    raise SendFailed(f"no answer: {type(error).__name__}") from error
        raise failure


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart, so that it can be put together with a number in the place of the name."""

    scheme: str
    host: str
    port: int
    authority: str
    path: str = field(repr=False)
    """With the query; some receivers have their secret in it."""

    def at(self, address: str) -> str:
        """The URL of the same thing by that address."""
        return f"{self.scheme}://{_bracketed(address)}:{self.port}{self.path}"


def _target(url: str, allow_private: bool) -> Target:
    parts = parts_of(url)
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise ValueError("must begin with https://, or with http:// where private addresses are allowed")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or password")
    host = parts.hostname or ""
    if not host or not HOST_LETTERS.issuperset(host):
        raise ValueError("must name a host, in letters of ASCII")
    if len(url) > LONGEST_URL or not url.isascii():
        raise ValueError(f"must be percent-encoded, and no longer than {LONGEST_URL:,} characters")
    if any(char <= " " or char == "\x7f" for char in url) or parts.fragment:
        raise ValueError("must not hold blanks or a fragment")
    port = port_of(parts) or PORTS[parts.scheme]
    authority = _bracketed(host) if port == PORTS[parts.scheme] else f"{_bracketed(host)}:{port}"
    return Target(parts.scheme, host, port, authority, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _key(secret: str) -> bytes:
    """The bytes to sign with: what follows ``whsec_`` is Base64, anything else stands for itself."""
    if not secret:
        raise ValueError("must not be empty")
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"must be Base64 after {PREFIX}") from error
    if not key:
        raise ValueError(f"must hold a key after {PREFIX}")
    return key


async def _head(client: "httpx2.AsyncClient", request: "httpx2.Request") -> tuple[int, str]:
    answer = await client.send(request, stream=True, follow_redirects=False)
    await answer.aclose()
    return answer.status_code, answer.headers.get("Retry-After", "")


def _connect_reason(error: BaseException) -> str:
    """Why there is no connection: certificates are the owner's to mend, networks mend themselves."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the certificate is not trusted"
        if isinstance(cause, ssl.SSLError):
            return "no encrypted connection"
        cause = cause.__cause__ or cause.__context__
    return "no connection"


def _seconds(retry_after: str, now_ms: int) -> float:
    """How long to wait, given as seconds or as a date; 0 for anything else."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now_ms / 1000)
