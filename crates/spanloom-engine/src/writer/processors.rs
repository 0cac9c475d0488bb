//! The program's own functions over spans, before redaction and limits: whatever a reader or a destination will see passes
//! them first.
//!
//! # Promises
//! - Each function sees each span, in the order in which the functions were given, when its trace completes.
//! - One that panics is passed over for that span: what it had changed is taken back, the panic is counted.
//! - A span that is discarded leaves its children to its parent. The root of the trace is never discarded.

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustc_hash::FxHashMap;
use spanloom_api::packed::{pack, unpack};
use spanloom_api::raw_id::RawId;
use spanloom_core::{JsonText, Link, SpanEvent, SpanRecord, SpanStatus, SpanType, TraceId, attribute_key as key};

use super::fold::Draft;
use crate::identity::Identities;

/// A function over spans at their end.
pub type SpanProcessor = Box<dyn Fn(&mut SpanRecord) + Send + Sync>;

/// All of an engine's, in order.
#[derive(Default)]
pub(crate) struct Processors(Vec<SpanProcessor>);

impl fmt::Debug for Processors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} processors", self.0.len())
    }
}

/// Spans after all functions, with the drafts that they were made of.
#[derive(Debug, Default)]
pub(super) struct Processed {
    spans: Vec<(RawId, RawId, SpanRecord, Unchanged)>,
    /// The parents of spans that were discarded.
    discarded: FxHashMap<RawId, RawId>,
    /// Of those, the ones that begin here.
    pub(super) dropped: u64,
    pub(super) panics: u64,
}

/// What of a draft a function cannot change.
#[derive(Clone, Copy, Debug)]
struct Unchanged {
    has_started: bool,
    paused: bool,
    resumed: bool,
}

impl Processors {
    pub(crate) fn new(processors: Vec<SpanProcessor>) -> Self {
        Self(processors)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs the functions over the spans of one log.
    pub(super) fn run(
        &self,
        trace_id: TraceId,
        root: RawId,
        drafts: Vec<Draft<'_>>,
        identities: Identities<'_>,
    ) -> Processed {
        let mut processed = Processed::default();
        for draft in drafts {
            let mut record = record(trace_id, &draft);
            let parent = draft.start.map_or(RawId::NONE, |(parent, ..)| parent);
            record.span_id = identities.span_id(draft.span);
            record.parent_id = identities.parent_id(draft.span, parent);
            processed.panics += self.apply(&mut record);
            let has_started = draft.start.is_some();
            if record.is_discarded() && draft.span != root && parent != RawId::NONE {
                processed.discarded.insert(draft.span, parent);
                processed.dropped += u64::from(has_started);
            } else {
                let unchanged = Unchanged { has_started, paused: draft.paused, resumed: draft.resumed };
                processed.spans.push((draft.span, parent, record, unchanged));
            }
        }
        processed
    }

    /// Gives how many of the functions panicked.
    fn apply(&self, record: &mut SpanRecord) -> u64 {
        let mut panics = 0;
        for processor in &self.0 {
            let before = record.clone();
            if catch_unwind(AssertUnwindSafe(|| processor(record))).is_err() {
                *record = before;
                panics += 1;
            }
        }
        panics
    }
}

impl Processed {
    /// Drafts again, which go the way of all drafts.
    pub(super) fn drafts(&self) -> Vec<Draft<'_>> {
        self.spans.iter().map(|(span, parent, record, was)| self.draft(*span, *parent, record, *was)).collect()
    }

    fn draft<'r>(&self, span: RawId, parent: RawId, record: &'r SpanRecord, was: Unchanged) -> Draft<'r> {
        let mut draft = Draft::new(span);
        let start = (self.nearest(parent), record.name.as_str(), record.start_time_unix_nano);
        draft.start = was.has_started.then_some(start);
        draft.end_unix_nano = record.end_time_unix_nano;
        (draft.paused, draft.resumed) = (was.paused, was.resumed);
        draft.status = record.status.clone();
        let text = |json: &'r JsonText| Cow::Borrowed(json.as_str());
        draft.attributes = record.attributes.iter().map(|(name, json)| (name.as_str(), text(json))).collect();
        if was.has_started && record.span_type != type_of(record) {
            let json = JsonText::string(record.span_type.as_str()).as_str().to_owned();
            draft.set_attribute(key::SPAN_TYPE, Cow::Owned(json));
        }
        let moment = |event: &SpanEvent| event.time_unix_nano.unwrap_or(record.start_time_unix_nano);
        let event = |event: &'r SpanEvent| (&*event.name, moment(event), Cow::Owned(pack(&event.attributes)));
        draft.events = record.events.iter().map(event).collect();
        let target = |link: &Link| Cow::Owned(format!("{}{}", link.trace_id.to_hex(), link.span_id));
        draft.links = record.links.iter().map(|link| (target(link), Cow::Owned(pack(&link.attributes)))).collect();
        draft
    }

    /// The closest span above that was not discarded.
    fn nearest(&self, mut parent: RawId) -> RawId {
        while let Some(above) = self.discarded.get(&parent) {
            parent = *above;
        }
        parent
    }
}

fn type_of(record: &SpanRecord) -> SpanType {
    record.attribute_text(key::SPAN_TYPE).map_or(SpanType::default(), |text| SpanType::from_attribute(text.as_str()))
}

/// A draft as functions see it: not redacted, whole, without the attributes that every span gets at the end.
fn record(trace_id: TraceId, draft: &Draft<'_>) -> SpanRecord {
    let (name, start) = draft.start.map_or(("", 0), |(_, name, start)| (name, start));
    let mut record = SpanRecord::new(trace_id, spanloom_core::SpanId::INVALID, name, start);
    record.end_time_unix_nano = draft.end_unix_nano;
    // The status is final when functions see it.
    let has_ended = draft.end_unix_nano.is_some() && draft.attribute(key::SPAN_INCOMPLETE) != Some("true");
    record.status = if has_ended { draft.status.clone().at_end() } else { draft.status.clone() };
    for (name, json) in &draft.attributes {
        record.set_attribute_text((*name).to_owned(), JsonText::from_encoded(json.clone()));
    }
    record.span_type = type_of(&record);
    for (name, moment, packed) in &draft.events {
        let mut event = SpanEvent::new((*name).to_owned()).at_unix_nanos(*moment);
        event.attributes = attributes(packed);
        record.events.push(event);
    }
    for (target, packed) in &draft.links {
        let Some((trace, span)) = target.split_at_checked(32) else { continue };
        if let (Ok(trace), Ok(span)) = (trace.parse(), span.parse()) {
            let mut link = Link::new(trace, span);
            link.attributes = attributes(packed);
            record.links.push(link);
        }
    }
    record
}

fn attributes(packed: &str) -> Vec<(Cow<'static, str>, JsonText)> {
    let own = |text: &str| Cow::<'static, str>::Owned(text.to_owned());
    unpack(packed).map(|(name, json)| (own(name), JsonText::from_encoded(json.to_owned()))).collect()
}

/// What of a live span may be shown before the functions have seen it: that it is there.
pub(super) fn bare(draft: &mut Draft<'_>) {
    draft.attributes.retain(|(name, _)| matches!(*name, key::SPAN_TYPE | key::LOG_LEVEL));
    draft.events.clear();
    draft.links.clear();
    if matches!(draft.status, SpanStatus::Error(_)) {
        draft.status = SpanStatus::Error(String::new());
    }
}
