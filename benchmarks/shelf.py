"""Made-up documents to measure with: chunks on some topic, over words that the built-in table knows, so that vectors
lie in clusters as those of real texts do and words are as frequent as a language's."""

import hashlib
import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import anyio
from tokenizers import Tokenizer

from server.config import Settings
from server.house import House
from server.lifespan import open_house
from storage.analysis import words
from storage.database import Connection
from storage.documents import writes as document_writes
from storage.documents.writes import NewChunk, NewDocument, Prepared
from storage.embedding.static_table import FOLDER, static_table

TOPICS = 2_000
TOPIC_WORDS = 40
CHUNK_WORDS = 40
CHUNKS = 20  # of a document
AT_ONCE = 200  # documents written in one transaction
NOW = 1_760_000_000_000


class Topics:
    """Texts and questions about seeded topics."""

    def __init__(self, seed: int = 5) -> None:
        self._draw = random.Random(seed)
        vocabulary = Tokenizer.from_file(str(FOLDER / "tokenizer.json")).get_vocab()
        self._words = sorted(word for word in vocabulary if len(word) > 3 and word.isascii() and word.isalpha())
        random.Random(1).shuffle(self._words)
        draw = random.Random(2)
        self._topics = [draw.sample(self._words, TOPIC_WORDS) for _ in range(TOPICS)]
        self._weights = _falling(TOPIC_WORDS)
        self._frequent = self._words[:3_000]
        self._frequent_weights = _falling(len(self._frequent))

    def text(self, number: int, length: int = CHUNK_WORDS) -> str:
        """A text, two thirds about the topic of that number."""
        own = self._draw.choices(self._topics[number % TOPICS], cum_weights=self._weights, k=length * 2 // 3)
        other = self._draw.choices(self._frequent, cum_weights=self._frequent_weights, k=length - len(own))
        mixed = own + other
        self._draw.shuffle(mixed)
        return " ".join(mixed)

    def questions(self, count: int) -> list[str]:
        """Eight-word questions, each about one topic."""
        return [self.text(self._draw.randrange(TOPICS), 8) for _ in range(count)]


def _falling(count: int) -> list[float]:
    """The weights 1, 1/2, 1/3 and so on, added up, which saves every draw doing so."""
    return list(accumulate(1 / (rank + 1) for rank in range(count)))


def fill(home: Path, size: int) -> None:
    """A store that holds one collection of so many chunks, indexed as a server would have it."""
    anyio.run(_fill, home, size)


async def _fill(home: Path, size: int) -> None:
    async with open_house(Settings(home=home, embedding_model="static"), background=False) as house:
        topics = Topics()
        total = size // CHUNKS
        for first in range(0, total, AT_ONCE):
            batch = [_document(number, topics) for number in range(first, min(first + AT_ONCE, total))]
            await house.db.write(lambda db, batch=batch: _write(db, batch))  # type: ignore[misc]
        await _index(house)


async def _index(house: House) -> None:
    await house.backfill.catch_up()
    await house.indexer.maintain()


def _document(number: int, topics: Topics) -> tuple[NewDocument, list[NewChunk]]:
    """A document on one topic. One in a hundred is `rare`, every other one `half`."""
    chunks: list[NewChunk] = []
    start = 0
    for _ in range(CHUNKS):
        text = topics.text(number) + "\n"
        chunks.append(NewChunk(start, start + len(text), None, (), text, hashlib.sha256(text.encode()).digest()))
        start += len(text)
    metadata = {"rare": number % 100 == 0, "half": number % 2 == 0}
    new = NewDocument(
        collection="default", document_id=f"d{number}", title="", source="", format="text", metadata=metadata,
        provenance={"origin": "import"}, pages=(), size=start, digest=chunks[0].digest, file=None,
    )  # fmt: skip
    return new, chunks


def _write(db: Connection, batch: list[tuple[NewDocument, list[NewChunk]]]) -> None:
    table = static_table()
    texts = [chunk.text for _, chunks in batch for chunk in chunks]
    blobs = iter([vector.astype("<f4").tobytes() for vector in table.embed_passages(texts)])
    for new, chunks in batch:
        prepared = {
            chunk.digest: Prepared(" ".join(words(chunk.text)), "", {table.identity.key: next(blobs)})
            for chunk in chunks
        }
        document_writes.put(db, "local", new, chunks, prepared, NOW)


def folder_of_files(folder: Path, count: int, words_each: int) -> Iterator[str]:
    """Write Markdown files of so many words each and yield their texts."""
    topics = Topics(seed=9)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        sections = [f"## Part {part}\n\n{_paragraphs(topics, number, words_each // 3)}" for part in range(3)]
        text = f"# Paper {number}\n\n" + "\n\n".join(sections) + "\n"
        (folder / f"paper-{number:05}.md").write_text(text, encoding="utf-8")
        yield text


def _paragraphs(topics: Topics, number: int, length: int) -> str:
    sentences = [f"{topics.text(number, 12).capitalize()}." for _ in range(max(1, length // 12))]
    return "\n\n".join(" ".join(sentences[at : at + 5]) for at in range(0, len(sentences), 5))
