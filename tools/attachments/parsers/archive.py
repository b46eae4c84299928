"""Looks through an Office file before a parser sees it: what it unpacks to, and that its XML holds no DTD."""

import io
import re
import zipfile
import zlib

from tools.errors import Refused

UNPACKED_BYTES = 100 << 20
PARTS = 5_000

RATIO = 200
"""Real documents shrink to a tenth or a fiftieth."""

RATIO_FROM = 20 << 20
"""Unpacked bytes up to which the ratio is no matter."""

BLOCK = 65_536
DAMAGED = "The file is damaged or cut off: its parts cannot be unpacked. Open it where it was made and save it again."

DTD = re.compile(
    b"|".join(re.escape(mark.encode(form)) for mark in ("<!DOCTYPE", "<!ENTITY") for form in ("utf-8", "utf-16-le"))
)
"""The little-endian marks are found in big-endian text too: a white space follows, whose first byte is zero."""

LONGEST_MARK = 2 * len("<!DOCTYPE")
ENCODING = re.compile(rb"encoding\s*=\s*[\"'](?!utf-8|utf-16|us-ascii|iso-8859-1|windows-1252)", re.IGNORECASE)


def check(data: bytes) -> None:
    """Unpack every part once, block by block, and count: the directory's sizes are claims. Raises Refused."""
    left = min(UNPACKED_BYTES, max(RATIO * len(data), RATIO_FROM))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS:
                raise Refused(f"The file has {len(parts):,} parts; at most {PARTS:,} are read.")
            for part in parts:
                left -= _unpacked(archive, part, left)
    except RuntimeError as error:
        raise Refused("The file is protected by a password. Save a copy without one.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise Refused(DAMAGED) from error


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """How many bytes a part really has. Raises Refused, and what zipfile does."""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    size, tail = 0, b""
    with archive.open(part) as opened:
        while block := opened.read(BLOCK):
            size += len(block)
            if size > left:
                raise Refused(f"The file unpacks to more than {UNPACKED_BYTES >> 20} MiB, or far more than its size.")
            if is_xml:
                _refuse_dtd(tail + block, is_start=size == len(block))
                tail = block[-LONGEST_MARK:]
    return size


def _refuse_dtd(text: bytes, *, is_start: bool) -> None:
    start = text[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if is_start and (not start.startswith(b"<") or ENCODING.search(start)):
        raise Refused("The file's XML is in an encoding that Office does not write.")
    if DTD.search(text):
        raise Refused("The file's XML holds a DTD or entities, which Office does not write and this does not read.")
