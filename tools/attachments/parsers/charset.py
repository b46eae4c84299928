"""Bytes of an unknown encoding as text. A wrong guess shows as strange letters, never as a failure."""

import codecs
import re

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

KNOWN = re.compile(
    r"(iso-8859-\d{1,2}|windows-\d{3,4}|cp\d{3,4}|gb2312|gbk|gb18030|big5|euc-jp|euc-kr|shift_jis|koi8-[ru]|us-ascii)"
)
"""Encodings a file may declare; among Python's others are some of quadratic time."""


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """The text, and the name of the encoding. ``declared`` is what the file says of itself; UTF-8 is tried first."""
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding.removesuffix("-sig")
    for encoding in _guesses(declared.lower()):
        try:
            return data.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1"), "latin-1"


def _guesses(declared: str) -> list[str]:
    return ["utf-8", *([declared] if KNOWN.fullmatch(declared) else []), "gb2312", "cp1252"]


def warnings(encoding: str, declared: str = "") -> tuple[str, ...]:
    """What to say of an encoding that was only guessed."""
    if encoding.startswith("utf-") or encoding == declared.lower():
        return ()
    return (f"The text is not UTF-8; it was read as {encoding}.",)
