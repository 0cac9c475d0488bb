//! Writing.

use std::borrow::Cow;
use std::fmt::Write;

use serde::de::IgnoredAny;

use super::base64_id;
use super::write_info::write_info;
use crate::python_json::{ascii_len, escape_ascii, repair, write_string};
use crate::{JsonText, Link, SpanEvent, SpanRecord, SpanStatus, Trace, TraceInfo};

/// The trace on one line and in ASCII.
pub(crate) fn to_json(trace: &Trace) -> String {
    let mut out = String::with_capacity(512 * (1 + trace.data.spans.len()));
    out.push_str("{\"info\": ");
    write_info(&mut out, &trace.info);
    out.push_str(", \"data\": {\"spans\": [");
    for (index, span) in trace.data.spans.iter().enumerate() {
        separate(&mut out, index);
        write_span(&mut out, span);
    }
    out.push_str("]}}");
    escape_ascii(&out)
}

/// The `info` object on one line, in UTF-8.
pub(crate) fn info_to_json(info: &TraceInfo) -> String {
    let mut out = String::with_capacity(512);
    write_info(&mut out, info);
    out
}

/// Length in bytes of the trace's JSON without its spans.
pub fn empty_trace_len(info: &TraceInfo) -> u64 {
    let rest = r#"{"info": , "data": {"spans": []}}"#.len();
    (rest + ascii_len(&info_to_json(info))) as u64
}

/// One span as it stands in the trace's JSON, in ASCII.
pub fn span_to_json(span: &SpanRecord) -> String {
    let mut out = String::with_capacity(512);
    write_span(&mut out, span);
    escape_ascii(&out)
}

fn write_span(out: &mut String, span: &SpanRecord) {
    out.push_str("{\"trace_id\": \"");
    base64_id::write_trace(out, span.trace_id);
    out.push_str("\", \"span_id\": \"");
    base64_id::write_span(out, span.span_id);
    out.push_str("\", \"parent_span_id\": ");
    match span.parent_id {
        Some(parent) => {
            out.push('"');
            base64_id::write_span(out, parent);
            out.push('"');
        }
        None => out.push_str("null"),
    }
    out.push_str(", \"name\": ");
    write_string(out, &span.name);
    put(out, format_args!(", \"start_time_unix_nano\": {}", span.start_time_unix_nano));
    match span.end_time_unix_nano {
        Some(end) => put(out, format_args!(", \"end_time_unix_nano\": {end}")),
        None => out.push_str(", \"end_time_unix_nano\": null"),
    }
    write_events(out, span);
    write_status(out, &span.status);
    out.push_str(", \"attributes\": {");
    for (index, (key, text)) in span.typed_attributes().enumerate() {
        separate(out, index);
        write_string(out, &key);
        out.push_str(": ");
        write_string(out, &text);
    }
    out.push('}');
    write_links(out, &span.links);
    out.push('}');
}

fn write_events(out: &mut String, span: &SpanRecord) {
    out.push_str(", \"events\": [");
    for (index, event) in span.events.iter().enumerate() {
        separate(out, index);
        out.push_str("{\"name\": ");
        write_string(out, &event.name);
        put(out, format_args!(", \"time_unix_nano\": {}, \"attributes\": ", stamp(event, span)));
        native(out, &event.attributes);
        out.push('}');
    }
    out.push(']');
}

/// An event that was never stamped gets the span's start, as everywhere.
fn stamp(event: &SpanEvent, span: &SpanRecord) -> u64 {
    event.time_unix_nano.unwrap_or(span.start_time_unix_nano)
}

fn write_status(out: &mut String, status: &SpanStatus) {
    let message = match status {
        SpanStatus::Error(message) => message,
        SpanStatus::Unset | SpanStatus::Ok => "",
    };
    put(out, format_args!(", \"status\": {{\"code\": \"{}\", \"message\": ", status.code()));
    write_string(out, message);
    out.push('}');
}

fn write_links(out: &mut String, links: &[Link]) {
    out.push_str(", \"links\": [");
    for (index, link) in links.iter().enumerate() {
        separate(out, index);
        put(
            out,
            format_args!("{{\"trace_id\": \"{}\", \"span_id\": \"{}\", \"attributes\": ", link.trace_id, link.span_id),
        );
        if link.attributes.is_empty() {
            out.push_str("null");
        } else {
            native(out, &link.attributes);
        }
        out.push('}');
    }
    out.push(']');
}

fn native<K: AsRef<str>>(out: &mut String, attributes: &[(K, JsonText)]) {
    out.push('{');
    for (index, (key, value)) in attributes.iter().enumerate() {
        separate(out, index);
        write_string(out, key.as_ref());
        out.push_str(": ");
        match is_json(value.as_str()) {
            true => out.push_str(value.as_str()),
            false => write_string(out, value.as_str()),
        }
    }
    out.push('}');
}

/// A text that a limit has cut is no JSON any more, and among native values it would break the whole trace: it becomes a string.
pub(crate) fn is_json(text: &str) -> bool {
    let is_strict = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    is_strict(text) || matches!(repair(text), Cow::Owned(repaired) if is_strict(&repaired))
}

fn separate(out: &mut String, index: usize) {
    if index > 0 {
        out.push_str(", ");
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a `String` takes any text");
}
