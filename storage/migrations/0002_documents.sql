-- Documents, the chunks they are searched by, and files that agents hand over. Times are milliseconds since the epoch.

CREATE TABLE documents (
    document_row  INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant        TEXT    NOT NULL,
    collection    TEXT    NOT NULL,
    document_id   TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    source        TEXT    NOT NULL, -- where it came from: a path, an address, or empty
    format        TEXT    NOT NULL, -- text | markdown | html | pdf | …
    metadata      TEXT    NOT NULL, -- JSON object
    provenance    TEXT    NOT NULL, -- JSON object, written by the server only
    pages         TEXT    NOT NULL, -- JSON array: the offset at which each page begins; empty without pages
    size          INTEGER NOT NULL, -- characters
    chunks        INTEGER NOT NULL,
    digest        BLOB    NOT NULL, -- SHA-256 of the text and of everything that decides its chunks
    file_size     INTEGER,          -- of the file it was read from, when it was: bytes, time of change, SHA-256
    file_modified INTEGER,          -- nanoseconds since the epoch
    file_digest   BLOB,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (tenant, collection, document_id)
);
CREATE INDEX documents_by_id ON documents (tenant, document_id);
CREATE INDEX documents_by_source ON documents (tenant, collection, source);

-- The chunks of a document cover it: read in order, each from where the one before ended, they give its text back.
CREATE TABLE chunks (
    row_id       INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again, so that an index entry cannot change owner
    document_row INTEGER NOT NULL REFERENCES documents (document_row) ON DELETE CASCADE,
    tenant       TEXT    NOT NULL,
    collection   TEXT    NOT NULL,
    chunk_id     TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    start        INTEGER NOT NULL, -- characters from the beginning of the document
    stop         INTEGER NOT NULL,
    page         INTEGER,          -- the page it begins on, from 1
    section      TEXT    NOT NULL, -- JSON array: the headings above it, outermost first
    text         TEXT    NOT NULL,
    digest       BLOB    NOT NULL, -- of the text as it is searched and embedded; a row never changes either
    seq          INTEGER NOT NULL,
    UNIQUE (tenant, chunk_id)
);
CREATE INDEX chunks_of_document ON chunks (document_row, position);
CREATE INDEX chunks_changes ON chunks (tenant, collection, seq);

-- Counts kept with every change, so that no search has to count; `removed_seq` is the last change that took chunks away.
CREATE TABLE collections (
    tenant      TEXT    NOT NULL,
    collection  TEXT    NOT NULL,
    documents   INTEGER NOT NULL,
    chunks      INTEGER NOT NULL,
    removed_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, collection)
) WITHOUT ROWID;

-- What a filter compares: a row for each value of a document's metadata, and one for each element of a list.
CREATE TABLE document_fields (
    tenant       TEXT    NOT NULL,
    collection   TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    kind         TEXT    NOT NULL, -- string | number | boolean | null | list | object
    is_element   INTEGER NOT NULL, -- 1 for an element of a list
    value                NOT NULL, -- of the kind; '' for lists, objects and null
    document_row INTEGER NOT NULL REFERENCES documents (document_row) ON DELETE CASCADE,
    PRIMARY KEY (tenant, collection, key, kind, is_element, value, document_row)
) WITHOUT ROWID;
CREATE INDEX document_fields_of_document ON document_fields (document_row);

-- Analysed words, as in memories_fts.
CREATE VIRTUAL TABLE chunks_fts USING fts5 (own, headings, scope, tokenize = 'ascii');

CREATE TABLE chunk_vectors (
    row_id   INTEGER NOT NULL REFERENCES chunks (row_id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES models (model_id) ON DELETE CASCADE,
    vector   BLOB    NOT NULL, -- as in memory_vectors
    UNIQUE (row_id, model_id)
);
CREATE INDEX chunk_vectors_by_model ON chunk_vectors (model_id, row_id);
ALTER TABLE models ADD COLUMN chunks_complete INTEGER NOT NULL DEFAULT 0; -- 1 once every chunk there was had its vector

-- As index_queue, for chunks; model 0 stands for the table of their words.
CREATE TABLE chunk_queue (
    model_id INTEGER NOT NULL,
    row_id   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (model_id, row_id)
) WITHOUT ROWID;

CREATE TABLE attachments (
    tenant        TEXT    NOT NULL,
    attachment_id TEXT    NOT NULL,
    filename      TEXT    NOT NULL, -- as it was called; the file itself has a name of ours
    size          INTEGER NOT NULL, -- bytes
    digest        BLOB    NOT NULL, -- SHA-256 of the content
    created_at    INTEGER NOT NULL,
    used_at       INTEGER NOT NULL, -- retention counts from here
    PRIMARY KEY (tenant, attachment_id)
) WITHOUT ROWID;
CREATE INDEX attachments_by_use ON attachments (used_at);
