//! Context across processes: from the current span into the headers of a request, and from there to a span's parent.
//!
//! ```
//! use std::collections::HashMap;
//! use spanloom_api::propagation::{extract, inject};
//!
//! let mut headers = HashMap::<String, String>::new();
//! inject(&mut headers); // the caller: `traceparent` of the current span, if there is one
//! let remote = extract(&headers); // the receiver
//! let handler = spanloom_api::span("handler").remote_parent(remote).start(); // continues that trace; with `None` a new one
//! # drop(handler);
//! ```

pub use spanloom_core::propagation::{Carrier, SpanContext};

use crate::carried;
use crate::scope;
use crate::span::Span;

/// Writes the current span into a carrier: `traceparent`, and the `tracestate` and `baggage` that its trace came with.
/// Without a current span that records, nothing is written.
pub fn inject<C: Carrier + ?Sized>(carrier: &mut C) {
    let Some(frame) = scope::recording_frame() else { return };
    // Only looked at; the entry on the stack keeps the span alive.
    let span = std::mem::ManuallyDrop::new(Span::from_frame(frame));
    if let Some(context) = span.context() {
        context.write(carrier);
    }
}

/// Reads the caller's span from a carrier. `None` when it is not there, or not of the form of W3C Trace Context.
pub fn extract<C: Carrier + ?Sized>(carrier: &C) -> Option<SpanContext> {
    SpanContext::read(carrier)
}

impl Span {
    /// This span as another process is to know it, with the `tracestate` and `baggage` that its trace came with. `None`
    /// when it does not record.
    pub fn context(&self) -> Option<SpanContext> {
        if !self.is_recording() {
            return None;
        }
        let context = SpanContext::new(self.trace_id(), self.span_id());
        let carried = carried::of(self.frame().root);
        Some(match carried.as_ref().and_then(|carried| carried.caller.as_ref()) {
            Some(caller) => context.with_cargo_of(caller),
            None => context,
        })
    }
}
