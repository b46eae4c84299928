"""Pictures: size and EXIF; their text only where the machine has an OCR engine."""

import io
import math
import os
import subprocess
import sys
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from tools.attachments.parsers.content import Content, Writer, clean, one_line
from tools.errors import Refused

PIXELS = 50_000_000
EXIF_ENTRIES = 100
EXIF_VALUES = 20
OCR_SECONDS = 20

GPS = 0x8825
DETAILS = 0x8769
UNTOLD = frozenset({"MakerNote", "PrintImageMatching", "ExifOffset", "GPSInfo", "JPEGThumbnail"})
"""Entries without meaning to a reader."""

NO_ENGINE = "Text in pictures is not read: no OCR engine is installed. With tesseract installed it is."


def read(data: bytes, tesseract: str | None) -> Content:
    """The picture's description, and its text if ``tesseract`` is the engine's path. Raises Refused."""
    picture = _opened(data)
    exif = _exif(picture)
    metadata = {
        "width": picture.width,
        "height": picture.height,
        "author": exif.get("Artist", "") or _said(picture, "Author"),
        "created": exif.get("DateTimeOriginal", "") or exif.get("DateTime", ""),
        "exif": exif,
    }
    _decode(picture)
    writer = Writer()
    warnings = [NO_ENGINE]
    if tesseract is not None:
        text, warnings = _text(tesseract, data)
        writer.add(text)
    title = one_line(exif.get("ImageDescription", "")) or _said(picture, "Title")
    return writer.content(title, metadata, *warnings)


def _opened(data: bytes) -> Image.Image:
    """The picture with its header read, and nothing decoded. Raises Refused for one too large."""
    Image.MAX_IMAGE_PIXELS = None  # the limit below says so in words of ours
    try:
        picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Refused("The picture is damaged or cut off and cannot be opened.") from error
    if picture.width * picture.height > PIXELS:
        size = f"{picture.width:,} × {picture.height:,}"
        raise Refused(f"The picture has {size} pixels; at most {PIXELS // 1_000_000} million are read. Scale it down.")
    return picture


def _decode(picture: Image.Image) -> None:
    """Decode it once, a JPEG in its smallest scale: only so is a picture known to be whole. Raises Refused."""
    picture.draft("L", (1, 1))
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused("The picture is damaged or cut off.") from error


def _said(picture: Image.Image, name: str) -> str:
    """A text entry of a PNG."""
    value = picture.info.get(name, "")
    return one_line(value) if isinstance(value, str) else ""


def _exif(picture: Image.Image) -> dict[str, Any]:
    """EXIF by readable names; the position as decimal degrees. What cannot be read is left out."""
    try:
        entries = picture.getexif()
        position = entries.get_ifd(GPS)
        raw = {**entries, **entries.get_ifd(DETAILS)}
    except (OSError, SyntaxError, ValueError, KeyError, TypeError):
        return {}
    named = {ExifTags.TAGS[key]: plain(value) for key, value in raw.items() if key in ExifTags.TAGS}
    told = [(name, value) for name, value in named.items() if name not in UNTOLD and value not in ("", None)]
    return {**dict(told[:EXIF_ENTRIES]), **_degrees(position)}


def _degrees(position: dict[int, Any]) -> dict[str, float]:
    """Latitude and longitude, south and west negative."""
    found: dict[str, float] = {}
    for name, sign, key in (("latitude", "S", 1), ("longitude", "W", 3)):
        try:
            degrees, minutes, seconds = (float(part) for part in position[key + 1])
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            continue
        value = degrees + minutes / 60 + seconds / 3600
        if math.isfinite(value):
            found[name] = round(-value if position.get(key) == sign else value, 6)
    return found


def plain(value: object) -> Any:
    """An EXIF value as JSON: text, number, or a list of them; None for one that is neither."""
    match value:
        case bytes():
            text = value.removeprefix(b"ASCII\0\0\0").rstrip(b"\0")
            return one_line(text.decode()) if text.isascii() and text.decode().isprintable() else None
        case str():
            return one_line(value.rstrip("\0"))
        case int():
            return value if abs(value) < 2**53 else None
        case tuple() | list():
            return [told for part in value[:EXIF_VALUES] if (told := plain(part)) is not None]
        case _:
            return _number(value)


def _number(value: Any) -> float | int | None:
    """A fraction as a number; None where it divides by zero."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else round(number, 6)


def _text(tesseract: str, data: bytes) -> tuple[str, list[str]]:
    """What the engine reads, under this process's limits, and what there is to say of it."""
    ours = os.dup(1)  # held by the engine too: our caller sees that it still runs after this process was ended
    try:
        done = subprocess.run(
            [tesseract, "stdin", "stdout"],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"OMP_THREAD_LIMIT": "1"},
            timeout=OCR_SECONDS,
            pass_fds=() if sys.platform == "win32" else (ours,),
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "", ["The OCR engine failed or took too long; the picture's text was not read."]
    finally:
        os.close(ours)
    text = clean(done.stdout.decode(errors="replace")).strip()
    return text, [] if text else ["The OCR engine found no text in the picture."]
