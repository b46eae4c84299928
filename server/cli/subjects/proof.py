"""The proof that a tenant or a session is erased: what it holds, how it is told, and what it does not reach."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.cli.printing import note, one_line, out, table
from storage import durable
from storage.subjects.proof import Searched
from storage.subjects.tables import Subject
from storage.times import moment

ELSEWHERE = (
    "Copies made with `satchel backup` and files written by exports lie elsewhere: whoever keeps them deletes them.",
    "A running server forgets what it holds in memory with its next search, at the latest when it ends.",
)
OF_TENANT = "Documents and attachments belong to the tenant, not to a session: they stay, whomever they name."
ENCRYPTED = "The data is encrypted: what was searched for cannot be seen in it, and the counts alone are the proof."
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Held:
    """What there is of a subject: rows by table, rows of vector tables (None: unreadable), files."""

    rows: Mapping[str, int]
    vectors: Mapping[str, int | None]
    uploads: int

    def counts(self) -> Iterator[tuple[str, int | None]]:
        """Everything that was counted, by what it is."""
        yield from self.rows.items()
        for name, count in self.vectors.items():
            yield f"vectors of {name}", count
        yield "uploaded files", self.uploads

    @property
    def is_nothing(self) -> bool:
        return all(count == 0 for _, count in self.counts())


@dataclass(slots=True, kw_only=True)
class Proof:
    """What was there before, what is there after, and what a search of every file found."""

    subject: Subject
    at: int
    before: Held
    after: Held
    ids: frozenset[bytes]
    name_tells: bool
    is_encrypted: bool
    words: int = 0
    searched: Searched = field(default_factory=Searched)

    @property
    def is_clean(self) -> bool:
        return self.after.is_nothing and not self.searched.found

    @property
    def not_covered(self) -> list[str]:
        return [
            *ELSEWHERE,
            *([OF_TENANT] if self.subject.session_id is not None else []),
            *([ENCRYPTED] if self.is_encrypted else []),
        ]


def proof_record(proof: Proof) -> dict[str, Any]:
    """The proof for a program; of what was searched for it holds the subject's name only."""
    before, after = dict(proof.before.counts()), dict(proof.after.counts())
    return {
        "erased": proof.subject.columns,
        "at": moment(proof.at),
        "counts": [{"what": what, "before": before.get(what), "after": after[what]} for what in after],
        "files": {
            "searched": proof.searched.files,
            "bytes": proof.searched.bytes,
            "ids": len(proof.ids),
            "name": proof.name_tells,
            "words": proof.words,
            "found": [{"file": file, "what": what} for file, what in proof.searched.found],
        },
        "is_clean": proof.is_clean,
        "not_covered": proof.not_covered,
    }


def write_proof(proof: Proof, file: Path | None) -> None:
    """The record as a file, if one is wanted. Raises OSError."""
    if file is not None:
        with durable.partial(file) as path:
            path.write_text(json.dumps(proof_record(proof), indent=2) + "\n", encoding="utf-8")


def print_proof(proof: Proof) -> None:
    """The proof for a person: what there was, what there is, and what was searched."""
    before = dict(proof.before.counts())
    counted = [(what, before.get(what), after) for what, after in proof.after.counts()]
    table(("WHAT", "BEFORE", "AFTER"), [(one_line(what), _number(was), _number(now)) for what, was, now in counted
                                        if was != 0 or now != 0])  # fmt: skip
    searched = proof.searched
    sought = [f"{len(proof.ids):,} of its ids", *(["its name"] if proof.name_tells else [])]
    sought += [f"the {proof.words:,} words given"] if proof.words else []
    found = "; ".join(f"{what} in {one_line(file)}" for file, what in searched.found) or "nothing"
    size = f"{searched.files:,} files ({searched.bytes / MIB:,.1f} MiB)"
    out(f"Searched {size} for {', '.join(sought)}: found {found}.")
    out("Nothing is left." if proof.is_clean else "Something is left.")
    for line in proof.not_covered:
        note(line)


def what_to_do(proof: Proof) -> str:
    """What helps when something is left."""
    if not proof.after.is_nothing:
        return "Something was written meanwhile, or cannot be counted. End other processes, then run this again."
    if any(what == "an id" for _, what in proof.searched.found):
        return "A file holds an old copy. End other processes that use the data directory, then run this again."
    return (
        "Every row and every id is gone, but the words that were searched for stand in a file: what others keep may"
        " name them (`satchel memories search` finds it). Else end other processes and run this again."
    )


def _number(count: int | None) -> str:
    return "unreadable" if count is None else f"{count:,}"
