//! Rows of traces and their payloads: put in, read, taken out.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use spanloom_core::{SealedTrace, TraceId};

use crate::error::{Fault, PayloadError};
use crate::head::Head;
use crate::labels::{self, LabelCache, labels_of};
use crate::payload;

/// The `writer` of completed traces.
pub(crate) const COMPLETED: i64 = 0;
/// Parts one trace may have: its payloads are numbered `seq * 2^24 + part`.
pub(crate) const MAX_PARTS: u32 = 1 << 24;
const HEAD: u32 = 0;

/// The number of the payload row of one part.
pub(crate) const fn payload_id(seq: i64, part: u32) -> i64 {
    (seq << 24) | (part & (MAX_PARTS - 1)) as i64
}

/// The columns of a trace, from its head. Times beyond what SQLite's integers hold are cut; the head keeps them.
///
/// `bytes`: of its payloads, 0 for an open trace.
pub(crate) fn insert_trace(
    connection: &Connection,
    writer: i64,
    head: &Head,
    bytes: u64,
) -> rusqlite::Result<Option<i64>> {
    let info = &head.info;
    connection
        .prepare_cached(
            "INSERT INTO traces (trace_id, writer, request_time_ns, duration_ms, state, name, experiment,
                                 client_request_id, span_count, bytes, stored_unix_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, CAST(unixepoch('subsec') * 1000 AS INTEGER))
             ON CONFLICT (trace_id, writer) DO NOTHING RETURNING seq",
        )?
        .query_row(
            params![
                id_bytes(info.trace_id),
                writer,
                signed(info.request_time_unix_nano),
                info.execution_duration_ms.map(signed),
                info.state.as_str(),
                head.name().map(labels::searched),
                info.experiment_id,
                info.client_request_id.as_deref().map(labels::searched),
                signed(head.span_count),
                signed(bytes),
            ],
            |row| row.get(0),
        )
        .optional()
}

/// Brings the columns of an open trace up to date.
pub(crate) fn update_trace(connection: &Connection, seq: i64, head: &Head) -> rusqlite::Result<()> {
    let info = &head.info;
    connection
        .prepare_cached(
            "UPDATE traces SET request_time_ns = ?2, duration_ms = ?3, state = ?4, name = ?5, experiment = ?6,
                               client_request_id = ?7, span_count = ?8 WHERE seq = ?1",
        )?
        .execute(params![
            seq,
            signed(info.request_time_unix_nano),
            info.execution_duration_ms.map(signed),
            info.state.as_str(),
            head.name().map(labels::searched),
            info.experiment_id,
            info.client_request_id.as_deref().map(labels::searched),
            signed(head.span_count),
        ])
        .map(drop)
}

/// The row of a trace in one writer.
pub(crate) fn find(connection: &Connection, id: TraceId, writer: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT seq FROM traces WHERE trace_id = ?1 AND writer = ?2")?
        .query_row(params![id_bytes(id), writer], |row| row.get(0))
        .optional()
}

/// Writes a head's envelope.
pub(crate) fn put_head(connection: &Connection, seq: i64, envelope: &[u8]) -> rusqlite::Result<()> {
    put(connection, payload_id(seq, HEAD), envelope)
}

/// Writes the envelope of chunk `chunk`, from 0.
pub(crate) fn put_chunk(connection: &Connection, seq: i64, chunk: u32, envelope: &[u8]) -> rusqlite::Result<()> {
    put(connection, payload_id(seq, chunk + 1), envelope)
}

fn put(connection: &Connection, id: i64, envelope: &[u8]) -> rusqlite::Result<()> {
    let mut insert: CachedStatement<'_> =
        connection.prepare_cached("INSERT OR REPLACE INTO payloads (id, body) VALUES (?1, ?2)")?;
    insert.execute(params![id, envelope]).map(drop)
}

/// The part number under which chunk `chunk` is sealed.
pub(crate) const fn chunk_part(chunk: u32) -> u32 {
    chunk + 1
}

/// The head of a trace.
pub(crate) fn read_head(connection: &Connection, seq: i64, id: TraceId) -> Result<Head, Fault> {
    let content = read_first(connection, seq, id)?;
    Head::decode(id, &content).map(|(head, _)| head).map_err(|error| Fault::Payload(id, error))
}

/// The head of a trace, its spans, and where each chunk of them ends.
pub(crate) fn read_whole(connection: &Connection, seq: i64, id: TraceId) -> Result<(Head, Vec<u8>, Vec<usize>), Fault> {
    whole(id, &read_parts(connection, seq, id)?)
}

