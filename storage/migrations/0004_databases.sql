-- What was asked of other databases, the queries that answered it, and the rules agents laid down for them. Times are
-- milliseconds since the epoch, UTC.

CREATE TABLE sql_patterns (
    row_id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant         TEXT    NOT NULL,
    pattern_id     TEXT    NOT NULL,
    source         TEXT    NOT NULL, -- the database's name in the settings
    session_id     TEXT    NOT NULL, -- that asked it first; empty for none
    question       TEXT    NOT NULL,
    normal         TEXT    NOT NULL, -- its words, so that two ways of writing it are one
    template       TEXT    NOT NULL, -- the same with {} for values, numbers and periods; empty: it has none
    sql            TEXT    NOT NULL,
    digest         BLOB    NOT NULL, -- SHA-256 of normal and sql
    dialect        TEXT    NOT NULL,
    fingerprint    TEXT    NOT NULL, -- of the schema it ran on
    provider       TEXT    NOT NULL, -- pattern | built_in | api_model | client_model | agent
    tables         TEXT    NOT NULL, -- JSON array of table keys
    columns        TEXT    NOT NULL, -- JSON array of table_key.column
    reading        TEXT    NOT NULL, -- what it does, in a line
    state          TEXT    NOT NULL, -- ran | confirmed | rejected | failed
    rating         INTEGER,          -- 1 to 5, as last given
    duration_ms    REAL    NOT NULL, -- of its last run, as are the next three
    row_count      INTEGER NOT NULL,
    is_truncated   INTEGER NOT NULL,
    success        INTEGER NOT NULL,
    uses           INTEGER NOT NULL DEFAULT 1,
    created_at     INTEGER NOT NULL,
    used_at        INTEGER NOT NULL,
    judged_at      INTEGER,
    corrected_from TEXT    NOT NULL DEFAULT '', -- the pattern_id of the one that it took the place of
    UNIQUE (tenant, pattern_id)
);

CREATE UNIQUE INDEX sql_patterns_identity ON sql_patterns (tenant, source, digest);
CREATE INDEX sql_patterns_of_question ON sql_patterns (tenant, source, normal);
CREATE INDEX sql_patterns_known ON sql_patterns (tenant, source, used_at)
    WHERE state IN ('confirmed', 'ran') AND success AND NOT is_truncated;

-- The last run of each session, for questions that lean on it.
CREATE TABLE sql_last_runs (
    tenant     TEXT    NOT NULL,
    session_id TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    row_id     INTEGER NOT NULL REFERENCES sql_patterns (row_id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    PRIMARY KEY (tenant, session_id, source)
) WITHOUT ROWID;
CREATE INDEX sql_last_runs_of_pattern ON sql_last_runs (row_id);

CREATE TABLE sql_rules (
    rule_row   INTEGER PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    rule_id    TEXT    NOT NULL,
    source     TEXT    NOT NULL, -- empty: all
    kind       TEXT    NOT NULL, -- preference | constraint | transformation | validation
    text       TEXT    NOT NULL,
    key        TEXT    NOT NULL, -- whose call laid it down
    created_at INTEGER NOT NULL,
    UNIQUE (tenant, rule_id),
    UNIQUE (tenant, source, kind, text)
);

-- The chart that a session wanted for results of a shape.
CREATE TABLE sql_charts (
    tenant     TEXT    NOT NULL,
    session_id TEXT    NOT NULL,
    shape      TEXT    NOT NULL,
    chart      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, session_id, shape)
) WITHOUT ROWID;
CREATE INDEX sql_charts_of_tenant ON sql_charts (tenant, updated_at);
