"""What kind of file bytes are. The content decides; the name has to agree.

Runs in the parsers' child process, except `claimed`, which looks at the name alone, and `is_utf8`.
"""

from tools.errors import Refused

NAMES = {
    "pdf": "pdf",
    "docx": "docx",
    "txt": "txt",
    "md": "md",
    "markdown": "md",
    "csv": "csv",
    "xlsx": "xlsx",
    "json": "json",
    "xml": "xml",
    "html": "html",
    "htm": "html",
    "jpg": "jpg",
    "jpeg": "jpg",
    "png": "png",
}
"""Each extension that is read, and the format it stands for."""

TEXTS = frozenset({"txt", "md", "csv", "json", "xml", "html"})
"""Formats whose content is plain text: which of them it is, only the name can say."""

ADVICE = {
    "doc": "save it as .docx",
    "dot": "save it as .docx",
    "rtf": "save it as .docx",
    "odt": "save it as .docx",
    "pages": "save it as .docx or .pdf",
    "xls": "save it as .xlsx",
    "xlsb": "save it as .xlsx",
    "xlsm": "save it as .xlsx",
    "ods": "save it as .xlsx",
    "ppt": "save it as .pdf",
    "pptx": "save it as .pdf",
    "odp": "save it as .pdf",
    "zip": "unpack it and take its files one by one",
}
"""What to do with formats that are not read, by extension."""

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""The stream in which Office keeps a docx or xlsx under a password."""

UNREAD = (
    (b"GIF8", "a gif image"),
    (b"BM", "a bmp image"),
    (b"II*\0", "a tiff image"),
    (b"MM\0*", "a tiff image"),
    (b"RIFF", "a webp image, or sound"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"{\\rtf", "an rtf document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
"""First bytes of files that are not read. All but rtf count only where the bytes are no text."""

PDF_WITHIN = 1024
"""A PDF's mark may stand this far from the start, behind what a mail program or scanner wrote."""

SAMPLE = 65_536


def extension(filename: str) -> str:
    """What stands behind the last dot of a name, lower case; "" for "README" and ".profile"."""
    stem, _, suffix = filename.replace("\\", "/").rpartition("/")[2].rpartition(".")
    return suffix.lower() if stem.strip(".") else ""


def claimed(filename: str) -> str:
    """The format a name claims; "" for a name without extension. Raises Refused for one that is not read."""
    suffix = extension(filename)
    if not suffix or suffix in NAMES:
        return NAMES.get(suffix, "")
    advice = f": {ADVICE[suffix]}" if suffix in ADVICE else ""
    raise Refused(f".{suffix[:20]} files are not read{advice}. Formats: {', '.join(sorted(NAMES))}.")


def sniff(data: bytes, claim: str) -> str:
    """The format of the content. Raises Refused when it is none we read, or not the claimed one."""
    if not data:
        raise Refused("The file is empty.")
    found = _binary(data, claim) or _text(data, claim)
    if claim and found != claim:
        kind = "plain text" if found in TEXTS else f"a {found} file"
        remedy = f"rename it to .{found}" if found not in TEXTS else "give it the extension of its kind"
        raise Refused(f"The content looks like {kind}, the name says .{claim}: {remedy}.")
    return found


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are text in UTF-8 and nothing else."""
    if not data or data.startswith((b"%PDF-", b"PK\x03\x04", b"{\\rtf")) or not _is_text(data[:SAMPLE]):
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _binary(data: bytes, claim: str) -> str:
    """The format by its mark; "" for what can only be text. Raises Refused."""
    if data.startswith(b"%PDF-") or (claim == "pdf" and b"%PDF-" in data[:PDF_WITHIN]):
        return "pdf"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(OLE):
        raise Refused(_of_ole(data))
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _of_zip(data)
    return ""


def _of_ole(data: bytes) -> str:
    if ENCRYPTED_PACKAGE in data:
        return "The file is protected by a password. Save a copy without one."
    return "The content looks like an old Office file (.doc, .xls, .ppt): save it as .docx, .xlsx or .pdf."


def _of_zip(data: bytes) -> str:
    import io
    import zipfile  # most files are no archives, and it is a quarter of the child's start

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Refused("The file is damaged or cut off: its zip directory cannot be read.") from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "word/document.xml" in names:
        return "docx"
    if "ppt/presentation.xml" in names:
        raise Refused("The content looks like a presentation: save it as .pdf.")
    raise Refused("The content looks like a zip archive: unpack it and take its files one by one.")


def _text(data: bytes, claim: str) -> str:
    """The text format; the claimed one if it is one of them. Raises Refused for bytes that are no text."""
    sample = data[:SAMPLE]
    if not _is_text(sample) or sample.startswith(b"{\\rtf"):
        kind = next((kind for mark, kind in UNREAD if sample.startswith(mark)), "binary data")
        raise Refused(f"The content looks like {kind}, which is not read. Formats: {', '.join(sorted(NAMES))}.")
    if claim in TEXTS:
        return claim
    start = sample.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    return "xml" if start.startswith(b"<?xml") else "txt"


def _is_text(sample: bytes) -> bool:
    """Whether the bytes can be text: marked UTF-16 or UTF-32, or without NUL and nearly without control characters."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        return True
    controls = sum(sample.count(bytes((code,))) for code in range(32) if code not in b"\t\n\r\f\x1b")
    return b"\0" not in sample and controls * 100 <= len(sample)
