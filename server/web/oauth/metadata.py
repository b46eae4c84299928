"""What this server tells clients about where its tokens come from (RFC 9728, protected resource metadata)."""

from typing import Any
from urllib.parse import urlsplit

from server.identity import SCOPES

NAME = "Satchel"


def resource_metadata(resource: str, issuer: str) -> dict[str, Any]:
    """The document, for ``resource``, the URL that clients use. Built by hand: the SDK's model writes URLs anew, and
    clients compare the issuer letter by letter."""
    return {
        "resource": resource,
        "authorization_servers": [issuer],
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
        "resource_name": NAME,
    }


def metadata_url(resource: str) -> str:
    """Where clients look for the document, and what `WWW-Authenticate` names."""
    from mcp.server.auth.routes import build_resource_metadata_url
    from pydantic import AnyHttpUrl

    return str(build_resource_metadata_url(AnyHttpUrl(resource)))


def metadata_path(resource: str) -> str:
    """The path of that place, to serve the document at."""
    return urlsplit(metadata_url(resource)).path
