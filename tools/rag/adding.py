"""rag_add_documents, and keeping a document wherever it comes from: cut, compared with what is there, embedded,
written in one transaction."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread

from storage import usage
from storage.analysis import words
from storage.database import Connection
from storage.documents import chunk_vectors, rows
from storage.documents import writes as document_writes
from storage.documents.rows import DocumentRow
from storage.documents.writes import NewChunk, NewDocument, Prepared
from storage.embedding.embedder import Embedder, EmbeddingFailed
from storage.errors import QuotaExceeded
from tools.errors import Refused, TryAgain, translated
from tools.fields import Indexed
from tools.rag.chunking.chunks import Chunk, chunked, page_of
from tools.rag.documents import Documents, Source
from tools.rag.models import Action, AddArguments, Added, AddedAll
from tools.rag.policy import RagPolicy
from tools.retrieval.vectors import as_blob
from tools.services import Caller

ATTEMPTS = 3
CUTTING = "1"
"""Stands for how chunks are cut and searched: a new version cuts documents anew when they come again."""
AT_ONCE = 16  # texts embedded before the clock is looked at
TITLE_LENGTH = 200
CONTROLS = {code: " " for code in (*range(9), 11, *range(14, 32), *range(127, 160)) if code != 0x85}

WORD = re.compile(r"\S")

Hurry = Callable[[], bool]
"""Whether time is up for what can as well be done later."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a document. ``pending``: the preferred model has yet to see some of it."""

    document_id: str
    chunks: int
    action: Action
    indexed: Indexed = "ready"


async def add(documents: Documents, caller: Caller, asked: AddArguments) -> AddedAll:
    """Keep each of the documents, one after the other; each is there wholly once it is reported."""
    sources = _sources(asked, caller)
    until = documents.now() + int(documents.policy.embed_seconds * 1000)
    added: list[Added] = []
    for number, source in enumerate(sources, 1):
        try:
            kept = await keep(documents, caller.tenant, source, hurry=lambda: documents.now() > until)
        except QuotaExceeded as error:
            before = " Those before it are kept." if added else ""
            raise Refused(f"documents.{number - 1}: {translated(error)}{before}") from error
        added.append(Added(document_id=kept.document_id, chunks=kept.chunks, action=kept.action, indexed=kept.indexed))
        await caller.progress(number, len(sources))
    is_late = any(one.indexed == "pending" for one in added)
    note = pending_note(documents) if is_late else ""
    return AddedAll(documents=added, collection=asked.collection, note=note)


def pending_note(documents: Documents) -> str:
    """What to know of a document that the preferred model has yet to see."""
    if not documents.embedders():
        return "No embedding model serves; it is found by words."
    return "Embedding goes on in the background; all of it is found by words already."


async def keep(documents: Documents, tenant: str, source: Source, *, hurry: Hurry = lambda: False) -> Kept:
    """Keep a document in place of the one with its id; nothing is done when that is the same. Raises Refused,
    and QuotaExceeded."""
    text = source.text.translate(CONTROLS)
    if not text.strip():
        raise Refused(f"Document {source.document_id!r} holds no text.")
    cut = await anyio.to_thread.run_sync(_cut, text, source, documents.policy)
    new = _new(source, text, cut, documents.policy)
    for _ in range(ATTEMPTS):
        old, wanted = await documents.db.read(lambda db: _compare(db, tenant, new, cut))
        if old and _is_same(old, new):
            return await _unchanged(documents, tenant, old, new)
        prepared = await anyio.to_thread.run_sync(_prepare, cut, wanted, new.title, documents, hurry)
        if await documents.db.write(
            lambda db, prepared=prepared: _put(db, documents, tenant, new, cut, prepared)  # type: ignore[misc]
        ):
            documents.wake(len(prepared))
            return Kept(new.document_id, len(cut), "updated" if old else "created", _indexed(documents, prepared))
    raise TryAgain(f"Others keep changing document {source.document_id!r}; it was left as it is. Call again.")


def _put(
    db: Connection,
    documents: Documents,
    tenant: str,
    new: NewDocument,
    cut: Sequence[NewChunk],
    prepared: Mapping[bytes, Prepared],
) -> bool:
    with usage.within(db, tenant, documents.quota(tenant)):
        return document_writes.put(db, tenant, new, cut, prepared, documents.now())


def content_id(text: str) -> str:
    """The id of a document that was given none: the same text has the same."""
    return f"doc-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _sources(asked: AddArguments, caller: Caller) -> list[Source]:
    for name, given in (("metadatas", asked.metadatas), ("ids", asked.ids)):
        if given is not None and len(given) != len(asked.documents):
            raise Refused(f"{name}: {len(given)} for {len(asked.documents)} documents; give one each.")
    if asked.ids is not None and len(set(asked.ids)) < len(asked.ids):
        raise Refused("ids: one is there twice; give each document its own.")
    for number, text in enumerate(asked.documents):
        if not text.translate(CONTROLS).strip():  # told before any of them is kept
            raise Refused(f"documents.{number}: is blank.")
    ids = asked.ids or [content_id(text) for text in asked.documents]
    metadatas = asked.metadatas or [{} for _ in asked.documents]
    return [
        Source(
            collection=asked.collection,
            document_id=document_id,
            text=text,
            title=_named(metadata, "title"),
            source=_named(metadata, "source", "url"),
            metadata=metadata,
            provenance={"origin": "agent", "tool": "rag_add_documents", "key": caller.key},
            whole=not asked.chunk,
        )
        for document_id, text, metadata in zip(ids, asked.documents, metadatas, strict=True)
    ]


