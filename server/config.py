"""The settings: defaults, then satchel.toml, then SATCHEL_ variables, then flags. Read once, at start.

satchel.toml is read from the configuration directory or from `--config`, never from the working directory, and no
.env is read at all: hosts start us inside repositories that nobody has vetted.
"""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from server.encryption import master_key
from server.setting_types import (
    NO_SECRET,
    DataSources,
    Families,
    Family,
    Folders,
    Hosts,
    Keywords,
    Names,
    Origins,
    PublicUrl,
    Quotas,
    Weights,
    secret_of,
)

APP = "satchel"
CONFIG_NAME = "satchel.toml"


class SettingsError(Exception):
    """A setting is wrong; the text names it, in one line."""


ANYBODY = "anybody@example.org"  # stands in for the parts of a channel that are not looked at
ANY = "any"  # stands in for what a validator does not look at
MAIL_PARTS = ("escalation_smtp_url", "escalation_email_from")
DEFAULT_FAMILIES: tuple[Family, ...] = ("memory", "rag", "attachments", "escalation", "text2sql")


class Settings(BaseSettings):
    """Everything that can be set. A docstring under a field is its help text and its line in the README."""

    model_config = SettingsConfigDict(
        env_prefix="SATCHEL_",
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    home: Path | None = None
    """One folder for configuration, data and models, instead of the platform's usual places."""
    data_dir: Path | None = None
    """Where everything is kept; by default the platform's data directory, or `data` in `home`."""
    tools: Families = DEFAULT_FAMILIES
    """Tool families to offer, separated by commas."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is logged on stderr."""
    tool_timeout_seconds: float = Field(30.0, gt=0, le=600)
    """A tool call that takes longer is ended with an error."""
    embedding_model: str = Field("auto", min_length=1)
    """`auto`, `static` (built in only), `none` (words only) or the name of a fastembed model."""
    embedding_path: Path | None = None
    """A folder that holds the embedding model, for machines without a network."""
    offline: bool = False
    """Never fetch a model from the network."""
    memory_html: Literal["keep", "strip", "reject"] = "keep"
    """What happens to HTML tags in memories."""
    memory_max_tokens: int = Field(2_000, ge=50, le=100_000)
    """Size of a memory tool's answer when the call sets no `max_tokens`."""
    memory_half_life_days: float = Field(30.0, gt=0)
    """After so many days a memory's importance counts half."""
    memory_archive_after_days: float = Field(30.0, ge=0)
    """Unimportant, unused memories are archived after so many days; 0 never."""
    memory_archive_below_importance: float = Field(0.3, ge=0, le=1)
    """Memories below this importance may be archived."""
    memory_archive_below_accesses: int = Field(2, ge=0)
    """Memories returned less often than this may be archived."""
    memory_promote_after_accesses: int = Field(5, ge=0)
    """A short-lived memory returned so often is kept for good; 0 never."""
    memory_session_cap: int = Field(100_000, ge=0)
    """Most memories a session keeps active; beyond it the least valuable are archived; 0 for no limit."""
    memory_retention_days: float = Field(30.0, ge=0)
    """Forgotten memories can be restored for so many days, then they are purged; 0 keeps them."""
    chunk_words: int = Field(500, ge=20, le=5_000)
    """Documents are searched in passages of so many words."""
    chunk_overlap: int = Field(50, ge=0, le=1_000)
    """So many words of a passage come again in the next one, where a section had to be split."""
    rag_max_tokens: int = Field(2_000, ge=50, le=100_000)
    """Size of a document tool's answer when the call sets no `max_tokens`."""
    max_file_mb: int = Field(50, ge=1, le=1_000)
    """Largest file that `satchel ingest` takes, in MiB."""
    rerank_model: str = ""
    """A fastembed reranker that reads the best passages, such as `Xenova/ms-marco-MiniLM-L-6-v2`; none if empty."""
    rerank_path: Path | None = None
    """A folder that holds the reranker, for machines without a network."""
    attachment_roots: Folders = ()
    """Folders whose files `attachment_process` may read, separated as in PATH; by default `attachments` in the data."""
    attachment_max_mb: int = Field(10, ge=1, le=1_000)
    """Largest file that `attachment_save` and `attachment_process` take, in MiB."""
    attachment_retention_days: float = Field(30.0, ge=0)
    """Saved files that were not used for so many days are deleted; 0 keeps them."""
    escalation_keywords: Keywords = {}
    """Business words and their weights, 0 to 1, added to the built-in ones: `{"refund": 0.3}`; 0 takes one out."""
    escalation_weights: Weights = {}
    """Signals and the factor on their weight, 0 to 2: `{"churn": 1.5}`; 0 switches one off."""
    escalation_retention_days: float = Field(90.0, ge=0)
    """Resolved escalations are deleted after so many days; 0 keeps them."""
    escalation_webhook_private: bool = False
    """Let the webhook be plain http or inside a private network."""
    escalation_webhook_url: SecretStr = NO_SECRET
    """Where escalations are posted, https only."""
    escalation_webhook_secret: SecretStr = Field(NO_SECRET, validate_default=True)
    """What the posts are signed with, `whsec_` and Base64 or any text; needed with a webhook."""
    escalation_smtp_url: SecretStr = NO_SECRET
    """The mail server that escalations are sent through, `smtp://user:password@host:587` or `smtps://…`."""
    escalation_email_from: str = ""
    """The sender of those e-mails."""
    escalation_email_to: Names = Field((), validate_default=True)
    """Who gets them, separated by commas."""
    data_sources: DataSources = {}
    """Databases that may be questioned, a `[data_sources.NAME]` table each in `satchel.toml`."""
    sql_max_tokens: int = Field(2_000, ge=200, le=100_000)
    """Size of a `text2sql` answer."""
    sql_model: Literal["", "anthropic", "openai"] = ""
    """Whose API may write SQL, `anthropic` or `openai` (or one that speaks like it); none if empty."""
    sql_model_name: str = Field("", validate_default=True)
    """The model there."""
    sql_model_url: str = ""
    """Where that API is, if not at its maker's: `http://127.0.0.1:11434/v1`."""
    sql_model_key: SecretStr = Field(NO_SECRET, validate_default=True)
    """`env:NAME`, for the variable that holds its key."""
    sql_sampling: bool = False
    """Let the client's own model write SQL, where the client offers it."""
    maintenance_minutes: float = Field(60.0, gt=0)
    """How often expiry, archiving and purging run in the background."""
    public_url: PublicUrl = ""
    """The address clients use when a proxy is in front, `https://mcp.example.org/satchel`; its path is the prefix."""
    allowed_hosts: Hosts = ()
    """More host names that HTTP requests may be addressed to, separated by commas."""
    allowed_origins: Origins = ()
    """Web pages that may call, `https://app.example.org`, separated by commas."""
    trusted_proxies: Names = ()
    """Addresses of proxies whose X-Forwarded headers count, separated by commas."""
    rate_limit: int = Field(6_000, ge=0)
    """Requests a minute that a key may make over HTTP; 0 for no limit."""
    calls_per_key: int = Field(16, ge=1, le=1_000)
    """Calls of one key that may be in flight."""
    calls_at_once: int = Field(128, ge=1, le=10_000)
    """Calls in flight of all keys together."""
    max_connections: int = Field(1_000, ge=1, le=100_000)
    """Open HTTP connections."""
    quota_memories: int = Field(0, ge=0)
    """Most memories of a tenant, forgotten ones included until they are purged; 0 for no limit."""
    quota_chunks: int = Field(0, ge=0)
    """Most passages of a tenant's documents; 0 for no limit."""
    quota_mb: int = Field(0, ge=0)
    """Most text, metadata and files of a tenant, in MiB; 0 for no limit."""
    tenant_quotas: Quotas = {}
    """Tenants with other quotas, a `[tenant_quotas.NAME]` table each in `satchel.toml`."""
    audit_retention_days: float = Field(90.0, ge=0)
    """The audit trail is deleted after so many days; 0 keeps it."""
    oauth_issuer: str = ""
    """The identity provider whose tokens are taken over HTTP, `https://login.example.org`; none if empty."""
    oauth_jwks_url: str = ""
    """Where its signing keys are, if its metadata does not say."""
    oauth_audience: str = Field("", validate_default=True)
    """What its tokens must be meant for; by default `public_url` and `/mcp`."""
    oauth_tenant_claim: str = Field("tenant", min_length=1, max_length=200)
    """The claim of a token that names the tenant."""
    encryption_key: SecretStr = NO_SECRET
    """`env:NAME`, for the variable that holds the key everything kept is encrypted with."""
    encryption_key_file: Path | None = None
    """A file that holds that key instead."""
    _beside: Path | None = PrivateAttr(None)

    @field_validator("encryption_key")
    @classmethod
    def _usable_key(cls, key: SecretStr) -> SecretStr:
        master_key(secret_of(key, os.environ), None)
        return key

    @field_validator("encryption_key_file")
    @classmethod
    def _usable_key_file(cls, file: Path | None, earlier: ValidationInfo) -> Path | None:
        if file and earlier.data.get("encryption_key"):
            raise ValueError("a key is set by encryption_key already; take one of both away")
        master_key("", file)
        return file

    @field_validator("escalation_webhook_url")
    @classmethod
    def _usable_webhook(cls, url: SecretStr, earlier: ValidationInfo) -> SecretStr:
        if url:
            from server.outgoing.webhook import Webhook

            Webhook(url.get_secret_value(), "any", bool(earlier.data.get("escalation_webhook_private")))
        return url

    @field_validator("escalation_webhook_secret")
    @classmethod
    def _usable_secret(cls, secret: SecretStr, earlier: ValidationInfo) -> SecretStr:
        if secret:
            from server.outgoing.webhook import Webhook

            Webhook("https://example.org", secret.get_secret_value())
        elif earlier.data.get("escalation_webhook_url"):
            raise ValueError("is needed with escalation_webhook_url: what is posted is signed with it")
        return secret

    @field_validator("escalation_smtp_url")
    @classmethod
    def _usable_mail_server(cls, url: SecretStr) -> SecretStr:
        if url:
            from server.outgoing.mail import Mail

            Mail(url.get_secret_value(), ANYBODY, (ANYBODY,))
        return url

    @field_validator("escalation_email_from")
    @classmethod
    def _usable_sender(cls, sender: str) -> str:
        if sender:
            from server.outgoing.mail import Mail

            Mail("smtp://localhost", sender, (ANYBODY,))
        return sender

    @field_validator("escalation_email_to")
    @classmethod
    def _usable_recipients(cls, recipients: tuple[str, ...], earlier: ValidationInfo) -> tuple[str, ...]:
        if recipients:
            from server.outgoing.mail import Mail

            Mail("smtp://localhost", ANYBODY, recipients)
        parts = {name: earlier.data.get(name) for name in MAIL_PARTS} | {"escalation_email_to": recipients}
        if any(parts.values()) and (missing := [name for name, value in parts.items() if not value]):
            raise ValueError(f"e-mail needs {', '.join(parts)}; not set: {', '.join(missing)}")
        return recipients

    @field_validator("sql_model_name")
    @classmethod
    def _usable_model(cls, name: str, earlier: ValidationInfo) -> str:
        if earlier.data.get("sql_model") and not name.strip():
            raise ValueError("must name a model, with sql_model")
        return name

    @field_validator("sql_model_url")
    @classmethod
    def _usable_model_url(cls, url: str, earlier: ValidationInfo) -> str:
        if url and (kind := earlier.data.get("sql_model")):
            from server.writers import api_model

            api_model(kind, ANY, url, ANY, lambda: 0)
        return url

    @field_validator("sql_model_key")
    @classmethod
    def _usable_model_key(cls, key: SecretStr, earlier: ValidationInfo) -> SecretStr:
        if kind := earlier.data.get("sql_model"):
            from server.writers import api_model

            api_model(kind, ANY, earlier.data.get("sql_model_url", ""), secret_of(key, os.environ), lambda: 0)
        return key

    @field_validator("oauth_issuer")
    @classmethod
    def _usable_issuer(cls, url: str) -> str:
        if url:
            from server.web.issuer import issuer_url

            issuer_url(url)
        return url

    @field_validator("oauth_jwks_url")
    @classmethod
    def _usable_keys_url(cls, url: str) -> str:
        if url:
            from server.web.issuer import keys_url

            keys_url(url)
        return url

    @field_validator("oauth_audience")
    @classmethod
    def _usable_audience(cls, audience: str, earlier: ValidationInfo) -> str:
        if earlier.data.get("oauth_issuer") and not (audience or earlier.data.get("public_url")):
            raise ValueError("or public_url is needed with oauth_issuer: tokens must be meant for this server")
        return audience

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags and variables only; the file comes in as defaults, see `load`."""
        return init_settings, env_settings

    @property
    def master_key(self) -> bytes | None:
        """What everything kept is encrypted with; None when that is off. Raises ValueError."""
        return master_key(secret_of(self.encryption_key, os.environ), self.encryption_key_file)

    @property
    def data(self) -> Path:
        """The data directory."""
        if self.data_dir is not None:
            return self.data_dir.expanduser()
        return self.home.expanduser() / "data" if self.home else Path(platformdirs.user_data_dir(APP, appauthor=False))

    def placed(self, folder: Path) -> "Settings":
        """The same, read from a file in ``folder``."""
        self._beside = folder
        return self

    @property
    def beside(self) -> Path:
        """Where relative paths of data sources begin: the folder of satchel.toml."""
        return self._beside or config_dir(self.home)

    @property
    def models(self) -> Path:
        """Where fetched embedding models are kept."""
        if self.home:
            return self.home.expanduser() / "models"
        return Path(platformdirs.user_cache_dir(APP, appauthor=False)) / "models"


SAID = {"extra_forbidden": "no such setting", "model_type": "must be a table, such as [data_sources.NAME]"}
"""What is told in place of pydantic's words."""
UNTOLD = frozenset(name for name, field in Settings.model_fields.items() if field.annotation is SecretStr) | {
    "data_sources"
}
"""Settings whose values are in no message."""


def load(flags: Mapping[str, Any] | None = None, config: Path | None = None) -> Settings:
    """The settings in force. ``flags`` holds what the command line set; ``config`` a file named there.

    Raises SettingsError with one line that names the setting.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    file = config_file(given, config)
    try:
        from_file = tomllib.loads(file.read_text("utf-8")) if file else {}
    except OSError as error:
        raise SettingsError(
            f"{file}: cannot be read ({error.strerror}). Check the path given with --config."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not valid TOML: {error}.") from error
    _refuse_unknown(from_file, file)
    hidden = {name for name in from_file if f"SATCHEL_{name}".upper() in {key.upper() for key in os.environ}}
    try:
        settings = Settings(**{name: value for name, value in from_file.items() if name not in hidden} | given)
    except ValidationError as error:
        raise SettingsError(_one_line(error, given, from_file, file)) from error
    return settings.placed(file.absolute().parent) if file else settings


def config_file(flags: Mapping[str, Any], config: Path | None) -> Path | None:
    """The file to read: the one named, else satchel.toml in the configuration directory if there is one."""
    if config is not None:
        return config
    file = config_dir(flags.get("home") or os.environ.get("SATCHEL_HOME")) / CONFIG_NAME
    return file if file.is_file() else None


def config_dir(home: str | Path | None) -> Path:
    """The directory that holds satchel.toml."""
    return Path(home).expanduser() if home else Path(platformdirs.user_config_dir(APP, appauthor=False))


def _refuse_unknown(from_file: Mapping[str, Any], file: Path | None) -> None:
    if unknown := sorted(from_file.keys() - Settings.model_fields.keys()):
        near = get_close_matches(unknown[0], Settings.model_fields, 1)
        advice = f"Is {near[0]} meant?" if near else "`satchel serve --help` lists them."
        raise SettingsError(f"{unknown[0]}: no such setting, in {file}. {advice}")


def _one_line(error: ValidationError, flags: Mapping[str, Any], from_file: Mapping[str, Any], file: Path | None) -> str:
    errors = error.errors(include_url=False, include_context=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])  # a misspelt key lacks, too
    name = str(first["loc"][0])
    if name in flags:
        source = f"--{name.replace('_', '-')}"
    elif name in from_file and f"SATCHEL_{name.upper()}" not in os.environ:
        source = f"{name} in {file}"
    else:
        source = f"SATCHEL_{name.upper()}"
    parts = [part for part in first["loc"][1:] if isinstance(part, str) and part != "[key]"]
    inside = f" {'.'.join(parts)!r}:" if parts else ""
    said = SAID.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    told = "" if name in UNTOLD or first["type"] == "value_error" else f", not {first['input']!r}"
    return f"{source}:{inside} {said[:1].lower()}{said[1:]}{told}."
