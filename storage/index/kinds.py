"""What is indexed outside SQLite, and the SQL that says what belongs there: memories by their vectors, chunks by their
vectors and by their words.

A table is made of a kind of row and a model. The words of chunks are a table like any other, under a model of no
dimension: FTS5 takes a second for a question over a million rows.
"""

from dataclasses import dataclass

from storage.maintenance import CHUNKS_ERASURE_OWED
from storage.memories.rows import LIVE


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model that has rows here, or `WORDS`."""

    model_id: int
    name: str
    dimension: int


WORDS = Model(0, "words", 0)


@dataclass(frozen=True, slots=True)
class Part:
    """What one sort of table holds.

    ``lines`` selects of a queue line its row_id and seq, the row's tenant (NULL: it is gone) and scope, and the content
    to index (NULL: none). ``belongs`` selects the row ids that belong in the table.
    """

    lines: str
    belongs: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of row that has tables. ``rows`` and ``queue`` name its own tables in SQLite."""

    name: str
    rows: str
    queue: str
    vectors: Part
    words: Part | None
    erasure_task: str | None
    """While `maintenance` holds it, the content of rows that are gone must leave the files at once; else the next
    compactions see to it. None: it must always."""

    def part(self, model: Model) -> Part:
        """What the model's table holds."""
        if model != WORDS:
            return self.vectors
        assert self.words is not None, f"{self.name} have no table of words"
        return self.words


MEMORIES = Kind(
    name="memories",
    rows="memories",
    queue="index_queue",
    vectors=Part(
        lines=f"""
            SELECT q.row_id, q.seq, m.tenant, m.session_id, CASE WHEN m.state IN {LIVE} THEN v.vector END
            FROM index_queue q
            LEFT JOIN memories m ON m.row_id = q.row_id
            LEFT JOIN memory_vectors v ON v.row_id = q.row_id AND v.model_id = q.model_id
            WHERE q.model_id = :model AND q.row_id > :after ORDER BY q.row_id LIMIT :limit""",
        belongs=f"""
            SELECT v.row_id FROM memory_vectors v JOIN memories m ON m.row_id = v.row_id
            WHERE v.model_id = :model AND length(v.vector) = :bytes AND m.state IN {LIVE}""",
    ),
    words=None,
    erasure_task=None,
)
CHUNKS = Kind(
    name="chunks",
    rows="chunks",
    queue="chunk_queue",
    vectors=Part(
        lines="""
            SELECT q.row_id, q.seq, c.tenant, c.collection, v.vector
            FROM chunk_queue q
            LEFT JOIN chunks c ON c.row_id = q.row_id
            LEFT JOIN chunk_vectors v ON v.row_id = q.row_id AND v.model_id = q.model_id
            WHERE q.model_id = :model AND q.row_id > :after ORDER BY q.row_id LIMIT :limit""",
        belongs="SELECT row_id FROM chunk_vectors WHERE model_id = :model AND vector <> x''",
    ),
    words=Part(
        lines="""
            SELECT q.row_id, q.seq, c.tenant, c.collection, f.own || ' ' || f.headings
            FROM chunk_queue q
            LEFT JOIN chunks c ON c.row_id = q.row_id
            LEFT JOIN chunks_fts f ON f.rowid = q.row_id
            WHERE q.model_id = :model AND q.row_id > :after ORDER BY q.row_id LIMIT :limit""",
        belongs="SELECT row_id FROM chunks",
    ),
    erasure_task=CHUNKS_ERASURE_OWED,
)
KINDS = (MEMORIES, CHUNKS)
