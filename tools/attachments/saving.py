"""attachment_save: a file that an agent hands over, looked at before it is kept."""

import base64
import binascii
import hashlib

import anyio.to_thread

from storage import attachments as rows
from storage import usage
from storage.attachments import AttachmentRow
from storage.database import Connection
from storage.errors import QuotaExceeded
from tools.attachments import sniffing
from tools.attachments.attachments import Attachments
from tools.attachments.models import SaveArguments, Saved
from tools.attachments.parsers.archive import PARTS
from tools.attachments.policy import AttachmentPolicy
from tools.errors import Refused, TryAgain
from tools.services import Caller

BLANKS = {ord(blank): None for blank in " \t\r\n"}
ATTEMPTS = 3
ZIP_ENTRY = b"PK\x01\x02"


async def save(attachments: Attachments, caller: Caller, asked: SaveArguments) -> Saved:
    """Keep the content, first the file, then its row. The same file again is the same attachment."""
    content, kind = await anyio.to_thread.run_sync(_taken, asked, attachments.policy)
    now = attachments.now()
    digest = hashlib.sha256(content).digest()
    row = AttachmentRow(_id(caller.tenant, asked.filename, digest), asked.filename, len(content), digest, now, now)
    for _ in range(ATTEMPTS):
        await anyio.to_thread.run_sync(attachments.files.put, caller.tenant, row.attachment_id, content, now)
        if await attachments.db.write(lambda db: _recorded(db, attachments, caller, row)):
            return Saved(attachment_id=row.attachment_id, filename=row.filename, size=row.size, format=kind)
    raise TryAgain("The file keeps being removed while it is saved; nothing was kept. Call again.")


def _recorded(db: Connection, attachments: Attachments, caller: Caller, row: AttachmentRow) -> bool:
    """Add the row if the file is still there: an old stray of its name may have just been swept, and this one with it.
    Sweeping is a transaction too, so from here on it sees the row. Raises QuotaExceeded, with the file gone: a row that
    is refused was not there before, because one that was adds nothing."""
    tenant = caller.tenant
    if not attachments.files.has(tenant, row.attachment_id):
        return False
    try:
        with usage.within(db, tenant, attachments.quota(tenant)):
            rows.put(db, tenant, row, caller.key)
    except QuotaExceeded:
        attachments.files.remove(tenant, row.attachment_id)
        raise
    return True


def _taken(asked: SaveArguments, policy: AttachmentPolicy) -> tuple[bytes, str]:
    """The content and its format. Raises Refused."""
    claim = sniffing.claimed(asked.filename)
    content = _decoded(asked.content_base64, policy)
    if content.count(ZIP_ENTRY) > PARTS:  # counted in a moment; listing them could take seconds
        raise Refused(f"The file is an archive of more than {PARTS:,} parts, which is not read.")
    return content, sniffing.sniff(content, claim)


def _decoded(text: str, policy: AttachmentPolicy) -> bytes:
    packed = text.translate(BLANKS)
    if len(packed) > (policy.max_bytes + 2) // 3 * 4:
        raise _too_large(policy)
    try:
        content = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(
            "content_base64: is not Base64. Use the standard alphabet with padding, without a data: prefix."
        ) from error
    if len(content) > policy.max_bytes:
        raise _too_large(policy)
    return content


def _too_large(policy: AttachmentPolicy) -> Refused:
    return Refused(f"The file is larger than {policy.max_mib} MiB, the most that is taken. Split it.")


def _id(tenant: str, filename: str, digest: bytes) -> str:
    """The same for the same file of the same tenant, and a name that is safe in a folder."""
    told = b"\0".join([tenant.encode(), filename.encode(), digest])
    return f"att-{hashlib.sha256(told).hexdigest()[:20]}"
