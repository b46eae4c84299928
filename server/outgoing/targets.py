"""Where a request goes, as its URL says."""

from dataclasses import dataclass, field

PORTS = {"https": 443, "http": 80}
LONGEST_URL = 8_000
HOST_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._:")


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
        return f"{self.scheme}://{bracketed(address)}:{self.port}{self.path}"


def bracketed(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host
