//! The rows of destinations: how far each is, and what became of what it was owed.
//!
//! # Invariants
//! - A position never goes back. What is counted as lost lies at or before it.

use rusqlite::{Connection, Row, params};
use spanloom_core::Settlement;

use super::policy::{Loss, Overdue};
use crate::writers::NOW_MS;

/// One destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) name: String,
    pub(crate) position: i64,
    pub(crate) since_ms: i64,
    /// The writer that feeds it.
    pub(crate) writer: i64,
}

/// All of them, also those that no process feeds at present.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Destination>> {
    let read = |row: &Row<'_>| {
        Ok(Destination { name: row.get(0)?, position: row.get(1)?, since_ms: row.get(2)?, writer: row.get(3)? })
    };
    connection
        .prepare_cached("SELECT name, position, since_unix_ms, writer FROM destinations ORDER BY name")?
        .query_map([], read)?
        .collect()
}

/// Says that this writer feeds a destination, which is owed everything from now on if it is new.
pub(crate) fn enrol(connection: &Connection, name: &str, writer: i64) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO destinations (name, position, updated_unix_ms, since_unix_ms, writer) VALUES (?1, 0, {NOW_MS}, {NOW_MS}, ?2)
         ON CONFLICT (name) DO UPDATE SET writer = excluded.writer"
    );
    connection.prepare_cached(&sql)?.execute(params![name, writer]).map(drop)
}

/// Counts what became of traces that were acknowledged.
pub(crate) fn settle(connection: &Connection, name: &str, settled: &Settlement) -> rusqlite::Result<()> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "UPDATE destinations SET delivered = delivered + ?2, dead_lettered = dead_lettered + ?3,
                    partial_rejected = partial_rejected + ?4, evicted_cap = max(0, evicted_cap - ?5),
                    evicted_age = max(0, evicted_age - ?6) WHERE name = ?1",
        )?
        .execute(params![
            name,
            count(settled.delivered),
            count(settled.dead_lettered),
            count(settled.partial_rejected),
            count(settled.reprieved.cap),
            count(settled.reprieved.age),
        ])
        .map(drop)
}

/// Moves a destination past what it has lost, and counts it.
pub(crate) fn lose(connection: &Connection, name: &str, overdue: &Overdue) -> rusqlite::Result<()> {
    let count = |loss: Loss| i64::try_from(loss.traces).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "UPDATE destinations SET position = max(position, ?2), evicted_cap = evicted_cap + ?3,
                    evicted_age = evicted_age + ?4 WHERE name = ?1",
        )?
        .execute(params![name, overdue.upto, count(overdue.by_cap), count(overdue.by_age)])
        .map(drop)
}

/// Bytes of the traces after a position.
pub(crate) fn bytes_after(connection: &Connection, position: i64) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM traces WHERE seq > ?1 AND writer = 0 AND damaged = 0")?
        .query_row([position], |row| row.get::<_, i64>(0))
        .map(i64::unsigned_abs)
}
