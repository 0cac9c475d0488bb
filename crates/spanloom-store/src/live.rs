//! Rows of open traces: the journal of what happened in them so far.
//!
//! # Invariants
//! - An open trace has one row in each writer in which it is open, and only that writer touches it.
//! - The row, its head and its labels are those of the newest chunk.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};
use spanloom_core::{JournalChunk, StatusPart, TraceId, attribute_key, codec};

use crate::error::Fault;
use crate::head::{Head, SpanKinds};
use crate::labels::{self, LabelCache, Labelled, labels_of};
use crate::payload::Sealer;
use crate::rows::{self, id_from_bytes, signed};
use crate::store::Session;
use crate::writers::NOW_MS;

/// What the writer remembers of its open traces, so that a chunk costs no look-ups.
pub(crate) type LiveTraces = HashMap<TraceId, LiveTrace>;

/// One open trace of this writer.
#[derive(Debug)]
pub(crate) struct LiveTrace {
    seq: i64,
    kinds: SpanKinds,
    labels: Vec<Labelled>,
    head_checksum: u32,
}

/// What the rows say is open in a writer: after an error, what is remembered may not be what was committed.
pub(crate) fn load(connection: &Connection, cache: &mut LabelCache, writer: i64) -> Result<LiveTraces, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT seq, trace_id FROM traces WHERE seq IN (SELECT seq FROM live WHERE writer = ?1)")?;
    let rows = statement.query_map([writer], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let mut traces = LiveTraces::new();
    for row in rows {
        let (seq, id) = row?;
        let Some(id) = id_from_bytes(&id) else { continue };
        let (labels, kinds) = match rows::read_head(connection, seq, id) {
            Ok(head) => (cache.numbers(connection, labels_of(&head))?, head.span_kinds),
            // The next chunk writes a new head.
            Err(Fault::Payload(..)) => (Vec::new(), SpanKinds::new()),
            Err(fault) => return Err(fault),
        };
        traces.insert(id, LiveTrace { seq, kinds, labels, head_checksum: 0 });
    }
    Ok(traces)
}

/// Takes the journal of every open trace of this writer out of the store, and remembers not to begin it again.
pub(crate) fn give_up(connection: &Connection, session: &mut Session, writer: i64) -> Result<usize, Fault> {
    session.labels.begin(connection)?;
    let traces = load(connection, &mut session.labels, writer)?;
    let count = traces.len();
    for (id, trace) in traces {
        labels::detach(connection, trace.seq, &trace.labels)?;
        rows::remove_rows(connection, trace.seq)?;
        session.unjournalled.insert(id);
    }
    session.live = None;
    Ok(count)
}

/// Everything that writing a chunk needs.
pub(crate) struct Journal<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) writer: i64,
    pub(crate) live: LiveTraces,
    pub(crate) cache: &'a mut LabelCache,
    pub(crate) sealer: &'a mut Sealer,
    /// Open traces that the store has no room for.
    pub(crate) unjournalled: &'a mut HashSet<TraceId>,
}

