//! What a store is, in numbers.

use std::collections::BTreeMap;

use rusqlite::Connection;
use spanloom_core::Cursor;

use crate::error::Fault;
use crate::location::Location;
use crate::schema::SCHEMA_VERSION;

/// What a store is, in numbers. Bytes are those of its files; both are 0 in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStatus {
    /// The file, as it was given.
    pub path: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of the write-ahead log beside it.
    pub wal_bytes: u64,
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
    /// The position of the newest completed trace.
    pub newest: Cursor,
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
        schema: SCHEMA_VERSION,
        sqlite: rusqlite::version(),
        traces: count("SELECT count(*) FROM traces WHERE writer = 0")?,
        spans: count("SELECT coalesce(sum(span_count), 0) FROM traces WHERE writer = 0")?,
        open_traces: count("SELECT count(DISTINCT trace_id) FROM traces WHERE seq IN (SELECT seq FROM live)")?,
        damaged: count("SELECT count(*) FROM traces WHERE damaged <> 0")?,
        destinations,
        newest: Cursor(count("SELECT coalesce(max(seq), 0) FROM traces WHERE writer = 0")?),
    })
}

/// By name: opening the file here would take SQLite's locks away.
fn file_bytes(location: &Location, suffix: &str) -> u64 {
    let Some(path) = location.path() else { return 0 };
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    std::fs::metadata(name).map_or(0, |found| found.len())
}
