//! Reading one span, of schema version 3 or 2.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::base64_id;
use super::entries::{self, Entries};
use crate::assemble::keep_last_of_each_key;
use crate::python_json::relayout;
use crate::{BoxError, JsonText, Link, SpanEvent, SpanRecord, SpanStatus, SpanType, attribute_key as key};

/// The span in a JSON object.
pub(super) fn read_span(text: &str) -> Result<SpanRecord, BoxError> {
    let read: Span<'_> = serde_json::from_str(text)?;
    let (trace_id, span_id) = match &read.context {
        Some(context) => (context.trace_id.as_ref(), context.span_id.as_ref()),
        None => (
            read.trace_id.as_deref().ok_or("`trace_id` is missing")?,
            read.span_id.as_deref().ok_or("`span_id` is missing")?,
        ),
    };
    let mut span =
        SpanRecord::new(base64_id::trace(trace_id)?, base64_id::span(span_id)?, read.name, nanos(read.start)?);
    span.parent_id = read.parent.as_deref().map(base64_id::span).transpose()?;
    span.end_time_unix_nano = read.end.map(nanos).transpose()?;
    span.status = match read.status {
        Some(status) => status_of(&entries::text(status.code.get())?, status.message)?,
        None => status_of(read.status_code.as_deref().unwrap_or("UNSET"), read.status_message)?,
    };
    for (key, value) in read.attributes.unwrap_or_default().0 {
        span.attributes.push((key, attribute_text(value)?));
    }
    keep_last_of_each_key(&mut span.attributes);
    if let Some(text) = span.attribute_text(key::SPAN_TYPE) {
        span.span_type = SpanType::from_attribute(text.as_str());
    }
    span.events = read.events.unwrap_or_default().into_iter().map(Event::into_event).collect::<Result<_, _>>()?;
    span.links = read.links.unwrap_or_default().into_iter().map(ReadLink::into_link).collect::<Result<_, _>>()?;
    Ok(span)
}

/// Version 2 has the ids in `context`, and other names for the rest.
#[derive(serde::Deserialize)]
struct Span<'a> {
    #[serde(borrow)]
    context: Option<Context<'a>>,
    #[serde(borrow)]
    trace_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    span_id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "parent_span_id", alias = "parent_id")]
    parent: Option<Cow<'a, str>>,
    name: String,
    #[serde(borrow, rename = "start_time_unix_nano", alias = "start_time")]
    start: &'a RawValue,
    #[serde(borrow, rename = "end_time_unix_nano", alias = "end_time")]
    end: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<Status<'a>>,
    #[serde(borrow)]
    status_code: Option<Cow<'a, str>>,
    status_message: Option<String>,
    #[serde(borrow)]
    attributes: Option<Entries<'a>>,
    #[serde(borrow)]
    events: Option<Vec<Event<'a>>>,
    #[serde(borrow)]
    links: Option<Vec<ReadLink<'a>>>,
}

#[derive(serde::Deserialize)]
struct Context<'a> {
    #[serde(borrow)]
    trace_id: Cow<'a, str>,
    #[serde(borrow)]
    span_id: Cow<'a, str>,
}

#[derive(serde::Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    code: &'a RawValue,
    message: Option<String>,
}

/// Protobuf writes 64-bit integers as texts.
fn nanos(value: &RawValue) -> Result<u64, BoxError> {
    entries::integer(value.get())
}

fn status_of(code: &str, message: Option<String>) -> Result<SpanStatus, BoxError> {
    match code.strip_prefix("STATUS_CODE_").unwrap_or(code) {
        "UNSET" | "0" => Ok(SpanStatus::Unset),
        "OK" | "1" => Ok(SpanStatus::Ok),
        "ERROR" | "2" => Ok(SpanStatus::Error(message.unwrap_or_default())),
        _ => Err(format!("the status code is `{code}`: write `STATUS_CODE_OK`, `_ERROR` or `_UNSET`").into()),
    }
}

#[derive(serde::Deserialize)]
struct Event<'a> {
    name: String,
    #[serde(borrow, rename = "time_unix_nano", alias = "timestamp")]
    time: &'a RawValue,
    #[serde(borrow)]
    attributes: Option<Entries<'a>>,
}

impl Event<'_> {
    fn into_event(self) -> Result<SpanEvent, BoxError> {
        let mut event = SpanEvent::new(self.name).at_unix_nanos(nanos(self.time)?);
        event.attributes = native(self.attributes);
        Ok(event)
    }
}

#[derive(serde::Deserialize)]
struct ReadLink<'a> {
    #[serde(borrow)]
    trace_id: Cow<'a, str>,
    #[serde(borrow)]
    span_id: Cow<'a, str>,
    #[serde(borrow)]
    attributes: Option<Entries<'a>>,
}

impl ReadLink<'_> {
    fn into_link(self) -> Result<Link, BoxError> {
        let mut link = Link::new(base64_id::trace(&self.trace_id)?, base64_id::span(&self.span_id)?);
        link.attributes = native(self.attributes);
        Ok(link)
    }
}

/// A span's attribute is a string that holds JSON; a writer that put the value itself there is understood.
fn attribute_text(value: &RawValue) -> Result<JsonText, BoxError> {
    let text = match value.get().starts_with('"') {
        true => serde_json::from_str(value.get())?,
        false => relayout(value.get()),
    };
    Ok(JsonText::from_encoded(text))
}

fn native(entries: Option<Entries<'_>>) -> Vec<(Cow<'static, str>, JsonText)> {
    let text = |value: &RawValue| JsonText::from_encoded(relayout(value.get()));
    entries.unwrap_or_default().0.into_iter().map(|(key, value)| (key.into(), text(value))).collect()
}
