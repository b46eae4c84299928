"""Writing out what is kept of a tenant or of a session: what `tenants export` and `sessions export` share.

A file called .zip holds a file of JSON lines for each kind of record, and the attachments as they were given; any other
is one file of JSON lines, the attachments among them as Base64. Memory stays bounded by the largest attachment.
"""

import base64
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from server.cli.printing import Advance, note, out, progress
from server.cli.running import in_database, read_out, refuse_existing
from server.cli.times import now
from server.config import Settings
from server.version import VERSION
from storage import durable
from storage.attachments import AttachmentFiles, AttachmentRow, folder_of
from storage.data_key import data_key
from storage.database import Connection, Database
from storage.errors import NotFound
from storage.memory_writes import as_json
from storage.subject_export import Part, Record, parts
from storage.subject_tables import Subject
from storage.transfer import moment

EVERY = 200  # records between two steps of the bar
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")


def export(settings: Settings, subject: Subject, file: Path, *, force: bool) -> None:
    """Write everything to the file, `-` for stdout. Raises Failure."""
    key = data_key(settings.master_key)
    files = AttachmentFiles(folder_of(settings.data, key), key)
    if str(file) == "-":
        total = in_database(settings, lambda db: _write(db, subject, files, sys.stdout.buffer, is_zip=False))
        note(f"Exported {total:,} records.")
        return
    refuse_existing(file, force=force)

    async def write_file(db: Database) -> int:
        with durable.partial(file) as path, path.open("wb") as sink:
            return await _write(db, subject, files, sink, is_zip=file.suffix.lower() == ".zip")

    out(f"Exported {in_database(settings, write_file):,} records to {file}.")


async def _write(db: Database, subject: Subject, files: AttachmentFiles, sink: BinaryIO, *, is_zip: bool) -> int:
    """Within one snapshot."""

    def work(connection: Connection) -> int:
        held = list(parts(connection, subject))
        total = sum(part.count for part in held)
        if not total:
            raise NotFound(subject.noun, subject.name)
        writer = _write_zip if is_zip else _write_lines
        writer(_manifest(subject, held), held, subject.tenant, files, sink, _Progress(advance, total))
        return total

    with progress("Exporting") as advance:
        return await read_out(db, work)


class _Progress:
    """Moves the bar now and then."""

    def __init__(self, advance: Advance, total: int) -> None:
        self._advance = advance
        self._total = total
        self._done = 0

    def step(self) -> None:
        self._done += 1
        if self._done % EVERY == 0:
            self._advance(self._done, self._total)


def _manifest(subject: Subject, held: Sequence[Part]) -> dict[str, Any]:
    return {
        "satchel": VERSION,
        "of": subject.columns,
        "exported_at": moment(now()),
        "counts": {part.kind: part.count for part in held},
    }


def _write_lines(
    manifest: Mapping[str, Any],
    held: Sequence[Part],
    tenant: str,
    files: AttachmentFiles,
    sink: BinaryIO,
    bar: _Progress,
) -> None:
    sink.write(_line({"from": "manifest", "record": manifest}))
    for part in held:
        for record in part.records():
            if part.kind == "attachments":
                content = _content(files, tenant, record)
                record["content_base64"] = None if content is None else base64.b64encode(content).decode()
            sink.write(_line({"from": part.kind, "record": record}))
            bar.step()
    sink.flush()


def _write_zip(
    manifest: Mapping[str, Any],
    held: Sequence[Part],
    tenant: str,
    files: AttachmentFiles,
    sink: BinaryIO,
    bar: _Progress,
) -> None:
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", as_json(manifest) + "\n")
        for part in held:
            if part.kind == "attachments":
                _write_contents(archive, part, tenant, files)
            with archive.open(f"{part.kind}.jsonl", "w", force_zip64=True) as lines:
                for record in part.records():
                    if part.kind == "attachments":
                        record["file"] = _name(record)
                    lines.write(_line(record))
                    bar.step()


def _write_contents(archive: ZipFile, part: Part, tenant: str, files: AttachmentFiles) -> None:
    for record in part.records():
        if (content := _content(files, tenant, record)) is not None:
            archive.writestr(_name(record), content)


def _content(files: AttachmentFiles, tenant: str, record: Record) -> bytes | None:
    """What was uploaded; None where the file is gone or is not what it was."""
    digest = bytes.fromhex(record["sha256"])
    with suppress(NotFound):
        return files.read(
            tenant, AttachmentRow(record["attachment_id"], record["filename"], record["size"], digest, 0, 0)
        )
    return None


def _name(record: Record) -> str:
    """Our name with the ending of theirs: a file name from outside must not choose where it is unpacked."""
    suffix = Path(record["filename"]).suffix
    return f"attachments/{record['attachment_id']}{suffix if SUFFIX.fullmatch(suffix) else ''}"


def _line(value: Mapping[str, Any]) -> bytes:
    return as_json(value).encode() + b"\n"
