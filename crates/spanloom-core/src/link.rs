//! A reference from one span to another, in the same trace or elsewhere.

use std::borrow::Cow;

use serde::Serialize;

use crate::{JsonText, SpanId, TraceId};

/// A reference from one span to another, in the same trace or elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The trace of the other span.
    pub trace_id: TraceId,
    /// The other span.
    pub span_id: SpanId,
    /// Why they belong together.
    pub attributes: Vec<(Cow<'static, str>, JsonText)>,
}

impl Link {
    /// A link without attributes.
    pub fn new(trace_id: TraceId, span_id: SpanId) -> Self {
        Self { trace_id, span_id, attributes: Vec::new() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        self.attributes.push((key.into(), JsonText::capture(&value)));
        self
    }
}
