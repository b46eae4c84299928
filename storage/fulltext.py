"""What both full-text indexes share, over memories (`storage.memories.words`) and over chunks
(`storage.documents.chunk_words`): how FTS5 writes a word, and the words that say whose a row is.

The `scope` column holds a word for the tenant and one for the session or collection, so that a search reads only its
own rows.
"""

import hashlib


def quoted(word: str) -> str:
    """A word as an FTS5 string: operators in it are only letters."""
    return '"' + word.replace('"', '""') + '"'


def scope_word(tenant: str, scope: str = "") -> str:
    """A word for the tenant, or for one of its sessions or collections, that no text can hold by chance."""
    return "x" + hashlib.sha256(f"{tenant}\0{scope}".encode()).hexdigest()[:20]
