//! OpenTelemetry's conventions for GenAI, as of its latest experimental names.

use serde_json::Value as Json;
use spanloom_core::{JsonText, SpanRecord, SpanType, TraceInfo, attribute_key as key};

use crate::message::{AnyValue, KeyValue, SpanKind, Value};
use crate::value;

pub(super) fn attributes(span: &SpanRecord, info: Option<&TraceInfo>) -> Vec<KeyValue> {
    let mut out = Vec::with_capacity(span.attributes.len() + 8);
    if let Some(operation) = operation(span) {
        out.push(KeyValue::text("gen_ai.operation.name", operation));
        out.push(KeyValue::text("spanloom.span.name", span.name.as_str()));
    }
    out.push(KeyValue::text("spanloom.span.type", span.span_type.as_str()));
    model(span, &mut out);
    usage(span, &mut out);
    if span.status.is_error() {
        out.push(KeyValue::text("error.type", error_type(span)));
    }
    if let Some(info) = info {
        of_the_trace(span, info, &mut out);
    }
    let own = span.attributes.iter().filter(|(key, _)| !key.starts_with("mlflow."));
    out.extend(own.map(|(key, text)| KeyValue { key: key.clone(), value: Some(value::native(text)) }));
    content(span, &mut out);
    out
}

/// The conventional name where there is an operation: what it does, and to what.
pub(super) fn name(span: &SpanRecord) -> String {
    match (operation(span), &span.span_type) {
        (Some(operation), SpanType::Tool | SpanType::Agent | SpanType::Workflow) => {
            format!("{operation} {}", span.name)
        }
        (Some(operation), _) => match model_name(span) {
            Some(model) => format!("{operation} {model}"),
            None => operation.to_owned(),
        },
        (None, _) => span.name.clone(),
    }
}

pub(super) fn kind(span: &SpanRecord) -> SpanKind {
    match span.span_type {
        SpanType::ChatModel | SpanType::Llm | SpanType::Embedding | SpanType::Retriever | SpanType::Reranker => {
            SpanKind::Client
        }
        _ => SpanKind::Internal,
    }
}

fn operation(span: &SpanRecord) -> Option<&'static str> {
    Some(match span.span_type {
        SpanType::ChatModel => "chat",
        SpanType::Llm => match span.inputs() {
            Some(Json::String(_)) => "text_completion",
            _ => "generate_content",
        },
        SpanType::Embedding => "embeddings",
        SpanType::Retriever => "retrieval",
        SpanType::Reranker => "rerank",
        SpanType::Tool => "execute_tool",
        SpanType::Agent => "invoke_agent",
        SpanType::Workflow => "invoke_workflow",
        _ => return None,
    })
}

fn model_name(span: &SpanRecord) -> Option<String> {
    let stated = span.attribute_text(key::MODEL).or_else(|| span.attribute_text("model")).map(value::plain);
    stated.or_else(|| span.inputs()?.get("model")?.as_str().map(str::to_owned))
}

fn model(span: &SpanRecord, out: &mut Vec<KeyValue>) {
    if let Some(provider) = span.attribute_text("mlflow.llm.provider") {
        out.push(KeyValue::text("gen_ai.provider.name", value::plain(provider)));
    }
    if operation(span).is_some()
        && let Some(model) = model_name(span)
    {
        out.push(KeyValue::text("gen_ai.request.model", model));
    }
    if span.span_type == SpanType::Tool {
        out.push(KeyValue::text("gen_ai.tool.name", span.name.as_str()));
    }
    if span.span_type == SpanType::Agent {
        out.push(KeyValue::text("gen_ai.agent.name", span.name.as_str()));
    }
}

const USAGE: [(&str, &str); 5] = [
    ("input_tokens", "gen_ai.usage.input_tokens"),
    ("output_tokens", "gen_ai.usage.output_tokens"),
    ("cache_read_input_tokens", "gen_ai.usage.cache_read.input_tokens"),
    ("cache_creation_input_tokens", "gen_ai.usage.cache_write.input_tokens"),
    // The name before: many readers know only that.
    ("cache_creation_input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
];

fn usage(span: &SpanRecord, out: &mut Vec<KeyValue>) {
    let Some(usage) = span.attribute(key::TOKEN_USAGE) else { return };
    for (from, to) in USAGE {
        if let Some(count) = usage.get(from).and_then(Json::as_i64) {
            out.push(KeyValue::new(to, Value::Int(count)));
        }
    }
}

fn error_type(span: &SpanRecord) -> String {
    let exception = span.events.iter().rev().find(|event| event.is_exception());
    let named =
        exception.and_then(|event| event.get("exception.type")).and_then(|value| Some(value.as_str()?.to_owned()));
    named.unwrap_or_else(|| "_OTHER".to_owned())
}

fn of_the_trace(span: &SpanRecord, info: &TraceInfo, out: &mut Vec<KeyValue>) {
    if let Some(session) = info.trace_metadata.get(key::TRACE_SESSION) {
        out.push(KeyValue::text("gen_ai.conversation.id", session));
        out.push(KeyValue::text("session.id", session));
    }
    if let Some(user) = info.trace_metadata.get(key::TRACE_USER) {
        out.push(KeyValue::text("user.id", user));
    }
    if span.parent_id.is_none() {
        let own = info.tags.iter().filter(|(tag, _)| !tag.starts_with("mlflow."));
        out.extend(own.map(|(tag, value)| KeyValue::text(format!("spanloom.tag.{tag}"), value)));
    }
}

fn content(span: &SpanRecord, out: &mut Vec<KeyValue>) {
    let (inputs, outputs) = match span.span_type {
        SpanType::Tool => ("gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
        SpanType::ChatModel | SpanType::Llm => return messages(span, out),
        _ => ("input.value", "output.value"),
    };
    for (from, to) in [(key::INPUTS, inputs), (key::OUTPUTS, outputs)] {
        if let Some(text) = span.attribute_text(from) {
            out.push(KeyValue { key: to.to_owned(), value: Some(as_text(text)) });
        }
    }
}

/// Chat messages in the conventions' form; what has another shape goes as one part with its text.
fn messages(span: &SpanRecord, out: &mut Vec<KeyValue>) {
    for (from, to, role) in
        [(key::INPUTS, "gen_ai.input.messages", "user"), (key::OUTPUTS, "gen_ai.output.messages", "assistant")]
    {
        if let Some(text) = span.attribute_text(from) {
            let messages = crate::chat::messages(&text.to_value(), role);
            out.push(KeyValue::text(to, spanloom_core::JsonText::capture(&messages).into_text()));
        }
    }
}

fn as_text(text: &JsonText) -> AnyValue {
    AnyValue { value: Some(Value::String(value::plain(text))) }
}
