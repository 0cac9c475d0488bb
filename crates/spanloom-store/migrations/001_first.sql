-- Schema 1. Every table says what it is for; columns are described in docs/reference/schema.md.

-- One process that has the store open for writing, and what it counted.
CREATE TABLE writers (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    pid               INTEGER NOT NULL,
    process_start     INTEGER NOT NULL,
    boot              TEXT    NOT NULL,
    namespace         TEXT    NOT NULL,
    opened_unix_ms    INTEGER NOT NULL,
    heartbeat_unix_ms INTEGER NOT NULL,
    closed_unix_ms    INTEGER,
    counters          TEXT
) STRICT;

-- One row for a completed trace (writer 0), and one for each writer in which it is open.
CREATE TABLE traces (
    seq               INTEGER PRIMARY KEY AUTOINCREMENT,
    trace_id          BLOB    NOT NULL,
    writer            INTEGER NOT NULL,
    request_time_ns   INTEGER NOT NULL,
    duration_ms       INTEGER,
    state             TEXT    NOT NULL,
    name              TEXT,
    experiment        TEXT    NOT NULL,
    client_request_id TEXT,
    span_count        INTEGER NOT NULL,
    damaged           INTEGER NOT NULL DEFAULT 0,
    UNIQUE (trace_id, writer)
) STRICT;

CREATE INDEX traces_by_time ON traces (request_time_ns);
-- Failed and open traces are few, and what is looked for most.
CREATE INDEX traces_not_ok ON traces (state, request_time_ns) WHERE state <> 'OK';

-- The head of a trace (n = 0) and its spans in chunks (n = 1, 2, …), at id = seq * 2^20 + n.
CREATE TABLE payloads (
    id   INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

-- What is only true of an open trace.
CREATE TABLE live (
    seq             INTEGER PRIMARY KEY,
    writer          INTEGER NOT NULL,
    open_spans      INTEGER NOT NULL,
    oldest_open_ns  INTEGER,
    updated_unix_ms INTEGER NOT NULL
) STRICT;

-- Each tag (space 0), metadata entry (1), pair of span name and type (2) and trace name (3) that occurs, once.
CREATE TABLE labels (
    id    INTEGER PRIMARY KEY,
    space INTEGER NOT NULL,
    key   TEXT    NOT NULL,
    value TEXT    NOT NULL,
    UNIQUE (space, key, value)
) STRICT;

-- Which traces have it; `error` is set where a span of that name and type failed.
CREATE TABLE labelled (
    label INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    error INTEGER NOT NULL,
    PRIMARY KEY (label, seq)
) WITHOUT ROWID, STRICT;

-- How far each destination has acknowledged.
CREATE TABLE destinations (
    name            TEXT PRIMARY KEY,
    position        INTEGER NOT NULL,
    updated_unix_ms INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- `sync` counts the barriers: a commit needs something to write. `label_epoch` goes up when labels are removed.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

INSERT INTO counters (name, value) VALUES ('sync', 0), ('label_epoch', 0);
