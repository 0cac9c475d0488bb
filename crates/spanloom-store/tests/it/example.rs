//! Traces to store.

use std::sync::Arc;

use spanloom_core::{
    JournalChunk, SealedTrace, SpanEvent, SpanId, SpanPart, SpanRecord, SpanStatus, StoreBatch, Trace, TraceId,
    TraceInfo, TraceState, attribute_key, codec,
};
use spanloom_store::{Store, StoreOptions};

/// 2026-05-28, in nanoseconds: the base of the times in these tests.
pub(crate) const T0: u64 = 1_780_000_000_000_000_000;

pub(crate) fn trace_id(number: u128) -> TraceId {
    TraceId::from_u128(number).expect("not zero")
}

pub(crate) fn span_id(number: u64) -> SpanId {
    SpanId::from_u64(number).expect("not zero")
}

/// A trace of `spans` spans: a root and its children.
pub(crate) fn trace(number: u128, spans: u64) -> Trace {
    let id = trace_id(number);
    let mut info = TraceInfo::new(id, T0 + number as u64 * 1_000_000);
    info.state = TraceState::Ok;
    info.execution_duration_ms = Some(number as u64);
    info.tags.insert(attribute_key::TRACE_NAME.to_owned(), format!("trace-{}", number % 10));
    info.tags.insert("env".to_owned(), if number.is_multiple_of(2) { "prod" } else { "dev" }.to_owned());
    info.trace_metadata.insert("release".to_owned(), format!("1.{}", number % 3));
    info.request_preview = Some(format!("question {number}"));
    Trace::new(info, (1..=spans).map(|span| record(id, span)).collect())
}

pub(crate) fn record(id: TraceId, number: u64) -> SpanRecord {
    let name = if number == 1 { "root".to_owned() } else { format!("step-{}", number % 3) };
    let mut span = SpanRecord::new(id, span_id(number), name, T0 + number);
    span.parent_id = (number > 1).then(|| span_id(1));
    span.end_time_unix_nano = Some(T0 + 1_000 + number);
    let span_type = if number == 1 { "AGENT" } else { "TOOL" };
    span.span_type = span_type.into();
    span.set_attribute(attribute_key::SPAN_TYPE, span_type);
    span.set_inputs(format!("größe {number} \u{0}"));
    span.status = SpanStatus::Ok;
    span.events.push(SpanEvent::new("event").at_unix_nanos(T0 + number).attribute("n", number));
    span
}

pub(crate) fn sealed(trace: &Trace) -> Arc<SealedTrace> {
    Arc::new(SealedTrace::from_trace(trace))
}

pub(crate) fn completed(traces: &[Trace]) -> StoreBatch {
    StoreBatch { completed: traces.iter().map(sealed).collect(), ..StoreBatch::default() }
}

/// What an open trace looks like in the journal: these spans, the last of them without an end.
pub(crate) fn chunk(number: u128, sequence: u64, spans: std::ops::RangeInclusive<u64>) -> JournalChunk {
    let mut info = trace(number, 0).info;
    info.state = TraceState::InProgress;
    info.execution_duration_ms = None;
    let mut body = Vec::new();
    let last = *spans.end();
    for span in spans {
        let mut record = record(trace_id(number), span);
        if span == last {
            record.end_time_unix_nano = None;
            record.status = SpanStatus::Unset;
        }
        codec::encode_part(&SpanPart::from_record(&record), &mut body);
    }
    let mut chunk = JournalChunk::new(info, sequence, body);
    chunk.open_spans = 1;
    chunk.span_count = last;
    chunk.oldest_open_unix_nano = Some(T0 + last);
    chunk
}

pub(crate) fn journal(chunks: impl IntoIterator<Item = JournalChunk>) -> StoreBatch {
    StoreBatch { journal: chunks.into_iter().collect(), ..StoreBatch::default() }
}

/// A store in a directory of its own.
pub(crate) fn on_disk() -> (tempfile::TempDir, std::path::PathBuf, Store) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("traces.db");
    let store = Store::open(&path, StoreOptions::default()).expect("opens");
    (directory, path, store)
}
