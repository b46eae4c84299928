-- Who may call, what they did, what each tenant keeps, and what a key wrote. Times are milliseconds since the epoch, UTC.

CREATE TABLE api_keys (
    key_id      TEXT    PRIMARY KEY, -- its name in logs, audit and provenance; no secret
    tenant      TEXT    NOT NULL,
    label       TEXT    NOT NULL,
    digest      BLOB    NOT NULL UNIQUE, -- SHA-256 of the key, which is 256 random bits and needs no slow hash
    scopes      TEXT    NOT NULL, -- of read, write, admin; separated by blanks
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    revoked_at  INTEGER,
    replaced_by TEXT    -- key_id of the one it was rotated to
) WITHOUT ROWID;
CREATE INDEX api_keys_of_tenant ON api_keys (tenant, created_at);

-- Who did what, when, and how it ended; ids and never contents.
CREATE TABLE audit (
    audit_row  INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    tenant     TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    action     TEXT    NOT NULL, -- a tool's name, a message's method, keys.add, tenants.erase, …
    outcome    TEXT    NOT NULL, -- ok | invalid | denied | timeout | …
    session_id TEXT    NOT NULL, -- empty: none
    ids        TEXT    NOT NULL, -- JSON array of what was touched, cut
    ms         REAL    NOT NULL,
    request_id TEXT    NOT NULL
);
CREATE INDEX audit_of_tenant ON audit (tenant, at);
CREATE INDEX audit_by_time ON audit (at);

-- What a tenant keeps, counted by the triggers below in the transaction of every change. Bytes are those of texts,
-- metadata and files as they were given, without indexes.
CREATE TABLE tenant_usage (
    tenant   TEXT    PRIMARY KEY,
    memories INTEGER NOT NULL DEFAULT 0,
    chunks   INTEGER NOT NULL DEFAULT 0,
    bytes    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

INSERT INTO tenant_usage (tenant, memories, chunks, bytes)
SELECT tenant, sum(memories), sum(chunks), sum(bytes) FROM (
    SELECT tenant, 1 AS memories, 0 AS chunks,
           length(CAST(content AS BLOB)) + length(CAST(metadata AS BLOB)) AS bytes FROM memories
    UNION ALL SELECT tenant, 0, 1, length(CAST(text AS BLOB)) FROM chunks
    UNION ALL SELECT tenant, 0, 0, size FROM attachments
) GROUP BY tenant;

CREATE TRIGGER memories_counted AFTER INSERT ON memories BEGIN
    INSERT INTO tenant_usage (tenant, memories, bytes)
    VALUES (new.tenant, 1, length(CAST(new.content AS BLOB)) + length(CAST(new.metadata AS BLOB)))
    ON CONFLICT (tenant) DO UPDATE SET memories = memories + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER memories_recounted AFTER UPDATE OF content, metadata ON memories BEGIN
    UPDATE tenant_usage SET bytes = bytes + length(CAST(new.content AS BLOB)) + length(CAST(new.metadata AS BLOB))
        - length(CAST(old.content AS BLOB)) - length(CAST(old.metadata AS BLOB)) WHERE tenant = new.tenant;
END;
CREATE TRIGGER memories_uncounted AFTER DELETE ON memories BEGIN
    UPDATE tenant_usage SET memories = memories - 1,
        bytes = bytes - length(CAST(old.content AS BLOB)) - length(CAST(old.metadata AS BLOB)) WHERE tenant = old.tenant;
END;
CREATE TRIGGER chunks_counted AFTER INSERT ON chunks BEGIN
    INSERT INTO tenant_usage (tenant, chunks, bytes) VALUES (new.tenant, 1, length(CAST(new.text AS BLOB)))
    ON CONFLICT (tenant) DO UPDATE SET chunks = chunks + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER chunks_recounted AFTER UPDATE OF text ON chunks BEGIN
    UPDATE tenant_usage SET bytes = bytes + length(CAST(new.text AS BLOB)) - length(CAST(old.text AS BLOB))
    WHERE tenant = new.tenant;
END;
CREATE TRIGGER chunks_uncounted AFTER DELETE ON chunks BEGIN
    UPDATE tenant_usage SET chunks = chunks - 1, bytes = bytes - length(CAST(old.text AS BLOB))
    WHERE tenant = old.tenant;
END;
CREATE TRIGGER attachments_counted AFTER INSERT ON attachments BEGIN
    INSERT INTO tenant_usage (tenant, bytes) VALUES (new.tenant, new.size)
    ON CONFLICT (tenant) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER attachments_uncounted AFTER DELETE ON attachments BEGIN
    UPDATE tenant_usage SET bytes = bytes - old.size WHERE tenant = old.tenant;
END;

-- Whose call wrote it; memories and documents have that in their provenance.
ALTER TABLE attachments ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE feedback ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE sql_patterns ADD COLUMN key TEXT NOT NULL DEFAULT '';
CREATE INDEX memories_by_key ON memories (tenant, json_extract(provenance, '$.key'), created_at);
CREATE INDEX documents_by_key ON documents (tenant, json_extract(provenance, '$.key'), updated_at);

-- How a memory was before a call changed it, so that what a key did can be undone. Gone with the memory.
CREATE TABLE memory_changes (
    change_row INTEGER PRIMARY KEY AUTOINCREMENT,
    row_id     INTEGER NOT NULL REFERENCES memories (row_id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    key        TEXT    NOT NULL,
    tool       TEXT    NOT NULL,
    before     TEXT    NOT NULL -- JSON object: the changed columns as they were
);
CREATE INDEX memory_changes_of_memory ON memory_changes (row_id, change_row);
CREATE INDEX memory_changes_by_key ON memory_changes (key, at);
