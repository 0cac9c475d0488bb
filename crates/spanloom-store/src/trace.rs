//! Reading one trace.

use rusqlite::{Connection, params};
use spanloom_core::{SpanRecord, Trace, TraceId, TraceInfo, TraceState, assemble, attribute_key as key, codec};

use crate::error::{Fault, PayloadError};
use crate::rows::{self, COMPLETED, id_bytes};
use crate::{assessments, writers};

/// A trace by its id: all that was stored of it, by whichever process.
///
/// There may be several rows: one process has completed its part while another's is open.
pub(crate) fn get(connection: &Connection, id: TraceId) -> Result<Option<Trace>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT seq, writer FROM traces WHERE trace_id = ?1 AND writer >= 0 ORDER BY writer, seq")?;
    let found = statement
        .query_map(params![id_bytes(id)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
    let mut wholes = found.iter().map(|(seq, _)| rows::read_whole(connection, *seq, id));
    let Some(first) = wholes.next() else { return Ok(None) };
    let (head, mut body, _) = first?;
    for whole in wholes {
        body.append(&mut whole?.1);
    }
    let parts = codec::decode_parts(&body).collect::<Result<Vec<_>, _>>();
    let parts = parts.map_err(|error| Fault::Payload(id, PayloadError::Spans(error)))?;
    let spans = assemble::spans(id, parts);
    let mut info = info_of(connection, &found, head.info, &spans)?;
    info.assessments = assessments::of(connection, id)?;
    Ok(Some(Trace::new(info, spans)))
}

/// Completed by the process that has the root is completed, whatever others still record. Else it is in progress while a
/// process records it, and interrupted when nothing of it was completed and none of its writers lives.
fn info_of(
    connection: &Connection,
    rows: &[(i64, i64)],
    mut info: TraceInfo,
    spans: &[SpanRecord],
) -> Result<TraceInfo, Fault> {
    let mut alive = false;
    for (_, writer) in rows.iter().filter(|(_, writer)| *writer != COMPLETED) {
        alive |= writers::is_alive(connection, *writer)?;
    }
    let root = spans.first().filter(|span| span.parent_id.is_none());
    if alive && root.is_none_or(|root| root.end_time_unix_nano.is_none()) {
        info.state = TraceState::InProgress;
        info.execution_duration_ms = None;
        // Whoever records it has resumed it.
        info.trace_metadata.remove(key::PAUSED);
    }
    info.interrupted |= !alive && rows.iter().all(|(_, writer)| *writer != COMPLETED);
    Ok(info)
}
