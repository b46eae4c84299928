"""What goes wrong, told in one line that says what to do next."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import click

from storage import errors as storage
from tools.errors import AgentError

FAILURES: dict[type[storage.StorageError], str] = {
    storage.NotFound: "{0}. {finder}",
    storage.Busy: "{0}. Try again in a few seconds, or end that process first.",
    storage.DiskFull: "{0}; nothing was changed. Free some space, then run it again.",
    storage.ReadOnly: "{0}. `satchel doctor` says whose it is and what it allows.",
    storage.NewerData: "a newer version wrote this data: {0}. Update this program.",
    storage.QuotaExceeded: "{0}, and this would be more. `satchel memories forget --purge` makes room; the settings"
    " quota_memories, quota_chunks and quota_mb allow more.",
    storage.WrongKey: "{0}. `satchel encryption status` says what to do with encryption_key or encryption_key_file.",
    storage.Corrupt: "{0}. `satchel doctor` looks closer; `satchel restore FILE` puts a backup in its place.",
}
FINDERS = {
    "memory": "`satchel memories list` and `satchel memories search WORDS` show ids.",
    "escalation": "`satchel escalations list` shows ids.",
    "key": "`satchel keys list` shows ids.",
    "tenant": "`satchel tenants list` shows their names.",
    "session": "`satchel sessions list` shows their names, and with --tenant those of another tenant.",
}


class Failure(click.ClickException):
    """A failure told in one line that says what to do next; exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(f"satchel: {self.message}", err=True)


@contextmanager
def failures() -> Generator[None]:
    """What goes wrong inside as a Failure: one line that says what to do next."""
    try:
        yield
    except AgentError as error:
        raise Failure(str(error)) from error
    except storage.StorageError as error:
        hint = next((text for kind, text in FAILURES.items() if isinstance(error, kind)), "{0}")
        finder = FINDERS.get(error.noun, "") if isinstance(error, storage.NotFound) else ""
        raise Failure(_sentence(hint.format(error, finder=finder))) from error
    except UnicodeEncodeError as error:  # bytes of the command line that are no text
        raise Failure("an argument is not valid text. Check the encoding of the terminal.") from error
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader of our output has had enough; click ends quietly
            raise
        raise Failure(f"{error.filename or 'file'}: {error.strerror or error}. Check the path.") from error


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a file's name."""
    return f"{text[:1].upper()}{text[1:]}" if text.partition(" ")[0].isalpha() else text
