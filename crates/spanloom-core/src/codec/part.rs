//! Pieces of spans.

use std::borrow::Cow;

use crate::{JsonText, SpanId, SpanRecord, SpanStatus, TraceId};

/// A key and the JSON text of its value.
pub type Attribute<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Something that became known of one span: all of it, or what a journal chunk adds.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanPart<'a> {
    /// The span.
    pub span_id: SpanId,
    /// That it started.
    pub start: Option<PartStart<'a>>,
    /// That it ended: when, in nanoseconds since the Unix epoch.
    pub end_unix_nano: Option<u64>,
    /// A status that was set.
    pub status: Option<StatusPart<'a>>,
    /// In the order in which they were set; a key may occur more than once, the last one counts.
    pub attributes: Vec<Attribute<'a>>,
    /// In the order in which they were added.
    pub events: Vec<EventPart<'a>>,
    /// In the order in which they were added.
    pub links: Vec<LinkPart<'a>>,
}

/// How a span started.
#[derive(Clone, Debug, PartialEq)]
pub struct PartStart<'a> {
    /// The span it was started under; `None` for a root.
    pub parent_id: Option<SpanId>,
    /// Its name.
    pub name: Cow<'a, str>,
    /// When, in nanoseconds since the Unix epoch.
    pub start_unix_nano: u64,
}

/// A status that was set.
#[derive(Clone, Debug, PartialEq)]
pub enum StatusPart<'a> {
    /// Nothing was said.
    Unset,
    /// It did what it should.
    Ok,
    /// It failed; how, in words.
    Error(Cow<'a, str>),
}

/// Something that happened at one moment of a span.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPart<'a> {
    /// What happened.
    pub name: Cow<'a, str>,
    /// When, in nanoseconds since the Unix epoch.
    pub time_unix_nano: u64,
    /// In the order in which they were set.
    pub attributes: Vec<Attribute<'a>>,
}

/// A reference to another span.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkPart<'a> {
    /// The trace of the other span.
    pub trace_id: TraceId,
    /// The other span.
    pub span_id: SpanId,
    /// In the order in which they were set.
    pub attributes: Vec<Attribute<'a>>,
}

impl<'a> SpanPart<'a> {
    /// A part that says nothing yet.
    pub const fn new(span_id: SpanId) -> Self {
        Self {
            span_id,
            start: None,
            end_unix_nano: None,
            status: None,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
        }
    }

    /// All of a span. An event that was never stamped gets the span's start; the type is put among the attributes.
    pub fn from_record(record: &'a SpanRecord) -> Self {
        let unstamped = record.start_time_unix_nano;
        let event = |event: &'a crate::SpanEvent| EventPart {
            name: Cow::Borrowed(event.name.as_ref()),
            time_unix_nano: event.time_unix_nano.unwrap_or(unstamped),
            attributes: attributes(&event.attributes),
        };
        let link = |link: &'a crate::Link| LinkPart {
            trace_id: link.trace_id,
            span_id: link.span_id,
            attributes: attributes(&link.attributes),
        };
        Self {
            span_id: record.span_id,
            start: Some(PartStart {
                parent_id: record.parent_id,
                name: Cow::Borrowed(&record.name),
                start_unix_nano: record.start_time_unix_nano,
            }),
            end_unix_nano: record.end_time_unix_nano,
            status: Some(StatusPart::from(&record.status)),
            attributes: record.typed_attributes().collect(),
            events: record.events.iter().map(event).collect(),
            links: record.links.iter().map(link).collect(),
        }
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> SpanPart<'static> {
        SpanPart {
            span_id: self.span_id,
            start: self.start.map(|start| PartStart {
                parent_id: start.parent_id,
                name: owned(start.name),
                start_unix_nano: start.start_unix_nano,
            }),
            end_unix_nano: self.end_unix_nano,
            status: self.status.map(|status| match status {
                StatusPart::Unset => StatusPart::Unset,
                StatusPart::Ok => StatusPart::Ok,
                StatusPart::Error(text) => StatusPart::Error(owned(text)),
            }),
            attributes: owned_attributes(self.attributes),
            events: self
                .events
                .into_iter()
                .map(|event| EventPart {
                    name: owned(event.name),
                    time_unix_nano: event.time_unix_nano,
                    attributes: owned_attributes(event.attributes),
                })
                .collect(),
            links: self
                .links
                .into_iter()
                .map(|link| LinkPart {
                    trace_id: link.trace_id,
                    span_id: link.span_id,
                    attributes: owned_attributes(link.attributes),
                })
                .collect(),
        }
    }
}

impl<'a> From<&'a SpanStatus> for StatusPart<'a> {
    fn from(status: &'a SpanStatus) -> Self {
        match status {
            SpanStatus::Unset => Self::Unset,
            SpanStatus::Ok => Self::Ok,
            SpanStatus::Error(text) => Self::Error(Cow::Borrowed(text)),
        }
    }
}

impl From<StatusPart<'_>> for SpanStatus {
    fn from(status: StatusPart<'_>) -> Self {
        match status {
            StatusPart::Unset => Self::Unset,
            StatusPart::Ok => Self::Ok,
            StatusPart::Error(text) => Self::Error(text.into_owned()),
        }
    }
}

fn attributes<'a>(of: &'a [(Cow<'static, str>, JsonText)]) -> Vec<Attribute<'a>> {
    of.iter().map(|(key, text)| (Cow::Borrowed(key.as_ref()), Cow::Borrowed(text.as_str()))).collect()
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

fn owned_attributes(of: Vec<Attribute<'_>>) -> Vec<Attribute<'static>> {
    of.into_iter().map(|(key, text)| (owned(key), owned(text))).collect()
}
