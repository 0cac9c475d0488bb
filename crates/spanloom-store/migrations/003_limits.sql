-- What retention and the outbox of each destination have to know.

-- When a trace came, which its own times do not say, and how many bytes its payloads have.
ALTER TABLE traces ADD COLUMN stored_unix_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE traces ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE traces SET
    stored_unix_ms = min(request_time_ns / 1000000, CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    bytes = (SELECT coalesce(sum(length(body)), 0) FROM payloads WHERE id >= (traces.seq << 24) AND id < ((traces.seq + 1) << 24));

-- Since when a destination is owed traces, which process feeds it, and what became of those that it is owed no more.
ALTER TABLE destinations ADD COLUMN since_unix_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destinations ADD COLUMN writer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destinations ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destinations ADD COLUMN dead_lettered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destinations ADD COLUMN partial_rejected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destinations ADD COLUMN evicted_cap INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destinations ADD COLUMN evicted_age INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destinations ADD COLUMN evicted_purge INTEGER NOT NULL DEFAULT 0;
UPDATE destinations SET since_unix_ms = updated_unix_ms;

-- What went because the store was full or it was old.
INSERT INTO counters (name, value) VALUES ('retired_traces', 0), ('retired_spans', 0);
