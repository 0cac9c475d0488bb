//! A trace in the form in which it is stored and delivered.

use crate::{CodecError, SpanPart, Trace, TraceId, TraceInfo, assemble, codec};

/// A completed trace: redacted, within its limits, its spans encoded by [`codec`].
///
/// It may also *amend* a stored trace of the same id: spans that ended, or were started, after the trace was closed.
/// A store merges those by span id.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SealedTrace {
    /// What is known of the whole. Of an amendment only the spans count.
    pub info: TraceInfo,
    /// The spans, encoded one after another; see [`codec::decode_parts`].
    pub body: Vec<u8>,
    /// End offset in `body` of each run of about [`codec::CHUNK_BYTES`], always between two spans.
    pub chunk_ends: Vec<usize>,
    /// How many spans `body` holds.
    pub span_count: u64,
    /// The names and types that occur, each pair once, for searching: (name, type, any of them with an error).
    pub span_kinds: Vec<(String, String, bool)>,
    /// Whether this amends a trace that was stored before.
    pub amends: bool,
    /// Whether other parts of the trace are recorded apart from this, as those of its caller: a store may hold some.
    pub continues: bool,
    /// Spans that are in the store for the first time with this; for counting an amendment.
    pub new_spans: u64,
}

impl SealedTrace {
    /// A sealed trace of these spans.
    pub fn new(info: TraceInfo, body: Vec<u8>, chunk_ends: Vec<usize>, span_count: u64) -> Self {
        Self {
            info,
            body,
            chunk_ends,
            span_count,
            span_kinds: Vec::new(),
            amends: false,
            continues: false,
            new_spans: span_count,
        }
    }

    /// Seals a trace that is already data: an imported one, or one made by a test.
    pub fn from_trace(trace: &Trace) -> Self {
        let mut body = Vec::new();
        let mut chunk_ends = Vec::new();
        let mut last = 0;
        let mut sealed_kinds = Vec::new();
        for span in &trace.data.spans {
            codec::encode_part(&SpanPart::from_record(span), &mut body);
            if body.len() - last >= codec::CHUNK_BYTES {
                last = body.len();
                chunk_ends.push(last);
            }
            note_kind(&mut sealed_kinds, &span.name, span.span_type.as_str(), span.status.is_error());
        }
        if last < body.len() {
            chunk_ends.push(body.len());
        }
        let mut sealed = Self::new(trace.info.clone(), body, chunk_ends, trace.data.spans.len() as u64);
        sealed.span_kinds = sealed_kinds;
        sealed
    }

    /// The trace as data.
    ///
    /// # Errors
    /// When the body is damaged.
    pub fn to_trace(&self) -> Result<Trace, CodecError> {
        let parts = codec::decode_parts(&self.body).collect::<Result<Vec<_>, _>>()?;
        Ok(Trace::new(self.info.clone(), assemble::spans(self.info.trace_id, parts)))
    }

    /// Bytes it takes in memory, roughly.
    pub fn size_bytes(&self) -> usize {
        self.body.len() + 512
    }
}

/// Adds a (name, type) pair to the list of those that occur, or its error to the pair that is there.
pub fn note_kind(kinds: &mut Vec<(String, String, bool)>, name: &str, span_type: &str, error: bool) {
    match kinds.iter_mut().find(|(n, t, _)| n == name && t == span_type) {
        Some(kind) => kind.2 |= error,
        None => kinds.push((name.to_owned(), span_type.to_owned(), error)),
    }
}

/// What happened in a live trace since the chunk before.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JournalChunk {
    /// What is known of the whole so far.
    pub info: TraceInfo,
    /// 0 for the first chunk of the trace, then one more each.
    pub sequence: u64,
    /// Pieces of spans, encoded one after another; a span may have pieces in several chunks.
    pub body: Vec<u8>,
    /// Spans open at the end of this chunk.
    pub open_spans: u64,
    /// Spans started so far.
    pub span_count: u64,
    /// Start of the oldest open span, in nanoseconds since the Unix epoch.
    pub oldest_open_unix_nano: Option<u64>,
}

impl JournalChunk {
    /// A chunk of a live trace.
    pub fn new(info: TraceInfo, sequence: u64, body: Vec<u8>) -> Self {
        Self { info, sequence, body, open_spans: 0, span_count: 0, oldest_open_unix_nano: None }
    }

    /// The trace it belongs to.
    pub fn trace_id(&self) -> TraceId {
        self.info.trace_id
    }
}