/// The contents of all parts of a trace, its head first.
pub(crate) fn read_parts(connection: &Connection, seq: i64, id: TraceId) -> Result<Vec<Vec<u8>>, Fault> {
    let fault = |error| Fault::Payload(id, error);
    let sql = "SELECT id, body FROM payloads WHERE id >= ?1 AND id < ?2 ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([payload_id(seq, HEAD), payload_id(seq + 1, HEAD)])?;
    let mut parts = Vec::new();
    let mut next = HEAD;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(0)? != payload_id(seq, next) {
            return Err(fault(PayloadError::Missing(next)));
        }
        let envelope = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        parts.push(payload::open(id, next, envelope).map_err(fault)?);
        next += 1;
    }
    if parts.is_empty() { Err(fault(PayloadError::Missing(HEAD))) } else { Ok(parts) }
}

/// What [`read_parts`] read, decoded.
pub(crate) fn whole(id: TraceId, parts: &[Vec<u8>]) -> Result<(Head, Vec<u8>, Vec<usize>), Fault> {
    let fault = |error| Fault::Payload(id, error);
    let (first, chunks) = parts.split_first().ok_or(fault(PayloadError::Missing(HEAD)))?;
    let (head, inline) = Head::decode(id, first).map_err(fault)?;
    let (mut body, mut ends) = (inline.to_vec(), Vec::new());
    if !body.is_empty() {
        ends.push(body.len());
    }
    for chunk in chunks {
        body.extend_from_slice(chunk);
        ends.push(body.len());
    }
    match head.chunks {
        Some(expected) if expected as usize != chunks.len() => {
            Err(fault(PayloadError::Missing(u32::try_from(parts.len()).unwrap_or(u32::MAX))))
        }
        _ => Ok((head, body, ends)),
    }
}

fn read_first(connection: &Connection, seq: i64, id: TraceId) -> Result<Vec<u8>, Fault> {
    let mut statement = connection.prepare_cached("SELECT body FROM payloads WHERE id = ?1")?;
    let mut rows = statement.query([payload_id(seq, HEAD)])?;
    let fault = |error| Fault::Payload(id, error);
    let row = rows.next()?.ok_or(fault(PayloadError::Missing(HEAD)))?;
    payload::open(id, HEAD, row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?).map_err(fault)
}

/// A completed trace, as it was committed.
pub(crate) fn read_sealed(connection: &Connection, seq: i64, id: TraceId) -> Result<SealedTrace, Fault> {
    let (head, body, ends) = read_whole(connection, seq, id)?;
    let mut sealed = SealedTrace::new(head.info, body, ends, head.span_count);
    sealed.span_kinds = head.span_kinds;
    Ok(sealed)
}

/// Removes a trace with everything that belongs to it. Its labels are found through its head; where that is damaged
/// they stay behind and point to nothing.
pub(crate) fn remove(connection: &Connection, cache: &mut LabelCache, seq: i64, id: TraceId) -> Result<(), Fault> {
    if let Ok(head) = read_head(connection, seq, id) {
        let numbers = cache.numbers(connection, labels_of(&head))?;
        labels::detach(connection, seq, &numbers)?;
    }
    remove_rows(connection, seq)?;
    Ok(())
}

/// Removes a trace whose labels are gone already.
pub(crate) fn remove_rows(connection: &Connection, seq: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM payloads WHERE id >= ?1 AND id < ?2")?
        .execute([payload_id(seq, HEAD), payload_id(seq + 1, HEAD)])?;
    connection.prepare_cached("DELETE FROM live WHERE seq = ?1")?.execute([seq])?;
    connection.prepare_cached("DELETE FROM traces WHERE seq = ?1")?.execute([seq]).map(drop)
}

/// Keeps a damaged trace for a repair, where nothing reads it; its id can be stored anew.
pub(crate) fn set_aside(connection: &Connection, seq: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE traces SET writer = -seq, damaged = 1 WHERE seq = ?1")?.execute([seq]).map(drop)
}

/// A trace id as it is stored: 16 bytes, the most significant first.
pub(crate) fn id_bytes(id: TraceId) -> [u8; 16] {
    id.to_u128().to_be_bytes()
}

/// Back from [`id_bytes`].
pub(crate) fn id_from_bytes(bytes: &[u8]) -> Option<TraceId> {
    TraceId::from_u128(u128::from_be_bytes(bytes.try_into().ok()?))
}

/// SQLite's integers end at `i64::MAX`.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
