"""How a setting becomes the 32 bytes that everything kept is encrypted with. Every ValueError says what to do."""

import base64
import binascii
import os
import re
import secrets
import stat
from importlib.util import find_spec
from pathlib import Path

LENGTH = 32
MOST_BYTES = 1_000
NEEDED = ("sqlcipher3", "cryptography")
SAID = "must hold 32 bytes, as 64 hexadecimal digits or as Base64; `satchel encryption key` prints new ones"


def new_key() -> str:
    """A key nobody has, as text."""
    return secrets.token_bytes(LENGTH).hex()


def master_key(text: str, file: Path | None) -> bytes | None:
    """The owner's key from what the variable holds or from the file; None when neither is set."""
    if file:
        return key_in(file)
    return decoded(text) if text else None


def key_in(file: Path) -> bytes:
    """The key a file holds; nobody but its owner may read it."""
    path = file.expanduser()
    try:
        with path.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            text = opened.read(MOST_BYTES)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from error
    if os.name != "nt" and mode & 0o077:
        raise ValueError(f"{path}: is open to other users (mode {mode:03o}); chmod 600 it")
    try:
        return decoded(text.decode("ascii"))
    except UnicodeDecodeError as error:
        raise ValueError(SAID) from error


def decoded(text: str) -> bytes:
    """The 32 bytes that the text stands for."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise ValueError(f"needs {' and '.join(missing)}: pip install 'satchel-mcp[encryption]'")
    text = text.strip()
    try:
        if re.fullmatch(r"[0-9A-Fa-f]{64}", text):
            return bytes.fromhex(text)
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError(SAID) from error
    if len(key) != LENGTH:
        raise ValueError(SAID)
    return key
