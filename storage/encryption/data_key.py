"""The keys that a data directory is encrypted with, all made from the owner's 32 bytes.

SQLCipher keeps 16 bytes in the clear at the front of a file, its salt. Ours say what the file is: `MARK` and the key's
id. So a file tells which key it wants, a wrong key is told from damage, and there is no header file to lose. The salt
only separates the keys that check pages, and a key that is random needs none.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

State = Literal["plain", "ours", "other", "unknown"]

MARK = b"satchel\x01"
PLAIN = b"SQLite format 3\0"
LENGTH = 32
NONCE = 12
OVERHEAD = NONCE + 16  # bytes that `seal` adds


class Unsealed(Exception):
    """The content is not what was sealed under this key and name."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """What opens the database, and what opens files beside it."""

    key_id: bytes
    _database: bytes = field(repr=False)
    _files: bytes = field(repr=False)

    @property
    def front(self) -> bytes:
        """The first bytes of a database under this key."""
        return MARK + self.key_id

    @property
    def for_sqlcipher(self) -> str:
        """Key and salt as `PRAGMA key` takes them."""
        return f"x'{self._database.hex()}{self.front.hex()}'"

    def seal(self, content: bytes, name: str) -> bytes:
        """The content as only this key opens it, bound to ``name``: moved to another name, it does not open."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self._files).encrypt(nonce, content, name.encode())

    def unseal(self, sealed: bytes, name: str) -> bytes:
        """The content again. Raises Unsealed."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self._files).decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: too short to be anything
            raise Unsealed(name) from error


def data_key(master: bytes | None) -> DataKey | None:
    """The keys made from the owner's; None where encryption is off."""
    if master is None:
        return None
    return DataKey(_derived(master, "key id", 8), _derived(master, "database"), _derived(master, "files"))


def _derived(master: bytes, purpose: str, length: int = LENGTH) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length, salt=None, info=f"satchel 1 {purpose}".encode()).derive(master)


def front_of(path: Path) -> bytes:
    """The first 16 bytes of a file. Not of a database that this process has open: on POSIX, closing the file here gives
    up the locks there. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(PLAIN))


def state(path: Path, key: DataKey | None) -> State:
    """What a database file says of itself. Raises OSError."""
    front = front_of(path)
    if front == PLAIN:
        return "plain"
    if not front.startswith(MARK):
        return "unknown"
    return "ours" if key is not None and front == key.front else "other"


def mismatch(path: Path, key: DataKey | None) -> str:
    """How a database that this key does not open differs from what the key says; empty when it does not, so that the
    file must be damaged. Raises OSError."""
    found = state(path, key)
    if found == "plain" and key is not None:
        return "is not encrypted, but a key is set"
    if found == "other":
        return "is encrypted, and no key is set" if key is None else "is encrypted with another key"
    return ""
