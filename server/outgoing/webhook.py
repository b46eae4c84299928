"""Posts a notification to an address of the owner's, signed as Standard Webhooks 1.0.0 has it
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)."""

import base64
import binascii
import hashlib
import hmac
import json
from datetime import UTC
from email.utils import parsedate_to_datetime

import anyio

from server.outgoing.addresses import Reach, Resolve, parts_of, port_of, resolved
from server.outgoing.exchange import Exchange, Message, Unanswered
from server.outgoing.targets import HOST_LETTERS, LONGEST_URL, PORTS, Target, bracketed
from tools.escalation.channel import Payload, SendFailed

TIMEOUT_SECONDS = 5.0
PREFIX = "whsec_"
GONE = 410


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
        self._reach: Reach = "anywhere" if allow_private else "public"
        self._timeout = timeout
        self._exchange = Exchange(resolve)

    async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
        """Post it. An answer of 2xx has taken it, 410 never will; nothing but its head is read, and no redirect is
        followed. Raises SendFailed."""
        body = json.dumps(payload, separators=(",", ":")).encode()
        message = Message("POST", self._target, self._headers(delivery_id, body, now_ms // 1000), body)
        try:
            with anyio.fail_after(self._timeout):
                answer = await self._exchange.send(message, self._reach)
        except TimeoutError as error:
            raise SendFailed(f"no answer within {self._timeout:g} s") from error
        except Unanswered as error:
            raise SendFailed(error.reason) from error
        if not 200 <= answer.status < 300:
            seconds = _seconds(answer.retry_after, now_ms)
            raise SendFailed(f"answered {answer.status}", permanent=answer.status == GONE, retry_after=seconds)

    def _headers(self, delivery_id: str, body: bytes, timestamp: int) -> dict[str, str]:
        signed = hmac.digest(self._key, f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256)
        return {
            "Content-Type": "application/json",
            "User-Agent": "satchel",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }


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
    authority = bracketed(host) if port == PORTS[parts.scheme] else f"{bracketed(host)}:{port}"
    return Target(parts.scheme, host, port, authority, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


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


def _seconds(retry_after: str, now_ms: int) -> float:
    """How long to wait, given as seconds or as a date; 0 for anything else."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now_ms / 1000)
