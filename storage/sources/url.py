"""Where a data source is, as the owner writes it: a URL. Its text may hold a password, so no error quotes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from storage.sources.source import EngineName

FILES: dict[str, EngineName] = {"sqlite": "sqlite", "duckdb": "duckdb", "csv": "folder", "parquet": "folder"}
SERVERS: dict[str, Literal["postgres", "mysql"]] = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
}
OPTIONS: dict[EngineName, frozenset[str]] = {
    "postgres": frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "connect_timeout"}),
    "mysql": frozenset({"ssl_ca", "ssl_cert", "ssl_key", "connect_timeout"}),
}
"""Nothing that could undo a guard: no ``options``, no ``init_command``, no ``local_infile``."""

DEFAULT_PORTS: dict[EngineName, int] = {"postgres": 5432, "mysql": 3306}
CONNECT_SECONDS = 5
LONGEST_CONNECT_SECONDS = 30

SCHEME = re.compile(r"([a-z]+)://", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Address:
    """A database on a server. A ``host`` that begins with a slash is the folder of its socket."""

    engine: Literal["postgres", "mysql"]
    host: str
    port: int
    database: str
    user: str = ""
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def connect_seconds(self) -> int:
        return int(self.options.get("connect_timeout", CONNECT_SECONDS))


def parse(url: str, folder: Path) -> tuple[EngineName, str]:
    """The engine and the `Source.location`: a file's or folder's path, relative ones under ``folder``, or for a server
    the URL, checked. Raises ValueError with one line that says what is wrong, without the URL."""
    scheme = _scheme(url)
    if scheme in FILES:
        return FILES[scheme], str(_path(url, folder))
    checked = address(url)
    return checked.engine, url


def address(url: str) -> Address:
    """What a server's URL says. Raises ValueError as `parse` does."""
    scheme = _scheme(url)
    if scheme not in SERVERS:
        raise ValueError("this is not the URL of a server")
    if CONTROL.search(url) or "#" in url:
        raise ValueError("a space, control character or # in the URL has to be written as %20, %23 and so on")
    engine = SERVERS[scheme]
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("the host's address has unmatched brackets") from None
    login, _, place = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    host, port = _host(place, engine)
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database:
        raise ValueError("the URL has to end with the name of one database: …host/database")
    options = _options(parts.query, engine)
    return Address(engine, host, port, database, unquote(user), unquote(password), options)


def has_password(url: str) -> bool:
    """Whether a password is written in the URL itself."""
    login = url.partition("://")[2].rpartition("@")[0]
    return bool(login.partition(":")[2])


def _scheme(url: str) -> str:
    found = SCHEME.match(url)
    scheme = found[1].lower() if found else ""
    if scheme not in FILES and scheme not in SERVERS:
        raise ValueError(
            f"a data source's URL begins with one of {', '.join(f'{name}://' for name in FILES | SERVERS)}"
        )
    return scheme


def _path(url: str, folder: Path) -> Path:
    rest = url.partition("://")[2]
    if not rest.startswith("/"):
        raise ValueError("a file's URL has three slashes before a relative path, and four before an absolute one")
    if "?" in rest or "#" in rest:
        raise ValueError("a file's URL takes no options; ? and # in a name are written as %3F and %23")
    path = unquote(rest[1:])
    if not path.strip("/") or "\0" in path:
        raise ValueError("the URL names no file or folder")
    return folder / path


def _host(place: str, engine: EngineName) -> tuple[str, int]:
    """The host and port of ``host``, ``host:port`` or ``[address]:port``."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::(\d{1,5}))?", place)
    if found is None:
        raise ValueError("the URL's host or port cannot be read; write : / and @ in a password as %3A %2F %40")
    host = unquote(found[1].strip("[]"))
    if not host:
        raise ValueError("the URL names no host")
    if "," in host or (host.startswith("/") and engine != "postgres"):
        raise ValueError("the URL has to name one host")
    port = int(found[2] or DEFAULT_PORTS[engine])
    if not 0 < port < 65_536:
        raise ValueError("the port has to be from 1 to 65535")
    return host, port


def _options(query: str, engine: EngineName) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) < len(pairs) or not options.keys() <= OPTIONS[engine]:
        raise ValueError(f"the URL may have these options, each once: {', '.join(sorted(OPTIONS[engine]))}")
    seconds = options.get("connect_timeout", str(CONNECT_SECONDS))
    if not re.fullmatch(r"\d{1,2}", seconds, re.ASCII) or not 0 < int(seconds) <= LONGEST_CONNECT_SECONDS:
        raise ValueError(f"connect_timeout has to be from 1 to {LONGEST_CONNECT_SECONDS} seconds")
    return options
