//! Reading one trace.

use rusqlite::{Connection, params};
use spanloom_core::{Trace, TraceId, TraceInfo, assemble, codec};

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
    let mut info = info_of(connection, &found, head.info)?;
    info.assessments = assessments::of(connection, id)?;
    let parts = codec::decode_parts(&body).collect::<Result<Vec<_>, _>>();
    let parts = parts.map_err(|error| Fault::Payload(id, PayloadError::Spans(error)))?;
    Ok(Some(Trace::new(info, assemble::spans(id, parts))))
}

/// Completed by one process is completed. Else it is interrupted when none of its writers lives.
fn info_of(connection: &Connection, rows: &[(i64, i64)], mut info: TraceInfo) -> Result<TraceInfo, Fault> {
    if rows.iter().all(|(_, writer)| *writer != COMPLETED) {
        let mut alive = false;
        for (_, writer) in rows {
            alive |= writers::is_alive(connection, *writer)?;
        }
        info.interrupted = !alive;
    }
    Ok(info)
}
