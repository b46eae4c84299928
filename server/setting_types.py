"""The kinds of values that settings have, and what is wrong with a value that is not of its kind."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_settings import NoDecode

from server.data_sources import FROM_VARIABLE, DataSource, SourceName, TenantName, looked_up
from tools.escalation.policy import SIGNALS

OWN_PATHS = frozenset({"mcp", "sse", "messages", "health", "ready", "metrics", ".well-known"})
Family = Literal["memory", "rag", "attachments", "escalation", "text2sql"]


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _split_paths(value: object) -> object:
    return [part for part in value.split(os.pathsep) if part.strip()] if isinstance(value, str) else value


def _from_json(value: object) -> object:
    """A table as a variable holds it: JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError('must be JSON such as {"refund": 0.3}') from None


def _known_signals(weights: dict[str, float]) -> dict[str, float]:
    if unknown := sorted(weights.keys() - set(SIGNALS)):
        raise ValueError(f"no signal {unknown[0][:40]!r}; there is: {', '.join(SIGNALS)}")
    return weights


def _public(url: str) -> str:
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


def _hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    if names:
        from server.web.hosts import host_rule

        for name in names:
            host_rule(name)
    return names


def _origins(names: tuple[str, ...]) -> tuple[str, ...]:
    if names:
        from server.web.hosts import origin_rule

        for name in names:
            origin_rule(name)
    return names


class Quota(BaseModel):
    """What a tenant may keep; what is left out is as for all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memories: int | None = Field(None, ge=0)
    chunks: int | None = Field(None, ge=0)
    mb: int | None = Field(None, ge=0)


Split = BeforeValidator(_split)
Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Factor = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
Json = BeforeValidator(_from_json)
NO_SECRET = SecretStr("")

Names = Annotated[tuple[str, ...], NoDecode, Split]
"""In a variable separated by commas, as are the next four."""
Families = Annotated[tuple[Family, ...], NoDecode, Split, Field(min_length=1)]
Hosts = Annotated[Names, AfterValidator(_hosts)]
Origins = Annotated[Names, AfterValidator(_origins)]
PublicUrl = Annotated[str, AfterValidator(_public)]
Folders = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split_paths)]
"""In a variable separated as in PATH."""
Keywords = Annotated[dict[Keyword, Weight], NoDecode, Json]
"""In a variable JSON, as are the next ones."""
Weights = Annotated[dict[str, Factor], NoDecode, Json, AfterValidator(_known_signals)]
Quotas = Annotated[dict[TenantName, Quota], NoDecode, Json]
DataSources = Annotated[dict[SourceName, DataSource], NoDecode, Json]


def secret_of(secret: SecretStr, environment: Mapping[str, str]) -> str:
    """The secret behind `env:NAME`. Raises ValueError when it is written out, or the variable is not set."""
    text = secret.get_secret_value()
    if not text:
        return ""
    if not text.startswith(FROM_VARIABLE):
        raise ValueError("must be env:NAME, for the variable that holds the key")
    variable, found = looked_up(text, environment)
    if not found:
        raise ValueError(f"names the variable {variable}, which is not set")
    return found
