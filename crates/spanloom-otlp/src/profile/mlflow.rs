//! MLflow's own keys.

use spanloom_core::{SpanRecord, TraceInfo, attribute_key as key};

use crate::message::KeyValue;
use crate::value;

/// Where a trace's tags travel when nothing but spans is sent.
const TAG_PREFIX: &str = "mlflow.traceTag.";
/// The longest session id that a server takes; a longer one costs the whole request.
const MAX_SESSION_CHARS: usize = 250;

/// Every attribute as it is; on the root also what the server can only learn from there.
pub(super) fn attributes(span: &SpanRecord, info: Option<&TraceInfo>) -> Vec<KeyValue> {
    let mut attributes: Vec<_> = span
        .attributes
        .iter()
        .filter(|(key, _)| !is_session(key) && !key.starts_with(TAG_PREFIX))
        .map(|(key, text)| KeyValue { key: key.clone(), value: Some(value::for_mlflow(text)) })
        .collect();
    if let Some(info) = info.filter(|_| span.parent_id.is_none()) {
        attributes.extend(of_the_trace(info));
    }
    attributes
}

fn of_the_trace(info: &TraceInfo) -> Vec<KeyValue> {
    let mut attributes = Vec::new();
    for (from, to) in [(key::TRACE_SESSION, "session.id"), (key::TRACE_USER, "user.id")] {
        if let Some(value) = info.trace_metadata.get(from).filter(|value| value.chars().count() <= MAX_SESSION_CHARS) {
            attributes.push(KeyValue::text(to, value));
        }
    }
    for (tag, value) in &info.tags {
        if tag == key::TRACE_NAME || !tag.starts_with("mlflow.") {
            attributes.push(KeyValue::text(format!("{TAG_PREFIX}{tag}"), value));
        }
    }
    attributes
}

/// Keys from which a server takes the session, and refuses a request over a long one.
fn is_session(key: &str) -> bool {
    matches!(key, "session.id" | "gen_ai.conversation.id")
}
