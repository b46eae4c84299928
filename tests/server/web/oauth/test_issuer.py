"""How an issuer may be named, where its metadata is looked for, and what we publish of it."""

import pytest

from server.web.oauth.issuer import discovery_urls, issuer_url
from server.web.oauth.metadata import metadata_path, metadata_url, resource_metadata


@pytest.mark.parametrize(
    "url",
    [
        "",
        "login.example.org",
        "http://login.example.org",
        "http://192.168.1.1",
        "ftp://login.example.org",
        "https://",
        "https://user:sesame@login.example.org",
        "https://login.example.org/#sesame",
        "https://login.example.org/#",
        "https://login.example.org/?sesame",
        "https://login.example.org/sesame x",
        "https://login.example.org/sésame",
        "https://login.example.org:sesame",
        "https://[sesame]",
        "https://login.example.org/.well-known/openid-configuration",
        "https://login.example.org/" + "s" * 8_000,
    ],
)
def test_an_issuer_that_cannot_be_used_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        issuer_url(url)
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://x.example.org/", "https://10.0.0.1:8443/realms/a", "http://localhost:8080"])
def test_an_issuer_is_never_corrected(url: str) -> None:
    assert issuer_url(url) == url


@pytest.mark.parametrize(
    ("name", "urls"),
    [
        ("https://x.org", ("https://x.org/.well-known/openid-configuration",
                           "https://x.org/.well-known/oauth-authorization-server")),
        ("https://x.org/a/", ("https://x.org/a/.well-known/openid-configuration",
                              "https://x.org/.well-known/oauth-authorization-server/a")),
    ],
)  # fmt: skip
def test_metadata_is_looked_for_in_two_places(name: str, urls: tuple[str, str]) -> None:
    assert discovery_urls(name) == urls


def test_the_resource_says_who_issues_its_tokens() -> None:
    """Letter by letter: with a slash more it would be another issuer."""
    assert resource_metadata("https://satchel.example.org/mcp", "https://login.example.org") == {
        "resource": "https://satchel.example.org/mcp",
        "authorization_servers": ["https://login.example.org"],
        "scopes_supported": ["read", "write", "admin"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Satchel",
    }


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("https://satchel.example.org/mcp", "/.well-known/oauth-protected-resource/mcp"),
        ("https://satchel.example.org", "/.well-known/oauth-protected-resource"),
        ("http://127.0.0.1:8765/mcp", "/.well-known/oauth-protected-resource/mcp"),
    ],
)
def test_the_metadata_of_a_resource_has_its_place(resource: str, path: str) -> None:
    assert metadata_path(resource) == path
    assert metadata_url(resource) == resource.removesuffix("/mcp") + path
