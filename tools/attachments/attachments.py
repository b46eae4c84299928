"""What both attachment use cases work on."""

from collections.abc import Callable
from dataclasses import dataclass

from storage.attachment_files import AttachmentFiles
from storage.database import Database
from storage.files.roots import Roots
from tools.attachments.policy import AttachmentPolicy
from tools.quota import Quotas, unlimited
from tools.rag.documents import Documents


@dataclass(frozen=True, slots=True)
class Attachments:
    """The store, the files, the folders that may be read from, where documents go, the rules, and a clock in
    milliseconds. ``quota`` says how much a tenant may keep."""

    db: Database
    files: AttachmentFiles
    roots: Roots
    documents: Documents
    policy: AttachmentPolicy
    now: Callable[[], int]
    quota: Quotas = unlimited
