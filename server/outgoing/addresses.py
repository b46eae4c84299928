"""Which addresses we connect to. A name is resolved once, all it stands for is checked, and the connection
goes to an address that was checked: resolved again, the name could point into our own network."""

import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from server.outgoing.apart import apart

Resolve = Callable[[str, int], Awaitable[list[str]]]
Reach = Literal["public", "this machine", "anywhere"]
"""Which addresses may be connected to."""

UNICAST = IPv6Network("2000::/3")
DOCUMENTATION = IPv6Network("3fff::/20")  # RFC 9637, unknown to older Pythons


class NotAllowed(Exception):
    """The name stands for an address that may not be connected to; the text says why."""


async def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name, best first, also of one like 127.1 or 0x7f.1. Raises OSError."""
    found = await apart(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def checked(host: str, port: int, reach: Reach, resolve: Resolve = resolved) -> list[str]:
    """The addresses to connect to. One beyond the reach spoils all: it is how a name changes its mind.

    Raises NotAllowed, OSError.
    """
    addresses = await resolve(host, port)
    if reach == "public" and not all(is_public(ip_address(address)) for address in addresses):
        raise NotAllowed("the address is not public")
    if reach == "this machine" and not all(map(is_loopback, addresses)):
        raise NotAllowed("the address is not of this machine")
    return addresses


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it belongs to a machine on the internet. `is_global` alone is true of multicast, and of IPv6 addresses
    that a gateway turns into private IPv4 ones (6to4, NAT64)."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    is_translated = bool(address.sixtofour or address.teredo)
    return address in UNICAST and address.is_global and address not in DOCUMENTATION and not is_translated


def is_loopback(host: str) -> bool:
    """Whether only this machine is behind it, by the name alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def parts_of(url: str) -> SplitResult:
    """The URL taken apart. Raises ValueError, without what stands there: `urlsplit` repeats a password."""
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError("must be a URL, its host in ASCII and a password percent-encoded") from None


def port_of(parts: SplitResult) -> int | None:
    """The port, if there is one. Raises ValueError, without what stands there: of a password that needs escaping, it
    may be the beginning."""
    try:
        return parts.port
    except ValueError:
        raise ValueError("must have a number as its port, up to 65535, and a password percent-encoded") from None
