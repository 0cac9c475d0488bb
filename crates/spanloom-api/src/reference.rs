//! Spans that are known by their number, without a handle: what keeps spans open for someone else.

use std::mem::ManuallyDrop;

use spanloom_core::{SpanId, TraceId};

use crate::builder::SpanBuilder;
use crate::context::Frame;
use crate::random_id::Draw;
use crate::raw_id::RawId;
use crate::span::{Span, trace_id};

/// A span by its number. It is no handle: it keeps nothing open, and the span may have ended or be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanRef(Frame);

impl SpanRef {
    /// The span with this number.
    pub fn new(root: RawId, span: RawId, trace_id: TraceId) -> Self {
        let bits = trace_id.to_u128();
        Self(Frame { root: root.plain(), span, trace_id: [(bits >> 64) as u64, bits as u64] })
    }

    /// The span of a handle.
    pub fn of(span: &Span) -> Self {
        Self(span.frame())
    }

    /// Its trace.
    pub fn trace_id(self) -> TraceId {
        trace_id(self.0.trace_id)
    }

    /// Its identity.
    pub fn span_id(self) -> SpanId {
        self.0.span.span_id()
    }

    /// The number of the root of its trace.
    pub fn root(self) -> RawId {
        self.0.root
    }

    /// Whether it is the root of its trace.
    pub fn is_root(self) -> bool {
        self.0.root == self.0.span
    }

    /// Puts a span that is about to begin under it.
    pub fn place(self, builder: SpanBuilder) -> SpanBuilder {
        builder.place_under(self.0)
    }

    /// Calls `f` with a handle that is not counted. The span must be kept open otherwise, or be about to end in `f`.
    pub fn with<R>(self, f: impl FnOnce(&Span) -> R) -> R {
        let span = ManuallyDrop::new(Span::from_frame(self.0));
        f(&span)
    }
}

impl Span {
    /// The same handle as one among several: the drop of the first handle of a root is taken for its end, of this not.
    #[doc(hidden)]
    pub fn into_kept(self) -> Self {
        let span = ManuallyDrop::new(self);
        let frame = span.frame();
        Self::from_frame(Frame { root: frame.root.cloned_if(span.is_recording()), ..frame })
    }
}

/// A trace id that no one has, for a root that is begun later.
pub fn fresh_trace_id() -> TraceId {
    trace_id(Draw::next().trace_id())
}