def _named(metadata: dict[str, object], *names: str) -> str:
    """The first of these that the metadata says in a text, as one line without control characters."""
    said = (value for name in names if isinstance(value := metadata.get(name), str))
    lines = (" ".join(value.translate(CONTROLS).split()) for value in said)
    return next(filter(None, lines), "")[:TITLE_LENGTH]


def _cut(text: str, source: Source, policy: RagPolicy) -> list[NewChunk]:
    if source.whole:
        places = [Chunk(0, len(text), ())]
    else:
        places = chunked(text, words=policy.chunk_words, overlap=policy.chunk_overlap)
    title = source.title or _title(text, places)
    ends = [0, *(place.stop for place in places)]
    begins = [_first_word(text, max(place.start, end)) for place, end in zip(places, ends, strict=False)]
    return [
        _chunk(place, text[place.start : place.stop], title, page_of(begin, source.pages))
        for place, begin in zip(places, begins, strict=True)
    ]


def _first_word(text: str, start: int) -> int:
    """Where the first word behind ``start`` is. What a chunk repeats of the one before does not decide its page."""
    found = WORD.search(text, start)
    return found.start() if found else start


def _chunk(place: Chunk, text: str, title: str, page: int | None) -> NewChunk:
    digest = hashlib.sha256("\x1f".join([CUTTING, title, *place.section, "", text]).encode()).digest()
    return NewChunk(place.start, place.stop, page, place.section, text, digest)


def _new(source: Source, text: str, cut: Sequence[NewChunk], policy: RagPolicy) -> NewDocument:
    how = json.dumps([CUTTING, policy.chunk_words, policy.chunk_overlap, source.whole, list(source.pages)])
    return NewDocument(
        collection=source.collection,
        document_id=source.document_id,
        title=source.title or _title(text, cut),
        source=source.source,
        format=source.format,
        metadata=source.metadata,
        provenance=source.provenance,
        pages=source.pages,
        size=len(text),
        digest=hashlib.sha256(f"{how}\n{text}".encode()).digest(),
        file=source.file,
    )


def _title(text: str, cut: Sequence[Chunk | NewChunk]) -> str:
    """The first heading, else the first line."""
    if cut and cut[0].section:
        return cut[0].section[0]
    return text.lstrip().split("\n", 1)[0].strip("#=*- \t")[:TITLE_LENGTH].strip()


def _compare(
    db: Connection, tenant: str, new: NewDocument, cut: Sequence[NewChunk]
) -> tuple[DocumentRow | None, set[bytes]]:
    old = rows.fetch(db, tenant, new.collection, new.document_id)
    return old, document_writes.missing(db, old, cut)


def _is_same(old: DocumentRow, new: NewDocument) -> bool:
    told = ("digest", "title", "source", "format")
    is_alike = all(getattr(old, name) == getattr(new, name) for name in told)
    return is_alike and _written(old.metadata) == _written(new.metadata)


def _written(metadata: Mapping[str, Any]) -> str:
    """As values, 1 and true are equal; a filter tells them apart."""
    return json.dumps(dict(metadata), sort_keys=True)


async def _unchanged(documents: Documents, tenant: str, old: DocumentRow, new: NewDocument) -> Kept:
    """A file that was written again with the same content is the same, and need not be read the next time."""
    if (stamp := new.file) is not None and stamp != old.file:
        await documents.db.write(lambda db: document_writes.touch_file(db, tenant, old, stamp))
    return Kept(old.document_id, old.chunks, "unchanged")


def _prepare(
    cut: Sequence[NewChunk], wanted: set[bytes], title: str, documents: Documents, hurry: Hurry
) -> dict[bytes, Prepared]:
    """Words and vectors of the chunks that are new."""
    fresh = {chunk.digest: chunk for chunk in cut if chunk.digest in wanted}
    texts = [chunk_vectors.embedded_text(chunk.section, chunk.text) for chunk in fresh.values()]
    vectors: list[dict[str, bytes]] = [{} for _ in texts]
    for place, embedder in enumerate(documents.embedders()):
        _embed(texts, embedder, vectors, hurry if place else lambda: False)
    return {
        digest: Prepared(" ".join(words(chunk.text)), _headings(title, chunk.section), vectors[at])
        for at, (digest, chunk) in enumerate(fresh.items())
    }


def _headings(title: str, section: Sequence[str]) -> str:
    """The words above a chunk."""
    above = section if title in section else [title, *section]
    return " ".join(words("\n".join(above)))


def _embed(texts: Sequence[str], embedder: Embedder, vectors: list[dict[str, bytes]], hurry: Hurry) -> None:
    """Add the model's vectors as far as time goes. What it leaves or fails at waits for the background."""
    for start in range(0, len(texts), AT_ONCE):
        if hurry():
            return
        try:
            made = embedder.embed_passages(texts[start : start + AT_ONCE])
        except EmbeddingFailed:
            return
        for at, vector in enumerate(made, start):
            vectors[at][embedder.identity.key] = as_blob(vector)


def _indexed(documents: Documents, prepared: dict[bytes, Prepared]) -> Indexed:
    embedders = documents.embedders()
    if not embedders:
        return "pending"
    return "ready" if all(embedders[-1].identity.key in one.vectors for one in prepared.values()) else "pending"