impl Journal<'_> {
    /// Appends a chunk, whose envelope is given, to its trace's journal.
    pub(crate) fn append(&mut self, chunk: &JournalChunk, envelope: &[u8]) -> Result<(), Fault> {
        let Some(number) = u32::try_from(chunk.sequence).ok().filter(|number| *number < rows::MAX_PARTS - 2) else {
            tracing::warn!(trace = %chunk.trace_id(), "an open trace has too many journal chunks, the rest is stored when it completes");
            return Ok(());
        };
        if self.unjournalled.contains(&chunk.trace_id()) {
            return Ok(());
        }
        let mut trace = match self.live.remove(&chunk.trace_id()) {
            Some(trace) => trace,
            None => self.begin(chunk)?,
        };
        note_kinds(&mut trace.kinds, &chunk.body);
        let head = head_of(chunk, &trace.kinds);
        self.put_head(&mut trace, &head)?;
        rows::put_chunk(self.connection, trace.seq, number, envelope)?;
        self.put_live(trace.seq, chunk)?;
        self.live.insert(chunk.trace_id(), trace);
        Ok(())
    }

    /// Removes what was journalled of a trace in this writer, if there is anything.
    pub(crate) fn remove(&mut self, id: TraceId) -> Result<(), Fault> {
        self.unjournalled.remove(&id);
        if let Some(trace) = self.live.remove(&id) {
            labels::detach(self.connection, trace.seq, &trace.labels)?;
            rows::remove_rows(self.connection, trace.seq)?;
        }
        Ok(())
    }

    /// Journals nothing more of a trace until it is complete.
    pub(crate) fn leave(&mut self, id: TraceId) -> Result<(), Fault> {
        self.remove(id)?;
        self.unjournalled.insert(id);
        Ok(())
    }

    fn begin(&mut self, chunk: &JournalChunk) -> Result<LiveTrace, Fault> {
        let head = head_of(chunk, &SpanKinds::new());
        let id = chunk.trace_id();
        let inserted = rows::insert_trace(self.connection, self.writer, &head, 0)?;
        let seq = match inserted {
            Some(seq) => seq,
            None => rows::find(self.connection, id, self.writer)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?,
        };
        Ok(LiveTrace { seq, kinds: SpanKinds::new(), labels: Vec::new(), head_checksum: 0 })
    }

    fn put_head(&mut self, trace: &mut LiveTrace, head: &Head) -> Result<(), Fault> {
        let text = head.encode(&[]);
        let checksum = crc32c::crc32c(&text);
        if checksum == trace.head_checksum {
            return Ok(());
        }
        trace.head_checksum = checksum;
        rows::update_trace(self.connection, trace.seq, head)?;
        rows::put_head(self.connection, trace.seq, &self.sealer.seal(head.info.trace_id, 0, &text))?;
        let labels = self.cache.numbers(self.connection, labels_of(head))?;
        let gone: Vec<_> = trace.labels.iter().filter(|old| !labels.contains(old)).copied().collect();
        let new: Vec<_> = labels.iter().filter(|new| !trace.labels.contains(new)).copied().collect();
        labels::detach(self.connection, trace.seq, &gone)?;
        labels::attach(self.connection, trace.seq, &new)?;
        trace.labels = labels;
        Ok(())
    }

    fn put_live(&self, seq: i64, chunk: &JournalChunk) -> Result<(), Fault> {
        let sql = format!(
            "INSERT OR REPLACE INTO live (seq, writer, open_spans, oldest_open_ns, updated_unix_ms)
             VALUES (?1, ?2, ?3, ?4, {NOW_MS})"
        );
        let oldest = chunk.oldest_open_unix_nano.map(signed);
        self.connection.prepare_cached(&sql)?.execute(params![seq, self.writer, signed(chunk.open_spans), oldest])?;
        Ok(())
    }
}

fn head_of(chunk: &JournalChunk, kinds: &SpanKinds) -> Head {
    Head { info: chunk.info.clone(), span_count: chunk.span_count, span_kinds: kinds.clone(), chunks: None }
}

/// Names and types of spans that began in this chunk. Exact once the trace completes: a type that is set in a later
/// chunk, or an error there, is not seen here.
fn note_kinds(kinds: &mut SpanKinds, body: &[u8]) {
    for part in codec::decode_parts(body).flatten() {
        let Some(start) = &part.start else { continue };
        let stated = part.attributes.iter().rev().find(|(key, _)| key == attribute_key::SPAN_TYPE);
        let stated = stated.and_then(|(_, json)| serde_json::from_str::<String>(json).ok());
        let span_type = stated.as_deref().unwrap_or("UNKNOWN");
        let error = matches!(part.status, Some(StatusPart::Error(_)));
        match kinds.iter_mut().find(|(name, kind, _)| *name == start.name && kind == span_type) {
            Some(kind) => kind.2 |= error,
            None => kinds.push((start.name.clone().into_owned(), span_type.to_owned(), error)),
        }
    }
}
