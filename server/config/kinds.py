"""The kinds of values that settings have."""

import json
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_settings import NoDecode

from server.config import checks
from server.config.data_sources import DataSource, SourceName, TenantName

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
Hosts = Annotated[Names, AfterValidator(checks.hosts)]
Origins = Annotated[Names, AfterValidator(checks.origins)]
PublicUrl = Annotated[str, AfterValidator(checks.public_url)]
Folders = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split_paths)]
"""In a variable separated as in PATH."""
Keywords = Annotated[dict[Keyword, Weight], NoDecode, Json]
"""In a variable JSON, as are the next ones."""
Weights = Annotated[dict[str, Factor], NoDecode, Json, AfterValidator(checks.known_signals)]
Quotas = Annotated[dict[TenantName, Quota], NoDecode, Json]
DataSources = Annotated[dict[SourceName, DataSource], NoDecode, Json]

EncryptionKey = Annotated[SecretStr, AfterValidator(checks.encryption_key)]
EncryptionKeyFile = Annotated[Path | None, AfterValidator(checks.encryption_key_file)]
WebhookUrl = Annotated[SecretStr, AfterValidator(checks.webhook_url)]
WebhookSecret = Annotated[SecretStr, AfterValidator(checks.webhook_secret)]
MailServer = Annotated[SecretStr, AfterValidator(checks.mail_server)]
Sender = Annotated[str, AfterValidator(checks.sender)]
Recipients = Annotated[Names, AfterValidator(checks.recipients)]
ModelName = Annotated[str, AfterValidator(checks.model_name)]
ModelUrl = Annotated[str, AfterValidator(checks.model_url)]
ModelKey = Annotated[SecretStr, AfterValidator(checks.model_key)]
Issuer = Annotated[str, AfterValidator(checks.issuer)]
JwksUrl = Annotated[str, AfterValidator(checks.jwks_url)]
Audience = Annotated[str, AfterValidator(checks.audience)]
