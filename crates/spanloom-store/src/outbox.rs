//! What destinations are owed: completed traces in the order of their positions, and how far each destination is.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use spanloom_core::{Cursor, SealedTrace};

use crate::assessments;
use crate::error::Fault;
use crate::rows::{self, id_from_bytes, signed};
use crate::writers::NOW_MS;

/// How far a destination has acknowledged.
pub(crate) fn acknowledged(connection: &Connection, destination: &str) -> rusqlite::Result<Cursor> {
    let position: Option<i64> = connection
        .prepare_cached("SELECT position FROM destinations WHERE name = ?1")?
        .query_row([destination], |row| row.get(0))
        .optional()?;
    Ok(Cursor(position.map_or(0, i64::unsigned_abs)))
}

/// Moves a destination forward; never back.
pub(crate) fn acknowledge(connection: &Connection, destination: &str, position: Cursor) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO destinations (name, position, updated_unix_ms) VALUES (?1, ?2, {NOW_MS})
         ON CONFLICT (name) DO UPDATE SET position = max(position, excluded.position), updated_unix_ms = excluded.updated_unix_ms"
    );
    connection.prepare_cached(&sql)?.execute(params![destination, signed(position.0)]).map(drop)
}

/// Completed traces after a position. A damaged one is marked and passed over: it must not hold up the others.
pub(crate) fn fetch(
    connection: &Connection,
    after: Cursor,
    max_traces: usize,
    max_bytes: usize,
) -> Result<Vec<(Cursor, Arc<SealedTrace>)>, Fault> {
    let (mut traces, mut bytes, mut damaged) = (Vec::new(), 0, Vec::new());
    {
        let mut statement = connection.prepare_cached(
            "SELECT seq, trace_id FROM traces WHERE seq > ?1 AND writer = 0 AND damaged = 0 ORDER BY seq",
        )?;
        let mut rows = statement.query([signed(after.0)])?;
        while traces.is_empty() || (traces.len() < max_traces && bytes < max_bytes) {
            let Some(row) = rows.next()? else { break };
            let seq: i64 = row.get(0)?;
            let Some(id) = id_from_bytes(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?) else { continue };
            match rows::read_sealed(connection, seq, id) {
                Ok(mut trace) => {
                    trace.info.assessments = assessments::of(connection, id)?;
                    bytes += trace.size_bytes();
                    traces.push((Cursor(seq.unsigned_abs()), Arc::new(trace)));
                }
                Err(Fault::Payload(id, error)) => {
                    tracing::error!(trace = %id, %error, "a stored trace is damaged and cannot be delivered");
                    damaged.push(seq);
                }
                Err(fault) => return Err(fault),
            }
        }
    }
    for seq in damaged {
        connection.prepare_cached("UPDATE traces SET damaged = 1 WHERE seq = ?1")?.execute([seq])?;
    }
    Ok(traces)
}

/// Spans of completed traces after a position.
pub(crate) fn spans_after(connection: &Connection, position: Cursor) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "SELECT coalesce(sum(span_count), 0) FROM traces WHERE seq > ?1 AND writer = 0 AND damaged = 0",
        )?
        .query_row([signed(position.0)], |row| row.get::<_, i64>(0))
        .map(i64::unsigned_abs)
}
