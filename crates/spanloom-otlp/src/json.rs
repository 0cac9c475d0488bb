//! OTLP's JSON: ids in hex, 64-bit numbers as texts, names in camel case.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use crate::message::{
    AnyValue, Event, ExportTracePartialSuccess, ExportTraceServiceRequest, KeyValue, Link, Resource, Span, Value,
};

/// The bytes of a request's body.
pub fn to_bytes(request: &ExportTraceServiceRequest) -> Vec<u8> {
    to_json(request).to_string().into_bytes()
}

/// The request as JSON.
pub fn to_json(request: &ExportTraceServiceRequest) -> Json {
    let resource_spans = request.resource_spans.iter().map(|of| {
        let scope_spans = of.scope_spans.iter().map(|of| {
            let scope = of.scope.as_ref().map(|scope| json!({ "name": scope.name, "version": scope.version }));
            json!({ "scope": scope, "spans": of.spans.iter().map(span).collect::<Vec<_>>() })
        });
        json!({ "resource": of.resource.as_ref().map(resource), "scopeSpans": scope_spans.collect::<Vec<_>>() })
    });
    json!({ "resourceSpans": resource_spans.collect::<Vec<_>>() })
}

/// What an answer in JSON says was refused.
pub(crate) fn partial_success(answer: &Json) -> Option<ExportTracePartialSuccess> {
    let partial = answer.get("partialSuccess")?;
    let rejected = partial.get("rejectedSpans")?;
    Some(ExportTracePartialSuccess {
        rejected_spans: rejected.as_i64().or_else(|| rejected.as_str()?.parse().ok())?,
        error_message: partial.get("errorMessage").and_then(Json::as_str).unwrap_or_default().to_owned(),
    })
}

fn resource(resource: &Resource) -> Json {
    json!({ "attributes": attributes(&resource.attributes) })
}

fn span(span: &Span) -> Json {
    let mut out = Map::new();
    out.insert("traceId".to_owned(), hex(&span.trace_id));
    out.insert("spanId".to_owned(), hex(&span.span_id));
    if !span.parent_span_id.is_empty() {
        out.insert("parentSpanId".to_owned(), hex(&span.parent_span_id));
    }
    out.insert("name".to_owned(), json!(span.name));
    out.insert("kind".to_owned(), json!(span.kind));
    out.insert("startTimeUnixNano".to_owned(), json!(span.start_time_unix_nano.to_string()));
    out.insert("endTimeUnixNano".to_owned(), json!(span.end_time_unix_nano.to_string()));
    out.insert("attributes".to_owned(), attributes(&span.attributes));
    out.insert("events".to_owned(), span.events.iter().map(event).collect());
    out.insert("links".to_owned(), span.links.iter().map(link).collect());
    if let Some(status) = &span.status {
        out.insert("status".to_owned(), json!({ "code": status.code, "message": status.message }));
    }
    Json::Object(out)
}

fn event(event: &Event) -> Json {
    json!({
        "timeUnixNano": event.time_unix_nano.to_string(),
        "name": event.name,
        "attributes": attributes(&event.attributes),
    })
}

fn link(link: &Link) -> Json {
    json!({
        "traceId": hex(&link.trace_id),
        "spanId": hex(&link.span_id),
        "attributes": attributes(&link.attributes),
    })
}

fn attributes(of: &[KeyValue]) -> Json {
    of.iter().map(|KeyValue { key, value }| json!({ "key": key, "value": value.as_ref().map(any) })).collect()
}

fn any(value: &AnyValue) -> Json {
    match &value.value {
        None => json!({}),
        Some(Value::String(text)) => json!({ "stringValue": text }),
        Some(Value::Bool(value)) => json!({ "boolValue": value }),
        Some(Value::Int(value)) => json!({ "intValue": value.to_string() }),
        Some(Value::Double(value)) => json!({ "doubleValue": value }),
        Some(Value::Array(list)) => {
            json!({ "arrayValue": { "values": list.values.iter().map(any).collect::<Json>() } })
        }
        Some(Value::Map(map)) => json!({ "kvlistValue": { "values": attributes(&map.values) } }),
        Some(Value::Bytes(bytes)) => json!({ "bytesValue": STANDARD.encode(bytes) }),
    }
}

fn hex(bytes: &[u8]) -> Json {
    Json::String(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
