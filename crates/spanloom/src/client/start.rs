//! How a trace or a span is to begin.

use std::borrow::Cow;
use std::fmt::Display;

use serde::Serialize;
use spanloom_api::SpanBuilder;
use spanloom_core::{Link, LogLevel, SpanId, SpanType, TraceId, attribute_key as key};

/// How a trace is to begin; see [`Client::start_trace`](crate::Client::start_trace).
#[derive(Debug)]
#[must_use = "a trace begins with `start_trace`"]
pub struct StartTrace {
    pub(super) builder: SpanBuilder,
    pub(super) trace_id: Option<TraceId>,
}

/// How a span is to begin; see [`Client::start_span`](crate::Client::start_span).
#[derive(Debug)]
#[must_use = "a span begins with `start_span`"]
pub struct StartSpan {
    pub(super) builder: SpanBuilder,
    pub(super) trace_id: TraceId,
    pub(super) parent: SpanId,
}

impl StartTrace {
    /// A trace whose root has this name. Its id is random.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { builder: SpanBuilder::unplaced(name.into()), trace_id: None }
    }

    /// Gives the trace this id instead of a random one.
    pub fn trace_id(mut self, id: TraceId) -> Self {
        self.trace_id = Some(id).filter(|id| *id != TraceId::INVALID);
        self
    }

    /// Gives the trace the id that stands for a text of one's own, such as the number of an order:
    /// [`TraceId::derived_from`]. The text is kept as metadata `spanloom.custom_trace_id`.
    pub fn custom_trace_id(self, text: impl Into<String>) -> Self {
        let text = text.into();
        let id = TraceId::derived_from(&text);
        self.trace_id(id).metadata(key::CUSTOM_TRACE_ID, text)
    }

    /// Sets a tag of the trace. Those that say where a trace is kept cannot be set.
    pub fn tag(mut self, key: impl Into<Cow<'static, str>>, value: impl Display) -> Self {
        let key = key.into();
        if !key::IMMUTABLE_TAGS.contains(&&*key) {
            self.builder = self.builder.tag(key, value);
        }
        self
    }

    /// Sets one entry of the metadata of the trace.
    pub fn metadata(mut self, key: impl Into<Cow<'static, str>>, value: impl Display) -> Self {
        self.builder = self.builder.metadata(key, value);
        self
    }

    /// Says which conversation the trace belongs to.
    pub fn session(self, id: impl Display) -> Self {
        self.metadata(key::TRACE_SESSION, id)
    }

    /// Says who asked.
    pub fn user(self, id: impl Display) -> Self {
        self.metadata(key::TRACE_USER, id)
    }
}

impl StartSpan {
    /// A span of this name under a span of this trace.
    pub fn new(name: impl Into<Cow<'static, str>>, trace_id: TraceId, parent: SpanId) -> Self {
        Self { builder: SpanBuilder::unplaced(name.into()), trace_id, parent }
    }
}

macro_rules! says_what_spans_say {
    ($($start:ident)*) => {$(
        impl $start {
            /// Sets what goes in.
            pub fn inputs(mut self, value: impl Serialize) -> Self {
                self.builder = self.builder.inputs(value);
                self
            }

            /// Sets an attribute.
            pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
                self.builder = self.builder.attribute(key, value);
                self
            }

            /// Sets several attributes, in order.
            pub fn attributes<K: Into<Cow<'static, str>>, V: Serialize>(
                mut self,
                attributes: impl IntoIterator<Item = (K, V)>,
            ) -> Self {
                self.builder = self.builder.attributes(attributes);
                self
            }

            /// What the span stands for. Default `UNKNOWN`.
            pub fn span_type(mut self, span_type: impl Into<SpanType>) -> Self {
                self.builder = self.builder.span_type(span_type);
                self
            }

            /// Sets how important the span is.
            pub fn log_level(mut self, level: LogLevel) -> Self {
                self.builder = self.builder.log_level(level);
                self
            }

            /// Says in words what the span is for.
            pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
                self.builder = self.builder.description(description);
                self
            }

            /// Refers to another span.
            pub fn link(mut self, link: Link) -> Self {
                self.builder = self.builder.link(link);
                self
            }

            /// Gives the start, in nanoseconds since the Unix epoch, instead of now.
            pub fn at_unix_nanos(mut self, nanos: u64) -> Self {
                self.builder = self.builder.at_unix_nanos(nanos);
                self
            }
        }
    )*};
}

says_what_spans_say!(StartTrace StartSpan);
