-- Schema 2: what people, programs and models judged of traces and spans, live ones too. Columns: docs/reference/schema.md.
CREATE TABLE assessments (
    id              INTEGER PRIMARY KEY,
    trace_id        BLOB    NOT NULL,
    assessment_id   TEXT    NOT NULL,
    span_id         TEXT,
    name            TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    value_json      TEXT,
    value_text      TEXT,
    value_number    REAL,
    valid           INTEGER NOT NULL,
    source_type     TEXT    NOT NULL,
    source_id       TEXT,
    overrides       TEXT,
    created_unix_ms INTEGER NOT NULL,
    updated_unix_ms INTEGER NOT NULL,
    body            TEXT    NOT NULL,
    UNIQUE (trace_id, assessment_id)
) STRICT;

CREATE INDEX assessments_by_name ON assessments (kind, name, value_text);
