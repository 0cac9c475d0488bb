//! Spans out of their parts.
//!
//! # Promises
//! - Parts of a span may be spread over a body and come in any number. Of an attribute, an end and a start the last one
//!   counts; events and links are all kept; a status follows [`SpanStatus::then`].
//! - A part that comes twice in a row changes nothing but its events and links, which are there twice.
//! - Time is linear in the bytes of the parts, but for sorting; nothing recurses, so a chain of any length is fine.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::codec::Attribute;
use crate::{
    EventPart, JsonText, Link, LinkPart, PartStart, SpanEvent, SpanId, SpanPart, SpanRecord, SpanStatus, SpanType,
    TraceId, attribute_key as key,
};

/// The spans that these parts make up: roots first, then spans whose parent is in no part, then the others, each by start
/// and, where that is equal, in the order in which they first occur.
///
/// A span of which no start came has an empty name, the earliest time that is known of it as its start, and the attribute
/// `spanloom.incomplete`; it is never taken for a root.
pub fn spans<'a>(trace_id: TraceId, parts: impl IntoIterator<Item = SpanPart<'a>>) -> Vec<SpanRecord> {
    let mut places: HashMap<SpanId, usize> = HashMap::new();
    let mut drafts: Vec<Draft> = Vec::new();
    for part in parts {
        let place = *places.entry(part.span_id).or_insert_with(|| {
            drafts.push(Draft::new(trace_id, part.span_id));
            drafts.len() - 1
        });
        drafts[place].add(part);
    }
    let mut records: Vec<(Rank, SpanRecord)> = drafts
        .into_iter()
        .map(|draft| {
            let rank = draft.rank(|parent| places.contains_key(&parent));
            (rank, draft.finish())
        })
        .collect();
    records.sort_by_key(|(rank, record)| (*rank, record.start_time_unix_nano));
    records.into_iter().map(|(_, record)| record).collect()
}

/// What comes first in a trace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Root,
    Orphan,
    Child,
}

/// A span while its parts come in. Its attributes may still have keys twice.
struct Draft {
    record: SpanRecord,
    has_started: bool,
}

impl Draft {
    fn new(trace_id: TraceId, span_id: SpanId) -> Self {
        Self { record: SpanRecord::new(trace_id, span_id, "", 0), has_started: false }
    }

    fn add(&mut self, part: SpanPart<'_>) {
        let record = &mut self.record;
        if let Some(PartStart { parent_id, name, start_unix_nano }) = part.start {
            self.has_started = true;
            record.parent_id = parent_id;
            record.name = name.into_owned();
            record.start_time_unix_nano = start_unix_nano;
        }
        record.end_time_unix_nano = part.end_unix_nano.or(record.end_time_unix_nano);
        if let Some(status) = part.status {
            record.status = std::mem::take(&mut record.status).then(SpanStatus::from(status));
        }
        let attributes = part.attributes.into_iter();
        record.attributes.extend(attributes.map(|(key, text)| (key.into_owned(), JsonText::from_encoded(text))));
        record.events.extend(part.events.into_iter().map(event));
        record.links.extend(part.links.into_iter().map(link));
    }

    fn rank(&self, is_in_trace: impl Fn(SpanId) -> bool) -> Rank {
        match self.record.parent_id {
            None if self.has_started => Rank::Root,
            Some(parent) if !is_in_trace(parent) => Rank::Orphan,
            _ => Rank::Child,
        }
    }

    fn finish(self) -> SpanRecord {
        let Self { mut record, has_started } = self;
        keep_last_of_each_key(&mut record.attributes);
        if !has_started {
            let of_events = record.events.iter().filter_map(|event| event.time_unix_nano);
            record.start_time_unix_nano = of_events.chain(record.end_time_unix_nano).min().unwrap_or(0);
            record.set_attribute_text(key::SPAN_INCOMPLETE.to_owned(), JsonText::from_encoded("true"));
        }
        if let Some(text) = record.attribute_text(key::SPAN_TYPE) {
            record.span_type = SpanType::from_attribute(text.as_str());
        }
        record
    }
}

/// Below this many attributes looking through them is faster than hashing.
const FEW: usize = 24;

/// A key that was set again stands where it was set last.
pub(crate) fn keep_last_of_each_key(attributes: &mut Vec<(String, JsonText)>) {
    if attributes.len() <= FEW {
        for index in (0..attributes.len()).rev() {
            if attributes[index + 1..].iter().any(|(later, _)| *later == attributes[index].0) {
                attributes.remove(index);
            }
        }
        return;
    }
    let mut seen = HashSet::with_capacity(attributes.len());
    let mut is_last: Vec<bool> = attributes.iter().rev().map(|(key, _)| seen.insert(key.as_str())).collect();
    attributes.retain(|_| is_last.pop().unwrap_or(true));
}

fn event(part: EventPart<'_>) -> SpanEvent {
    let mut event = SpanEvent::new(part.name.into_owned()).at_unix_nanos(part.time_unix_nano);
    event.attributes = owned(part.attributes);
    event
}

fn link(part: LinkPart<'_>) -> Link {
    let mut link = Link::new(part.trace_id, part.span_id);
    link.attributes = owned(part.attributes);
    link
}

fn owned(attributes: Vec<Attribute<'_>>) -> Vec<(Cow<'static, str>, JsonText)> {
    attributes.into_iter().map(|(key, text)| (key.into_owned().into(), JsonText::from_encoded(text))).collect()
}

#[cfg(test)]
mod tests;
