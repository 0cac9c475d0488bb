//! Reading one span, of schema version 3 or 2.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::base64_id;
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
    let mut span = SpanRecord::new(base64_id::trace(trace_id)?, base64_id::span(span_id)?, read.name, read.start);
    span.parent_id = read.parent.as_deref().map(base64_id::span).transpose()?;
    span.end_time_unix_nano = read.end;
    span.status = match read.status {
        Some(status) => status_of(&status.code, status.message)?,
        None => status_of(read.status_code.as_deref().unwrap_or("UNSET"), read.status_message)?,
    };
    for (key, value) in read.attributes.unwrap_or_default().0 {
        span.attributes.push((key, attribute_text(value)?));
    }
    keep_last_of_each_key(&mut span.attributes);
    if let Some(text) = span.attribute_text(key::SPAN_TYPE) {
        span.span_type = SpanType::from_attribute(text.as_str());
    }
    span.events = read.events.unwrap_or_default().into_iter().map(Event::into_event).collect();
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
    #[serde(rename = "start_time_unix_nano", alias = "start_time")]
    start: u64,
    #[serde(rename = "end_time_unix_nano", alias = "end_time")]
    end: Option<u64>,
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
    code: Cow<'a, str>,
    message: Option<String>,
}

fn status_of(code: &str, message: Option<String>) -> Result<SpanStatus, BoxError> {
    match code.strip_prefix("STATUS_CODE_").unwrap_or(code) {
        "UNSET" => Ok(SpanStatus::Unset),
        "OK" => Ok(SpanStatus::Ok),
        "ERROR" => Ok(SpanStatus::Error(message.unwrap_or_default())),
        _ => Err(format!("the status code is `{code}`: write `STATUS_CODE_OK`, `_ERROR` or `_UNSET`").into()),
    }
}

#[derive(serde::Deserialize)]
struct Event<'a> {
    name: String,
    #[serde(rename = "time_unix_nano", alias = "timestamp")]
    time: u64,
    #[serde(borrow)]
    attributes: Option<Entries<'a>>,
}

impl Event<'_> {
    fn into_event(self) -> SpanEvent {
        let mut event = SpanEvent::new(self.name).at_unix_nanos(self.time);
        event.attributes = native(self.attributes);
        event
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

/// The entries of an object in their order, values unread.
#[derive(Default)]
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
