"""The databases of satchel.toml: what the owner may write there, and what the tools are given of it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from server.config.references import FROM_VARIABLE, looked_up
from server.identity import TENANT_PATTERN
from tools.text2sql.policy import SharedSource, Source, has_password, parse


def _named(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise ValueError("a name has 1 to 64 letters, digits, _ and -")
    return name


def _tenant(name: str) -> str:
    if not TENANT_PATTERN.fullmatch(name):
        raise ValueError("a tenant has 1 to 64 letters, digits, _ and -")
    return name


def _of_table(name: str) -> str:
    table, _, column = name.rpartition(".")
    if not table.strip() or not column.strip():
        raise ValueError("must be table.column")
    return name.lower()


SourceName = Annotated[str, AfterValidator(_named)]
TenantName = Annotated[str, AfterValidator(_tenant)]
TableName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ColumnName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400), AfterValidator(_of_table)]


class DataSource(BaseModel):
    """One `[data_sources.NAME]` table. The docstrings are its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)

    url: SecretStr
    """`sqlite:///file`, `duckdb:///file`, `csv:///folder`, `postgresql://…`, `mysql://…`, or `env:NAME`, a variable."""
    description: str = Field("", max_length=500)
    """What is in it, for the agent."""
    tables: tuple[TableName, ...] | None = None
    """Shared tables and views; all of the default schema if left out."""
    hidden: frozenset[ColumnName] = frozenset()
    """`table.column`, as if it were not there."""
    masked: frozenset[ColumnName] = frozenset()
    """`table.column`, counted and joined on, never shown."""
    max_rows: int = Field(1_000, ge=1, le=1_000)
    """Most rows of an answer."""
    timeout_seconds: float = Field(5.0, gt=0, le=60)
    """A query that takes longer is ended."""
    functions: frozenset[Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z_]\w{0,63}$")]] = frozenset()
    """Extra functions you trust."""
    sample_values: bool = True
    """Whether stored values help to understand questions, and are shown to the agent as examples."""
    allow_writable_account: bool = False
    """Use an account that could write, which is refused otherwise."""
    tenants: frozenset[TenantName] = frozenset()
    """Tenants that may ask it; all if left out."""

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value()
        if not text.startswith(FROM_VARIABLE):
            parse(text, Path())
            if has_password(text):
                raise ValueError("holds a password: put the url into a variable and write env:NAME here")
        return url


def shared(name: str, given: DataSource, beside: Path, environment: Mapping[str, str]) -> SharedSource:
    """The database as the tools take it; relative paths are looked up in ``beside``. What is wrong with an address
    that a variable holds is said when it is asked for: the other tools must not suffer."""
    url, trouble = given.url.get_secret_value(), ""
    if url.startswith(FROM_VARIABLE):
        variable, url = looked_up(url, environment)
        trouble = "" if url else f"the variable {variable}, which its url names, is not set"
    try:
        source = None if trouble else _source(name, url, given, beside)
    except ValueError as error:
        source, trouble = None, str(error)
    return SharedSource(
        name=name,
        source=source,
        description=given.description,
        sample_values=given.sample_values,
        trouble=trouble,
        tenants=given.tenants,
    )


def _source(name: str, url: str, given: DataSource, beside: Path) -> Source:
    engine, location = parse(url, beside)
    return Source(
        name=name,
        engine=engine,
        location=location,
        tables=given.tables,
        hidden=given.hidden,
        masked=given.masked,
        functions=given.functions,
        max_rows=given.max_rows,
        timeout_seconds=given.timeout_seconds,
        is_trusted=given.allow_writable_account,
    )
