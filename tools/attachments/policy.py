"""The settings of attachments, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttachmentPolicy:
    """How large files may be, how long they are kept, and how long an answer and its making may be."""

    max_mib: int = 10
    retention_days: float = 30.0
    max_tokens: int = 2_000
    parse_seconds: float = 22.0
    """Less than a call has, so that a slow file ends in its own error."""

    @property
    def max_bytes(self) -> int:
        return self.max_mib << 20
