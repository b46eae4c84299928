-- Conversations that a person should take over, and who is still to be told of them. Times are milliseconds since the
-- epoch, UTC.

CREATE TABLE escalations (
    row_id          INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order they were opened
    tenant          TEXT    NOT NULL,
    escalation_id   TEXT    NOT NULL,
    session_id      TEXT    NOT NULL,
    conversation    TEXT    NOT NULL, -- which one of the session: a digest; empty when the session is the conversation
    status          TEXT    NOT NULL DEFAULT 'open', -- open | acknowledged | resolved
    is_resolved     INTEGER NOT NULL GENERATED ALWAYS AS (status = 'resolved') VIRTUAL,
    level           INTEGER NOT NULL, -- 0 none | 1 low | 2 medium | 3 high | 4 critical; never falls
    category        TEXT    NOT NULL,
    confidence      REAL    NOT NULL, -- never falls
    signals         TEXT    NOT NULL, -- JSON array of objects
    brief           TEXT    NOT NULL, -- JSON object; names memories by id only, so that a purge reaches their text
    version         TEXT    NOT NULL, -- of the rules that decided
    raised          INTEGER NOT NULL DEFAULT 1, -- how many checks called for a person
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    acknowledged_at INTEGER,
    resolved_at     INTEGER,
    UNIQUE (tenant, escalation_id)
);

CREATE UNIQUE INDEX escalations_identity ON escalations (tenant, session_id, conversation) WHERE NOT is_resolved;
CREATE INDEX escalations_of_session ON escalations (tenant, session_id, is_resolved, level DESC);
CREATE INDEX escalations_urgent ON escalations (tenant, is_resolved, level DESC);
CREATE INDEX escalations_settled ON escalations (resolved_at) WHERE resolved_at IS NOT NULL;

CREATE TABLE escalation_events (
    event_id      INTEGER PRIMARY KEY,
    tenant        TEXT    NOT NULL,
    escalation_id TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    action        TEXT    NOT NULL, -- opened | raised | acknowledged | resolved | noted
    key           TEXT    NOT NULL, -- whose call it was
    note          TEXT    NOT NULL, -- of opened and raised: the level
    FOREIGN KEY (tenant, escalation_id) REFERENCES escalations (tenant, escalation_id) ON DELETE CASCADE
);
CREATE INDEX escalation_events_of_escalation ON escalation_events (tenant, escalation_id);

-- An outbox that several processes empty. Whoever sends a delivery first moves its `next_at` to the end of a lease:
-- killed meanwhile, the process leaves it to whoever comes after that.
CREATE TABLE deliveries (
    delivery_row  INTEGER PRIMARY KEY,
    tenant        TEXT    NOT NULL,
    delivery_id   TEXT    NOT NULL UNIQUE, -- the receiver's means to tell that it was sent twice
    escalation_id TEXT    NOT NULL,
    channel       TEXT    NOT NULL, -- webhook | email
    event         TEXT    NOT NULL, -- opened | raised
    state         TEXT    NOT NULL DEFAULT 'waiting', -- waiting | delivered | dead
    attempts      INTEGER NOT NULL DEFAULT 0, -- that failed
    next_at       INTEGER NOT NULL, -- while waiting: nobody claims it before
    created_at    INTEGER NOT NULL,
    last_error    TEXT    NOT NULL DEFAULT '',
    failed_at     INTEGER,
    delivered_at  INTEGER,
    FOREIGN KEY (tenant, escalation_id) REFERENCES escalations (tenant, escalation_id) ON DELETE CASCADE
);
CREATE INDEX deliveries_due ON deliveries (channel, next_at) WHERE state = 'waiting';
CREATE INDEX deliveries_of_escalation ON deliveries (tenant, escalation_id);
CREATE INDEX deliveries_by_state ON deliveries (tenant, state);
