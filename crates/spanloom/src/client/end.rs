//! How a trace or a span is to end.

use std::borrow::Cow;

use serde::Serialize;
use spanloom_api::Span;
use spanloom_core::{JsonText, SpanId, SpanStatus, TraceId};

/// How a span is to end; see [`Client::end_span`](crate::Client::end_span).
#[derive(Clone, Debug)]
#[must_use = "a span ends with `end_span`"]
pub struct EndSpan {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) last_words: LastWords,
}

/// How a trace is to end; see [`Client::end_trace`](crate::Client::end_trace).
#[derive(Clone, Debug)]
#[must_use = "a trace ends with `end_trace`"]
pub struct EndTrace {
    pub(super) trace_id: TraceId,
    pub(super) last_words: LastWords,
}

/// What is said of a span as it ends.
#[derive(Clone, Debug, Default)]
pub(super) struct LastWords {
    attributes: Vec<(Cow<'static, str>, JsonText)>,
    outputs: Option<JsonText>,
    status: Option<SpanStatus>,
    unix_nano: Option<u64>,
}

impl EndSpan {
    /// The end of this span.
    pub fn new(trace_id: TraceId, span_id: SpanId) -> Self {
        Self { trace_id, span_id, last_words: LastWords::default() }
    }
}

impl EndTrace {
    /// The end of this trace.
    pub fn new(trace_id: TraceId) -> Self {
        Self { trace_id, last_words: LastWords::default() }
    }
}

impl LastWords {
    /// Says everything, and ends the span.
    pub(super) fn say(&self, span: &Span) {
        for (key, value) in &self.attributes {
            span.set_attribute(key.clone(), value);
        }
        if let Some(outputs) = &self.outputs {
            span.set_outputs(outputs);
        }
        if let Some(status) = &self.status {
            span.set_status(status.clone());
        }
        match self.unix_nano {
            Some(nanos) => span.end_at_unix_nanos(nanos),
            None => span.end(),
        }
    }
}

macro_rules! takes_last_words {
    ($($end:ident)*) => {$(
        impl $end {
            /// Sets what came out. Null changes nothing.
            pub fn outputs(mut self, value: impl Serialize) -> Self {
                self.last_words.outputs = Some(JsonText::capture(&value)).filter(|outputs| outputs.as_str() != "null");
                self
            }

            /// Sets an attribute.
            pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
                self.last_words.attributes.push((key.into(), JsonText::capture(&value)));
                self
            }

            /// Sets several attributes, in order.
            pub fn attributes<K: Into<Cow<'static, str>>, V: Serialize>(
                self,
                attributes: impl IntoIterator<Item = (K, V)>,
            ) -> Self {
                attributes.into_iter().fold(self, |end, (key, value)| end.attribute(key, value))
            }

            /// Sets the status. Without it the span keeps the one that was set, and is OK if none was.
            pub fn status(mut self, status: impl Into<SpanStatus>) -> Self {
                self.last_words.status = Some(status.into());
                self
            }

            /// Gives the end, in nanoseconds since the Unix epoch, instead of now. It may lie before the start.
            pub fn at_unix_nanos(mut self, nanos: u64) -> Self {
                self.last_words.unix_nano = Some(nanos);
                self
            }
        }
    )*};
}

takes_last_words!(EndSpan EndTrace);
