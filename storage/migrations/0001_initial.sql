-- The first schema. Times are milliseconds since the epoch, UTC. `seq` counts every change a searcher can see: rows
-- with a higher number than a reader's last one are what it has yet to learn, whichever process wrote them.

CREATE TABLE change_counter (value INTEGER NOT NULL);
INSERT INTO change_counter (value) VALUES (0);

CREATE TABLE memories (
    row_id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again, so that an index entry cannot change owner
    tenant         TEXT    NOT NULL,
    memory_id      TEXT    NOT NULL,
    session_id     TEXT    NOT NULL,
    content        TEXT    NOT NULL,
    content_type   TEXT    NOT NULL,
    importance     REAL    NOT NULL,
    metadata       TEXT    NOT NULL, -- JSON object
    tags           TEXT    NOT NULL, -- JSON array of strings
    provenance     TEXT    NOT NULL, -- JSON object, written by the server only
    digest         BLOB    NOT NULL, -- SHA-256 of the normalised content
    simhash        INTEGER NOT NULL, -- 64 bits, signed
    speaker        TEXT    NOT NULL, -- who said it, folded; empty when not a turn of a conversation
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    occurred_at    INTEGER NOT NULL,
    expires_at     INTEGER,
    access_count   INTEGER NOT NULL DEFAULT 0,
    accessed_at    INTEGER,
    state          TEXT    NOT NULL DEFAULT 'active', -- active | archived | deleted | superseded
    state_at       INTEGER NOT NULL,
    superseded_by  INTEGER,                           -- row_id of the memory that took its place
    seq            INTEGER NOT NULL,
    UNIQUE (tenant, memory_id)
);

CREATE UNIQUE INDEX memories_identity ON memories (tenant, session_id, content_type, digest) WHERE state <> 'superseded';
CREATE INDEX memories_changes ON memories (tenant, session_id, seq);
CREATE INDEX memories_tenant_changes ON memories (tenant, seq);
CREATE INDEX memories_recent ON memories (tenant, session_id, state, occurred_at);
CREATE INDEX memories_expiring ON memories (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX memories_gone ON memories (state, state_at) WHERE state IN ('deleted', 'superseded');
CREATE INDEX memories_replaced ON memories (superseded_by) WHERE superseded_by IS NOT NULL;

-- What is left of a purged memory: the number of its row, so that other processes drop it from their working set.
CREATE TABLE purged (
    row_id INTEGER PRIMARY KEY,
    tenant TEXT    NOT NULL,
    scope  TEXT    NOT NULL, -- a hash of the session's name, which may name a person
    seq    INTEGER NOT NULL
);
CREATE INDEX purged_changes ON purged (tenant, seq);

-- Analysed words (folded, stemmed, CJK as bigrams: storage/analysis.py), so the tokenizer has only to split.
CREATE VIRTUAL TABLE memories_fts USING fts5 (own, day, scope, tokenize = 'ascii');

CREATE TABLE entities (
    entity_id INTEGER PRIMARY KEY,
    tenant    TEXT NOT NULL,
    key       TEXT NOT NULL, -- folded name
    name      TEXT NOT NULL,
    type      TEXT NOT NULL,
    UNIQUE (tenant, key)
);

CREATE TABLE memory_entities (
    row_id    INTEGER NOT NULL REFERENCES memories (row_id) ON DELETE CASCADE,
    entity_id INTEGER NOT NULL REFERENCES entities (entity_id) ON DELETE CASCADE,
    PRIMARY KEY (row_id, entity_id)
) WITHOUT ROWID;
CREATE INDEX memory_entities_by_entity ON memory_entities (entity_id);

CREATE TABLE relations (
    row_id    INTEGER NOT NULL REFERENCES memories (row_id) ON DELETE CASCADE,
    source_id INTEGER NOT NULL REFERENCES entities (entity_id) ON DELETE CASCADE,
    relation  TEXT    NOT NULL,
    target_id INTEGER NOT NULL REFERENCES entities (entity_id) ON DELETE CASCADE,
    PRIMARY KEY (row_id, source_id, relation, target_id)
) WITHOUT ROWID;
CREATE INDEX relations_by_source ON relations (source_id);
CREATE INDEX relations_by_target ON relations (target_id);

CREATE TABLE feedback (
    feedback_id INTEGER PRIMARY KEY,
    row_id      INTEGER NOT NULL REFERENCES memories (row_id) ON DELETE CASCADE,
    useful      INTEGER NOT NULL,
    query       TEXT    NOT NULL, -- analysed words of the query it was judged for; empty: for any
    created_at  INTEGER NOT NULL
);
CREATE INDEX feedback_by_memory ON feedback (row_id);

CREATE TABLE models (
    model_id  INTEGER PRIMARY KEY,
    name      TEXT    NOT NULL UNIQUE, -- the model's identity: name, dimension, prefixes
    dimension INTEGER NOT NULL,
    complete  INTEGER NOT NULL DEFAULT 0, -- 1 once every memory there was had its vector
    used_at   INTEGER NOT NULL DEFAULT 0  -- when a process last had this model
);

CREATE TABLE memory_vectors (
    row_id   INTEGER NOT NULL REFERENCES memories (row_id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES models (model_id) ON DELETE CASCADE,
    vector   BLOB    NOT NULL, -- float32, little endian, unit length; empty: the model has none for this text
    UNIQUE (row_id, model_id)
);
CREATE INDEX memory_vectors_by_model ON memory_vectors (model_id, row_id);

-- Rows whose vector tables may not show the truth yet. The row may be gone: then it leaves the table as well.
CREATE TABLE index_queue (
    model_id INTEGER NOT NULL,
    row_id   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (model_id, row_id)
) WITHOUT ROWID;

CREATE TABLE maintenance (
    task   TEXT    PRIMARY KEY,
    ran_at INTEGER NOT NULL
) WITHOUT ROWID;
