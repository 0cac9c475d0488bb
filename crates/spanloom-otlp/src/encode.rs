//! From traces to OTLP requests.
//!
//! Pure. Spans without an end are left out: no receiver has a form for them, and MLflow's stores a negative duration.

use prost::Message as _;
use spanloom_core::{CodecError, SealedTrace, SpanEvent, SpanRecord, SpanStatus, Trace};

use crate::message::{
    Event, ExportTraceServiceRequest, InstrumentationScope, KeyValue, Link, Resource, ResourceSpans, ScopeSpans, Span,
    Status,
};
use crate::profile::Profile;
use crate::value;

/// Receivers store times as signed 64-bit nanoseconds.
const LATEST: u64 = i64::MAX as u64;

/// How traces become requests.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    /// The vocabulary.
    pub profile: Profile,
    /// What is known of the program, as attributes of the resource.
    pub resource: Vec<(String, String)>,
    /// What is known of the trace as a whole reaches the receiver by another way: it is not repeated on spans.
    pub spans_only: bool,
}

impl Encoder {
    /// One request with the spans of these traces.
    ///
    /// # Errors
    /// When the body of a trace is damaged.
    pub fn request(&self, traces: &[impl AsRef<SealedTrace>]) -> Result<ExportTraceServiceRequest, CodecError> {
        let mut spans = Vec::new();
        for sealed in traces {
            spans.extend(self.spans(&sealed.as_ref().to_trace()?));
        }
        Ok(self.enclose(spans))
    }

    /// The spans of a trace that have ended.
    pub fn spans(&self, trace: &Trace) -> Vec<Span> {
        let ended = trace.data.spans.iter().filter(|span| span.end_time_unix_nano.is_some());
        ended.map(|span| self.span(span, trace)).collect()
    }

    /// A request with these spans.
    pub fn enclose(&self, spans: Vec<Span>) -> ExportTraceServiceRequest {
        let attributes = self.resource.iter().map(|(key, value)| KeyValue::text(key, value)).collect();
        let scope = InstrumentationScope { name: "spanloom".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
        let resource = (!self.resource.is_empty()).then_some(Resource { attributes });
        ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { resource, scope_spans }] }
    }

    fn span(&self, span: &SpanRecord, trace: &Trace) -> Span {
        Span {
            trace_id: span.trace_id.to_u128().to_be_bytes().to_vec(),
            span_id: span.span_id.to_u64().to_be_bytes().to_vec(),
            parent_span_id: span.parent_id.map_or_else(Vec::new, |id| id.to_u64().to_be_bytes().to_vec()),
            name: self.profile.name(span),
            kind: self.profile.kind(span) as i32,
            start_time_unix_nano: span.start_time_unix_nano.min(LATEST),
            end_time_unix_nano: span.end_time_unix_nano.unwrap_or(span.start_time_unix_nano).min(LATEST),
            attributes: self.profile.attributes(span, (!self.spans_only).then_some(&trace.info)),
            events: span.events.iter().map(|event| self::event(event, span)).collect(),
            links: span.links.iter().map(link).collect(),
            status: Some(status(&span.status)),
        }
    }
}

/// The bytes of a request's body.
pub fn to_bytes(request: &ExportTraceServiceRequest) -> Vec<u8> {
    request.encode_to_vec()
}

fn event(event: &SpanEvent, span: &SpanRecord) -> Event {
    Event {
        time_unix_nano: event.time_unix_nano.unwrap_or(span.start_time_unix_nano).min(LATEST),
        name: event.name.clone().into_owned(),
        attributes: event.attributes.iter().map(|(key, text)| structured(key, text)).collect(),
    }
}

fn link(link: &spanloom_core::Link) -> Link {
    Link {
        trace_id: link.trace_id.to_u128().to_be_bytes().to_vec(),
        span_id: link.span_id.to_u64().to_be_bytes().to_vec(),
        attributes: link.attributes.iter().map(|(key, text)| structured(key, text)).collect(),
    }
}

fn structured(key: &str, text: &spanloom_core::JsonText) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value::structured(text)) }
}

fn status(status: &SpanStatus) -> Status {
    match status {
        SpanStatus::Error(message) => Status { code: 2, message: message.clone() },
        SpanStatus::Ok => Status { code: 1, message: String::new() },
        SpanStatus::Unset => Status { code: 0, message: String::new() },
    }
}
