//! What a store is, in numbers.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};
use serde::Serialize;
use spanloom_core::{Cursor, Evicted};

use crate::error::Fault;
use crate::location::Location;
use crate::schema::SCHEMA_VERSION;

/// What a store is, in numbers. Bytes are those of its files; all are 0 in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStatus {
    /// The file, as it was given.
    pub path: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of the write-ahead log beside it.
    pub wal_bytes: u64,
    /// Bytes of the file that keeps some room on the disk.
    pub ballast_bytes: u64,
    /// Version of the tables.
    pub schema: u32,
    /// Version of SQLite.
    pub sqlite: &'static str,
    /// Completed traces.
    pub traces: u64,
    /// Their spans.
    pub spans: u64,
    /// Open traces, interrupted ones too.
    pub open_traces: u64,
    /// Traces that were found damaged, and are kept for a repair.
    pub damaged: u64,
    /// How far each destination has acknowledged, by its name.
    pub destinations: BTreeMap<String, Cursor>,
    /// What became of what each destination was owed, by its name.
    pub outboxes: BTreeMap<String, OutboxStatus>,
    /// The position of the newest completed trace.
    pub newest: Cursor,
    /// Traces that were removed because the store was full or they were old.
    pub retired_traces: u64,
    /// Their spans.
    pub retired_spans: u64,
}

/// What became of what one destination was owed, in traces, since it is known to the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OutboxStatus {
    /// Taken by the destination.
    pub delivered: u64,
    /// Stored, and neither acknowledged nor lost.
    pub queued: u64,
    /// Bytes of those.
    pub queued_bytes: u64,
    /// When the oldest of them was stored, in milliseconds since the Unix epoch.
    pub oldest_unix_ms: Option<i64>,
    /// Refused for what they are.
    pub dead_lettered: u64,
    /// Taken in part.
    pub partial_rejected: u64,
    /// Lost before the destination got them.
    pub evicted: Evicted,
}

impl OutboxStatus {
    /// Everything that it was ever owed.
    pub fn enqueued(&self) -> u64 {
        let Evicted { cap, age, purge } = self.evicted;
        self.delivered + self.queued + self.dead_lettered + self.partial_rejected + cap + age + purge
    }
}

pub(crate) fn read(connection: &Connection, location: &Location) -> Result<StoreStatus, Fault> {
    let count = |sql: &str| -> rusqlite::Result<u64> {
        connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
    };
    let destinations = connection
        .prepare_cached("SELECT name, position FROM destinations")?
        .query_map([], |row| Ok((row.get(0)?, Cursor(row.get::<_, i64>(1)?.unsigned_abs()))))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(StoreStatus {
        path: location.shown().to_owned(),
        bytes: file_bytes(location, ""),
        wal_bytes: file_bytes(location, "-wal"),
        ballast_bytes: file_bytes(location, "-ballast"),
        schema: SCHEMA_VERSION,
        sqlite: rusqlite::version(),
        traces: count("SELECT count(*) FROM traces WHERE writer = 0")?,
        spans: count("SELECT coalesce(sum(span_count), 0) FROM traces WHERE writer = 0")?,
        open_traces: count("SELECT count(DISTINCT trace_id) FROM traces WHERE seq IN (SELECT seq FROM live)")?,
        damaged: count("SELECT count(*) FROM traces WHERE damaged <> 0")?,
        destinations,
        outboxes: outboxes(connection)?,
        retired_traces: count("SELECT value FROM counters WHERE name = 'retired_traces'")?,
        retired_spans: count("SELECT value FROM counters WHERE name = 'retired_spans'")?,
        newest: Cursor(count("SELECT coalesce(max(seq), 0) FROM traces WHERE writer = 0")?),
    })
}

fn outboxes(connection: &Connection) -> rusqlite::Result<BTreeMap<String, OutboxStatus>> {
    const OWED: &str = "FROM traces WHERE seq > d.position AND writer = 0 AND damaged = 0";
    let sql = format!(
        "SELECT d.name, d.delivered, d.dead_lettered, d.partial_rejected, d.evicted_cap, d.evicted_age, d.evicted_purge,
                (SELECT count(*) {OWED}), (SELECT coalesce(sum(bytes), 0) {OWED}),
                (SELECT max(stored_unix_ms, d.since_unix_ms) {OWED} ORDER BY seq LIMIT 1)
         FROM destinations d"
    );
    connection.prepare_cached(&sql)?.query_map([], |row| Ok((row.get(0)?, outbox(row)?)))?.collect()
}

fn outbox(row: &Row<'_>) -> rusqlite::Result<OutboxStatus> {
    let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
    Ok(OutboxStatus {
        delivered: count(1)?,
        dead_lettered: count(2)?,
        partial_rejected: count(3)?,
        evicted: Evicted { cap: count(4)?, age: count(5)?, purge: count(6)? },
        queued: count(7)?,
        queued_bytes: count(8)?,
        oldest_unix_ms: row.get(9)?,
    })
}

/// By name: opening the file here would take SQLite's locks away.
fn file_bytes(location: &Location, suffix: &str) -> u64 {
    location.beside(suffix).and_then(|path| path.metadata().ok()).map_or(0, |found| found.len())
}
