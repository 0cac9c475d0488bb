//! The rows of processes that write: who they are, whether they live, what they counted.
//!
//! # Invariants
//! - A store writes its own row and no other's.
//! - A writer is dead when its store was closed, when its process is gone, or, where that cannot be seen, when its
//!   heartbeat is older than [`HEARTBEAT_LOST_MS`]. Its open traces are then *interrupted*, for every reader at once.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use spanloom_core::{Conservation, Counts, WriterCounters};

use crate::process::{self, ProcessIdentity, ProcessState};

/// Now, in SQL.
pub(crate) const NOW_MS: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
/// Without a heartbeat for so long, a writer whose process cannot be seen counts as dead. Writers beat every 5 s.
const HEARTBEAT_LOST_MS: i64 = 30_000;

/// Adds a row for this process and gives its id.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<i64> {
    let process = process::current();
    connection
        .prepare_cached(&format!(
            "INSERT INTO writers (pid, process_start, boot, namespace, opened_unix_ms, heartbeat_unix_ms)
             VALUES (?1, ?2, ?3, ?4, {NOW_MS}, {NOW_MS}) RETURNING id"
        ))?
        .query_row(params![process.pid, process.start_ticks, process.boot, process.namespace], |row| row.get(0))
}

/// Says that the writer lives.
pub(crate) fn beat(connection: &Connection, writer: i64) -> rusqlite::Result<()> {
    let sql = format!("UPDATE writers SET heartbeat_unix_ms = {NOW_MS} WHERE id = ?1");
    connection.prepare_cached(&sql)?.execute([writer]).map(drop)
}

/// Says that the writer has ended and leaves nothing open.
pub(crate) fn close(connection: &Connection, writer: i64) -> rusqlite::Result<()> {
    let sql = format!("UPDATE writers SET closed_unix_ms = {NOW_MS} WHERE id = ?1");
    connection.prepare_cached(&sql)?.execute([writer]).map(drop)
}

/// Replaces what the writer counted.
pub(crate) fn set_counters(connection: &Connection, writer: i64, counters: &WriterCounters) -> rusqlite::Result<()> {
    let json = serde_json::to_string(&StoredCounters::of(counters))
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection
        .prepare_cached("UPDATE writers SET counters = ?2 WHERE id = ?1")?
        .execute(params![writer, json])
        .map(drop)
}

/// Everything that all writers counted.
pub(crate) fn total_counters(connection: &Connection) -> rusqlite::Result<WriterCounters> {
    let mut total = WriterCounters::default();
    let mut statement = connection.prepare_cached("SELECT counters FROM writers WHERE counters IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let json = row.get_ref(0)?.as_str()?;
        let stored: StoredCounters = serde_json::from_str(json).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
        })?;
        stored.add_to(&mut total);
    }
    Ok(total)
}

/// Whether a writer still runs; one without a row does not.
pub(crate) fn is_alive(connection: &Connection, writer: i64) -> rusqlite::Result<bool> {
    let sql = format!(
        "SELECT pid, process_start, boot, namespace, closed_unix_ms IS NOT NULL, {NOW_MS} - heartbeat_unix_ms
         FROM writers WHERE id = ?1"
    );
    let found = connection.prepare_cached(&sql)?.query_row([writer], WriterLife::from_row).optional()?;
    Ok(found.is_some_and(|life| life.is_alive(process::state(&life.process))))
}

struct WriterLife {
    process: ProcessIdentity,
    closed: bool,
    silent_ms: i64,
}

impl WriterLife {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            process: ProcessIdentity {
                pid: row.get(0)?,
                start_ticks: row.get(1)?,
                boot: row.get(2)?,
                namespace: row.get(3)?,
            },
            closed: row.get(4)?,
            silent_ms: row.get(5)?,
        })
    }

    fn is_alive(&self, process: ProcessState) -> bool {
        !self.closed
            && match process {
                ProcessState::Running => true,
                ProcessState::Gone => false,
                ProcessState::Unknown => self.silent_ms < HEARTBEAT_LOST_MS,
            }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredCounters {
    #[serde(flatten)]
    conservation: Conservation,
    truncated: u64,
    redacted: u64,
    panics: u64,
}

impl StoredCounters {
    fn of(counters: &WriterCounters) -> Self {
        Self {
            conservation: counters.conservation.clone(),
            truncated: counters.truncated,
            redacted: counters.redacted,
            panics: counters.panics,
        }
    }

    fn add_to(self, total: &mut WriterCounters) {
        add(&mut total.conservation.spans, self.conservation.spans);
        add(&mut total.conservation.traces, self.conservation.traces);
        total.truncated = total.truncated.saturating_add(self.truncated);
        total.redacted = total.redacted.saturating_add(self.redacted);
        total.panics = total.panics.saturating_add(self.panics);
    }
}

fn add(total: &mut Counts, part: Counts) {
    total.started = total.started.saturating_add(part.started);
    total.live = total.live.saturating_add(part.live);
    total.completed_pending = total.completed_pending.saturating_add(part.completed_pending);
    total.stored = total.stored.saturating_add(part.stored);
    for (reason, count) in part.dropped {
        let sum = total.dropped.entry(reason).or_default();
        *sum = sum.saturating_add(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(closed: bool, process: ProcessState, silent_ms: i64, alive: bool) {
        let life = WriterLife { process: process::current(), closed, silent_ms };
        assert_eq!(life.is_alive(process), alive);
    }

    #[test]
    fn the_process_decides_and_the_heartbeat_only_where_it_cannot_be_seen() {
        check(false, ProcessState::Running, i64::MAX, true);
        check(false, ProcessState::Gone, 0, false);
        check(false, ProcessState::Unknown, 29_999, true);
        check(false, ProcessState::Unknown, 30_000, false);
        check(false, ProcessState::Unknown, -5_000, true);
        check(true, ProcessState::Running, 0, false);
    }
}
