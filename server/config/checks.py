"""Whether the value of a setting can be used: asked of the part that will use it, and of the settings read before it.

Each check returns the value as it is used, or raises ValueError. The parts are imported only where they are set up:
none of them is needed to start.
"""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationInfo

from server.config.encryption import master_key
from server.config.references import secret_of
from tools.escalation.policy import SIGNALS

if TYPE_CHECKING:
    from server.outgoing.model_api import Kind

OWN_PATHS = frozenset({"mcp", "sse", "messages", "health", "ready", "metrics", ".well-known"})
ANYBODY = "anybody@example.org"  # stands in for the parts of a channel that are not looked at
ANY = "any"  # stands in for what a check does not look at
MAIL_PARTS = ("escalation_smtp_url", "escalation_email_from")


def known_signals(weights: dict[str, float]) -> dict[str, float]:
    if unknown := sorted(weights.keys() - set(SIGNALS)):
        raise ValueError(f"no signal {unknown[0][:40]!r}; there is: {', '.join(SIGNALS)}")
    return weights


def public_url(url: str) -> str:
    """An address without query, fragment or user, and without a slash at its end."""
    if not url:
        return url
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an address such as https://mcp.example.org/satchel")
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*/?", parts.path):
        raise ValueError("may have letters, digits and - . _ ~ in its path")
    if parts.path.split("/")[1:2] and parts.path.split("/")[1] in OWN_PATHS:
        raise ValueError(f"may not begin with /{parts.path.split('/')[1]}, which is a path of this server")
    return url.rstrip("/")


def hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    if names:
        from server.web.layers.hosts import host_rule

        for name in names:
            host_rule(name)
    return names


def origins(names: tuple[str, ...]) -> tuple[str, ...]:
    if names:
        from server.web.layers.hosts import origin_rule

        for name in names:
            origin_rule(name)
    return names


def encryption_key(key: SecretStr) -> SecretStr:
    master_key(secret_of(key, os.environ), None)
    return key


def encryption_key_file(file: Path | None, earlier: ValidationInfo) -> Path | None:
    if file and earlier.data.get("encryption_key"):
        raise ValueError("a key is set by encryption_key already; take one of both away")
    master_key("", file)
    return file


def webhook_url(url: SecretStr, earlier: ValidationInfo) -> SecretStr:
    if url:
        from server.outgoing.webhook import Webhook

        Webhook(url.get_secret_value(), ANY, bool(earlier.data.get("escalation_webhook_private")))
    return url


def webhook_secret(secret: SecretStr, earlier: ValidationInfo) -> SecretStr:
    if secret:
        from server.outgoing.webhook import Webhook

        Webhook("https://example.org", secret.get_secret_value())
    elif earlier.data.get("escalation_webhook_url"):
        raise ValueError("is needed with escalation_webhook_url: what is posted is signed with it")
    return secret


def mail_server(url: SecretStr) -> SecretStr:
    if url:
        from server.outgoing.mail import Mail

        Mail(url.get_secret_value(), ANYBODY, (ANYBODY,))
    return url


def sender(address: str) -> str:
    if address:
        from server.outgoing.mail import Mail

        Mail("smtp://localhost", address, (ANYBODY,))
    return address


def recipients(addresses: tuple[str, ...], earlier: ValidationInfo) -> tuple[str, ...]:
    """The last of the three parts of e-mail, so that it asks for all of them."""
    if addresses:
        from server.outgoing.mail import Mail

        Mail("smtp://localhost", ANYBODY, addresses)
    parts = {name: earlier.data.get(name) for name in MAIL_PARTS} | {"escalation_email_to": addresses}
    if any(parts.values()) and (missing := [name for name, value in parts.items() if not value]):
        raise ValueError(f"e-mail needs {', '.join(parts)}; not set: {', '.join(missing)}")
    return addresses


def model_name(name: str, earlier: ValidationInfo) -> str:
    if earlier.data.get("sql_model") and not name.strip():
        raise ValueError("must name a model, with sql_model")
    return name


def model_url(url: str, earlier: ValidationInfo) -> str:
    if url and (kind := earlier.data.get("sql_model")):
        _model(kind, url, ANY)
    return url


def model_key(key: SecretStr, earlier: ValidationInfo) -> SecretStr:
    if kind := earlier.data.get("sql_model"):
        _model(kind, earlier.data.get("sql_model_url", ""), secret_of(key, os.environ))
    return key


def _model(kind: "Kind", url: str, key: str) -> None:
    from server.outgoing.model_api import ApiModel, ModelApi
    from tools.breaker import Breaker

    ApiModel(ModelApi(kind, ANY, url, key), lambda: 0, Breaker())


def issuer(url: str) -> str:
    if url:
        from server.web.oauth.issuer import issuer_url

        issuer_url(url)
    return url


def jwks_url(url: str) -> str:
    if url:
        from server.web.oauth.issuer import keys_url

        keys_url(url)
    return url


def audience(name: str, earlier: ValidationInfo) -> str:
    if earlier.data.get("oauth_issuer") and not (name or earlier.data.get("public_url")):
        raise ValueError("or public_url is needed with oauth_issuer: tokens must be meant for this server")
    return name
