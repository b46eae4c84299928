"""Where an identity provider is, and where it says what its keys are. An issuer is a name before it is an address: it
is compared letter by letter with what tokens hold, so that none is ever corrected here."""

from urllib.parse import SplitResult

from server.outgoing.addresses import is_loopback, parts_of, port_of
from server.outgoing.targets import HOST_LETTERS, LONGEST_URL

OPENID = "/.well-known/openid-configuration"
OAUTH = "/.well-known/oauth-authorization-server"


def issuer_url(text: str) -> str:
    """The issuer as it is given. Raises ValueError with what to do for one that cannot be used."""
    parts = _checked(text)
    if parts.query:
        raise ValueError("must not hold a query")
    if "/.well-known/" in parts.path:
        raise ValueError("must be the issuer itself, as in the `iss` of its tokens: what stands before /.well-known/")
    return text


def keys_url(text: str) -> str:
    """The address of a JWK set as it is given. Raises ValueError with what to do for one that cannot be used."""
    _checked(text)
    return text


def discovery_urls(issuer: str) -> tuple[str, str]:
    """Where the issuer's metadata may be: as OpenID Connect Discovery 1.0 has it, then as RFC 8414 has it."""
    parts = parts_of(issuer)
    path = parts.path.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    return f"{origin}{path}{OPENID}", f"{origin}{OAUTH}{path}"


def _checked(url: str) -> SplitResult:
    parts = parts_of(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ValueError("must begin with https://, or with http:// for an issuer on this machine")
    if "@" in parts.netloc or "#" in url:
        raise ValueError("must not hold a user name, a password or a fragment")
    if not host or not HOST_LETTERS.issuperset(host):
        raise ValueError("must name a host, in letters of ASCII")
    if len(url) > LONGEST_URL or not all("!" <= char <= "~" for char in url):
        raise ValueError(f"must be percent-encoded, without blanks, and no longer than {LONGEST_URL:,} characters")
    port_of(parts)
    return parts
