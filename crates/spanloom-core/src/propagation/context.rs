//! A span of another process, as its headers name it.

use super::traceparent::Traceparent;
use super::{Carrier, baggage, tracestate};
use crate::{SpanId, TraceId};

/// A span as another process knows it: what `traceparent`, `tracestate` and `baggage` say.
///
/// Of a context that came in, the `sampled` flag is the caller's wish. It is not obeyed unless the context is
/// [`trusted`](Self::trusted): else any caller could fill the store, or hide from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanContext {
    parent: Traceparent,
    trusted: bool,
    tracestate: Option<String>,
    baggage: Option<String>,
}

impl SpanContext {
    /// The context of a sampled span, with no tracestate and no baggage: for ids that came by another way than headers.
    pub const fn new(trace_id: TraceId, span_id: SpanId) -> Self {
        let parent = Traceparent { trace_id, parent_id: span_id, sampled: true };
        Self { parent, trusted: false, tracestate: None, baggage: None }
    }

    /// Reads the headers of a request. `None` without a `traceparent` of the standard's form.
    pub fn read<C: Carrier + ?Sized>(carrier: &C) -> Option<Self> {
        let [traceparent] = carrier.get_all(TRACEPARENT)[..] else { return None };
        let parent = Traceparent::parse(traceparent)?;
        let tracestate = tracestate::parse(&carrier.get_all(TRACESTATE));
        let baggage = baggage::parse(&carrier.get_all(BAGGAGE));
        Some(Self { parent, trusted: false, tracestate, baggage })
    }

    /// Writes the headers of a request. Replaces those that are there; removes none.
    pub fn write<C: Carrier + ?Sized>(&self, carrier: &mut C) {
        carrier.set(TRACEPARENT, self.parent.write());
        for (name, value) in [(TRACESTATE, &self.tracestate), (BAGGAGE, &self.baggage)] {
            if let Some(value) = value {
                carrier.set(name, value.clone());
            }
        }
    }

    /// The same, and the caller's `sampled` flag decides instead of the receiver's own ratio: a trace that the caller does
    /// not record is not recorded here, and one that it records is. For callers of one's own.
    #[must_use]
    pub fn trusted(mut self) -> Self {
        self.trusted = true;
        self
    }

    /// The same for another span of the trace.
    #[must_use]
    pub fn with_span(mut self, span_id: SpanId) -> Self {
        self.parent.parent_id = span_id;
        self
    }

    /// With what another context brought along.
    #[doc(hidden)]
    #[must_use]
    pub fn with_cargo_of(mut self, other: &Self) -> Self {
        self.tracestate.clone_from(&other.tracestate);
        self.baggage.clone_from(&other.baggage);
        self
    }

    /// The trace.
    pub const fn trace_id(&self) -> TraceId {
        self.parent.trace_id
    }

    /// The span of the caller.
    pub const fn span_id(&self) -> SpanId {
        self.parent.parent_id
    }

    /// Whether the caller says that it records the trace.
    pub const fn is_sampled(&self) -> bool {
        self.parent.sampled
    }

    /// Whether what the caller says of sampling is obeyed.
    pub const fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// The `tracestate`, as it came.
    pub fn tracestate(&self) -> Option<&str> {
        self.tracestate.as_deref()
    }

    /// The `baggage`, as it came.
    pub fn baggage(&self) -> Option<&str> {
        self.baggage.as_deref()
    }

    /// One value of the baggage, without its percent escapes.
    pub fn baggage_value(&self, key: &str) -> Option<String> {
        baggage::value(self.baggage()?, key)
    }
}

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";
