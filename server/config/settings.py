"""Everything that can be set, with its default."""

import os
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, PrivateAttr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from server.config.encryption import master_key
from server.config.kinds import (
    NO_SECRET,
    Audience,
    DataSources,
    EncryptionKey,
    EncryptionKeyFile,
    Families,
    Family,
    Folders,
    Hosts,
    Issuer,
    JwksUrl,
    Keywords,
    MailServer,
    ModelKey,
    ModelName,
    ModelUrl,
    Names,
    Origins,
    PublicUrl,
    Quotas,
    Recipients,
    Sender,
    WebhookSecret,
    WebhookUrl,
    Weights,
)
from server.config.references import secret_of

APP = "satchel"
DEFAULT_FAMILIES: tuple[Family, ...] = ("memory", "rag", "attachments", "escalation", "text2sql")


def config_dir(home: str | Path | None) -> Path:
    """The directory that holds satchel.toml."""
    return Path(home).expanduser() if home else Path(platformdirs.user_config_dir(APP, appauthor=False))


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
    escalation_webhook_url: WebhookUrl = NO_SECRET
    """Where escalations are posted, https only."""
    escalation_webhook_secret: WebhookSecret = Field(NO_SECRET, validate_default=True)
    """What the posts are signed with, `whsec_` and Base64 or any text; needed with a webhook."""
    escalation_smtp_url: MailServer = NO_SECRET
    """The mail server that escalations are sent through, `smtp://user:password@host:587` or `smtps://…`."""
    escalation_email_from: Sender = ""
    """The sender of those e-mails."""
    escalation_email_to: Recipients = Field((), validate_default=True)
    """Who gets them, separated by commas."""
    data_sources: DataSources = {}
    """Databases that may be questioned, a `[data_sources.NAME]` table each in `satchel.toml`."""
    sql_max_tokens: int = Field(2_000, ge=200, le=100_000)
    """Size of a `text2sql` answer."""
    sql_model: Literal["", "anthropic", "openai"] = ""
    """Whose API may write SQL, `anthropic` or `openai` (or one that speaks like it); none if empty."""
    sql_model_name: ModelName = Field("", validate_default=True)
    """The model there."""
    sql_model_url: ModelUrl = ""
    """Where that API is, if not at its maker's: `http://127.0.0.1:11434/v1`."""
    sql_model_key: ModelKey = Field(NO_SECRET, validate_default=True)
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
    oauth_issuer: Issuer = ""
    """The identity provider whose tokens are taken over HTTP, `https://login.example.org`; none if empty."""
    oauth_jwks_url: JwksUrl = ""
    """Where its signing keys are, if its metadata does not say."""
    oauth_audience: Audience = Field("", validate_default=True)
    """What its tokens must be meant for; by default `public_url` and `/mcp`."""
    oauth_tenant_claim: str = Field("tenant", min_length=1, max_length=200)
    """The claim of a token that names the tenant."""
    encryption_key: EncryptionKey = NO_SECRET
    """`env:NAME`, for the variable that holds the key everything kept is encrypted with."""
    encryption_key_file: EncryptionKeyFile = None
    """A file that holds that key instead."""
    _beside: Path | None = PrivateAttr(None)

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
