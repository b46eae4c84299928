"""Writing out what is kept of a tenant or of a session: what `tenants export` and `sessions export` share.

A file called .zip holds a file of JSON lines for each kind of record, and the attachments as they were given; any other
is one file of JSON lines, the attachments among them as Base64. Memory stays bounded by the largest attachment.
"""

import base64
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from server.cli.printing import Advance, note, out, progress
from server.cli.running import in_database, read_out, refuse_existing
from server.cli.times import now
from server.config import Settings
from server.version import VERSION
from storage import durable
from storage.attachment_files import AttachmentFiles, folder_of
from storage.attachments import AttachmentRow
from storage.database import Connection, Database
from storage.encryption.data_key import data_key
from storage.errors import NotFound
from storage.stored_json import as_json
from storage.subjects.export import Part, Record, parts
from storage.subjects.tables import Subject
from storage.times import moment

EVERY = 200  # records between two steps of the bar
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Uploads:
    """The files of a tenant's attachments."""

    files: AttachmentFiles
    tenant: str

    def content(self, record: Record) -> bytes | None:
        """What was uploaded; None where the file is gone or is not what it was."""
        row = AttachmentRow(
            record["attachment_id"], record["filename"], record["size"], bytes.fromhex(record["sha256"]), 0, 0
        )
        with suppress(NotFound):
            return self.files.read(self.tenant, row)
        return None


def export(settings: Settings, subject: Subject, file: Path, *, force: bool) -> None:
    """Write everything to the file, `-` for stdout. Raises Failure."""
    key = data_key(settings.master_key)
    uploads = Uploads(AttachmentFiles(folder_of(settings.data, key), key), subject.tenant)
    if str(file) == "-":
        total = in_database(settings, lambda db: _write(db, subject, uploads, sys.stdout.buffer, is_zip=False))
        note(f"Exported {total:,} records.")
        return
    refuse_existing(file, force=force)

    async def write_file(db: Database) -> int:
        with durable.partial(file) as path, path.open("wb") as sink:
            return await _write(db, subject, uploads, sink, is_zip=file.suffix.lower() == ".zip")

    out(f"Exported {in_database(settings, write_file):,} records to {file}.")


async def _write(db: Database, subject: Subject, uploads: Uploads, sink: BinaryIO, *, is_zip: bool) -> int:
    """Within one snapshot."""

    def work(connection: Connection) -> int:
        held = list(parts(connection, subject))
        total = sum(part.count for part in held)
        if not total:
            raise NotFound(subject.noun, subject.name)
        write = _write_zip if is_zip else _write_lines
        write(sink, _manifest(subject, held), held, uploads, _Progress(advance, total))
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
    sink: BinaryIO, manifest: Mapping[str, Any], held: Sequence[Part], uploads: Uploads, bar: _Progress
) -> None:
    sink.write(_line({"from": "manifest", "record": manifest}))
    for part in held:
        for record in part.records():
            if part.kind == "attachments":
                content = uploads.content(record)
                record["content_base64"] = None if content is None else base64.b64encode(content).decode()
            sink.write(_line({"from": part.kind, "record": record}))
            bar.step()
    sink.flush()


def _write_zip(
    sink: BinaryIO, manifest: Mapping[str, Any], held: Sequence[Part], uploads: Uploads, bar: _Progress
) -> None:
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", as_json(manifest) + "\n")
        for part in held:
            if part.kind == "attachments":
                _write_uploads(archive, part, uploads)
            with archive.open(f"{part.kind}.jsonl", "w", force_zip64=True) as lines:
                for record in part.records():
                    if part.kind == "attachments":
                        record["file"] = _name(record)
                    lines.write(_line(record))
                    bar.step()


def _write_uploads(archive: ZipFile, part: Part, uploads: Uploads) -> None:
    for record in part.records():
        if (content := uploads.content(record)) is not None:
            archive.writestr(_name(record), content)


def _name(record: Record) -> str:
    """Our name with the ending of theirs: a file name from outside must not choose where it is unpacked."""
    suffix = Path(record["filename"]).suffix
    return f"attachments/{record['attachment_id']}{suffix if SUFFIX.fullmatch(suffix) else ''}"


def _line(value: Mapping[str, Any]) -> bytes:
    return as_json(value).encode() + b"\n"
