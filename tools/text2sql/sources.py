"""Where a database is, as settings write it: storage reads the URLs, and no other part of the server may reach it."""

from storage.sources.source import Source
from storage.sources.url import has_password, parse

__all__ = ["Source", "has_password", "parse"]
