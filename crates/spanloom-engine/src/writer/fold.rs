//! A trace's log into drafts of its spans.
//!
//! Pure: entries in, drafts out, borrowing from the log. The rules are MLflow's: an attribute that is set again is
//! replaced and moves to the end, OK is a final status, what the thread that ended a span says afterwards is ignored.

use std::borrow::Cow;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use spanloom_api::capture_mode::Capture;
use spanloom_api::raw_id::RawId;
use spanloom_api::record::{Field, Payload, Time};
use spanloom_core::{ResumeToken, SpanStatus, attribute_key as key, python_json};

use super::capture::{Fate, fate};
use crate::clock::{Anchor, TickClock};
use crate::names::NameCache;
use crate::registry::log::{LogText, LogValue, Op, Ops};

/// One span, as far as its log tells.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) span: RawId,
    /// Parent (none for a root), name and start, when the log holds the start.
    pub(crate) start: Option<(RawId, &'a str, u64)>,
    pub(crate) end_unix_nano: Option<u64>,
    pub(crate) status: SpanStatus,
    /// Keys and JSON texts.
    pub(crate) attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// Names, times, and attributes, packed.
    pub(crate) events: Vec<(&'a str, u64, Cow<'a, str>)>,
    /// Targets in hex, and attributes, packed.
    pub(crate) links: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// It was detached: it has no end here, and is not to be given one.
    pub(crate) paused: bool,
    /// It goes on with a span that was detached.
    pub(crate) resumed: bool,
    /// The ring whose thread ended it for good.
    ended_by: Option<u32>,
    given_end: Option<u64>,
}

/// Up to this many attributes looking through them is faster than hashing.
const FEW: usize = 48;

/// What was said about the trace as a whole, in order.
pub(crate) type TraceChange<'a> = (Field, &'a str, String);

/// What a log tells.
#[derive(Debug, Default)]
pub(crate) struct Folded<'a> {
    /// In the order in which they were first mentioned.
    pub(crate) spans: Vec<Draft<'a>>,
    pub(crate) changes: Vec<TraceChange<'a>>,
}

/// Reads a log.
pub(crate) struct Fold<'n> {
    pub(crate) names: &'n NameCache,
    pub(crate) clock: TickClock,
    pub(crate) anchor: Anchor,
    /// How much of it is kept.
    pub(crate) capture: Capture,
}

impl Fold<'_> {
    /// Reads the entries.
    /// `spans` of them begin there, about.
    pub(crate) fn fold<'a>(&self, ops: Ops<'a>, spans: u64) -> Folded<'a> {
        let spans = usize::try_from(spans).unwrap_or(0);
        let mut folded = Folded { spans: Vec::with_capacity(spans), changes: Vec::new() };
        let mut places = Places::with_capacity(spans);
        for op in ops {
            self.apply(op, &mut folded, &mut places);
        }
        folded.spans.iter_mut().for_each(Draft::keep_last_of_each_key);
        folded
    }

    fn apply<'a>(&self, op: Op<'a>, folded: &mut Folded<'a>, places: &mut Places) {
        match op {
            Op::Start { span, parent, ticks, name } => {
                let start = (parent, self.text(name), self.moment(ticks));
                folded.draft(places, span).start = Some(start);
            }
            Op::End { span, lane, ticks, for_good } => {
                let moment = self.moment(ticks);
                folded.draft(places, span).end(lane, moment, for_good);
            }
            Op::Reopen { span } => folded.draft(places, span).reopen(),
            Op::Data { span, lane, field, key, value, time } => {
                let key = self.text(key);
                let value = match fate(self.capture, field, key) {
                    Fate::Keep => value,
                    Fate::Bare => LogValue::None,
                    Fate::Drop => return,
                };
                if is_about_trace(field) {
                    folded.changes.push((field, key, plain_text(&self.json(value))));
                    return;
                }
                let draft = folded.draft(places, span);
                if draft.ended_by != Some(lane) {
                    self.set(draft, lane, field, key, value, time);
                }
            }
        }
    }

    fn set<'a>(&self, draft: &mut Draft<'a>, lane: u32, field: Field, name: &'a str, value: LogValue<'a>, time: Time) {
        match field {
            Field::Attribute => draft.add_attribute(name, self.json(value)),
            Field::DefaultOutputs => {
                let outputs = draft.attributes.iter().rev().find(|(k, _)| *k == key::OUTPUTS);
                if outputs.is_none_or(|(_, json)| json == "null") {
                    draft.add_attribute(name, self.json(value));
                }
            }
            Field::Event => {
                let moment = match time {
                    Time::Ticks(ticks) => self.moment(ticks),
                    Time::UnixNanos(nanos) => nanos,
                    Time::None => self.anchor.unix_ns,
                };
                if name == "exception" {
                    draft.raise_level();
                }
                draft.events.push((name, moment, packed(value)));
            }
            Field::Link => draft.links.push((Cow::Borrowed(name), packed(value))),
            Field::StatusOk => draft.set_status(SpanStatus::Ok),
            Field::StatusError => {
                let text = if matches!(value, LogValue::None) { String::new() } else { plain_text(&self.json(value)) };
                draft.set_status(SpanStatus::Error(text));
            }
            Field::Paused => draft.pause(lane),
            Field::StartTime => {
                if let (Some(start), LogValue::U64(nanos)) = (&mut draft.start, value) {
                    start.2 = nanos;
                }
            }
            Field::EndTime => {
                if let LogValue::U64(nanos) = value {
                    draft.given_end = Some(nanos);
                }
            }
            // About the trace: taken out before.
            Field::Tag
            | Field::Metadata
            | Field::RequestPreview
            | Field::ResponsePreview
            | Field::State
            | Field::ClientRequestId
            | Field::TagRemoved => {}
        }
    }

    fn moment(&self, ticks: u64) -> u64 {
        self.clock.unix_ns(self.anchor, ticks)
    }

    fn text<'a>(&self, text: LogText<'a>) -> &'a str {
        match text {
            LogText::Number(number) => self.names.get(number),
            LogText::Inline(text) => text,
        }
    }

    /// The JSON text of a value.
    fn json<'a>(&self, value: LogValue<'a>) -> Cow<'a, str> {
        match value {
            LogValue::None => Cow::Borrowed("null"),
            LogValue::Bool(true) => Cow::Borrowed("true"),
            LogValue::Bool(false) => Cow::Borrowed("false"),
            LogValue::I64(value) => Cow::Owned(value.to_string()),
            LogValue::U64(value) => Cow::Owned(value.to_string()),
            LogValue::F64(value) => {
                let mut bytes = Vec::with_capacity(24);
                python_json::append_f64(&mut bytes, value);
                Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
            }
            LogValue::Str(text) => Cow::Owned(quoted(self.text(text))),
            LogValue::Json(json) => Cow::Borrowed(json),
            LogValue::Owned(Payload::Str(text)) => Cow::Owned(quoted(text)),
            LogValue::Owned(Payload::Json(json)) => Cow::Borrowed(json),
            LogValue::Owned(Payload::Deferred(deferred)) => Cow::Borrowed(deferred.json()),
        }
    }
}

impl<'a> Folded<'a> {
    fn draft(&mut self, places: &mut Places, span: RawId) -> &mut Draft<'a> {
        let place = places.of(span, || {
            self.spans.push(Draft::new(span));
            self.spans.len() - 1
        });
        &mut self.spans[place]
    }
}

/// Where the draft of each span is. Entries about one span mostly follow each other.
struct Places {
    all: FxHashMap<RawId, usize>,
    last: (RawId, usize),
}

impl Places {
    fn with_capacity(spans: usize) -> Self {
        Self { all: FxHashMap::with_capacity_and_hasher(spans, FxBuildHasher), last: (RawId::NONE, 0) }
    }

    fn of(&mut self, span: RawId, new: impl FnOnce() -> usize) -> usize {
        if self.last.0 != span {
            self.last = (span, *self.all.entry(span).or_insert_with(new));
        }
        self.last.1
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(span: RawId) -> Self {
        Self {
            span,
            start: None,
            end_unix_nano: None,
            status: SpanStatus::Unset,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            paused: false,
            resumed: false,
            ended_by: None,
            given_end: None,
        }
    }

    /// The JSON text of an attribute.
    pub(crate) fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| *k == key).map(|(_, json)| &**json)
    }

    /// An error happened: a level that was given before is at least that of errors from here on.
    fn raise_level(&mut self) {
        let level = self.attributes.iter_mut().find(|(k, _)| *k == key::LOG_LEVEL);
        if let Some((_, json)) = level.filter(|(_, json)| matches!(&**json, "10" | "20" | "30")) {
            *json = Cow::Borrowed("40");
        }
    }

    pub(crate) fn set_attribute(&mut self, key: &'a str, json: Cow<'a, str>) {
        if !key.is_empty() {
            self.attributes.retain(|(k, _)| *k != key);
            self.attributes.push((key, json));
        }
    }

    /// The same while the log is read: of many attributes the older ones of a key stay until all are known, for looking
    /// through all of them each time would take quadratic time.
    fn add_attribute(&mut self, key: &'a str, json: Cow<'a, str>) {
        if self.attributes.len() < FEW {
            self.set_attribute(key, json);
        } else if !key.is_empty() {
            self.attributes.push((key, json));
        }
    }

    fn keep_last_of_each_key(&mut self) {
        if self.attributes.len() > FEW {
            let mut seen = FxHashSet::with_capacity_and_hasher(self.attributes.len(), FxBuildHasher);
            let mut is_last: Vec<bool> = self.attributes.iter().rev().map(|(key, _)| seen.insert(*key)).collect();
            self.attributes.retain(|_| is_last.pop().unwrap_or(true));
        }
    }

    fn set_status(&mut self, status: SpanStatus) {
        self.status = std::mem::take(&mut self.status).then(status);
    }

    fn end(&mut self, lane: u32, moment: u64, for_good: bool) {
        if for_good {
            if self.ended_by.is_none() {
                self.ended_by = Some(lane);
                self.end_unix_nano = Some(self.given_end.unwrap_or(moment));
            }
        } else if self.ended_by.is_none() {
            self.end_unix_nano = self.end_unix_nano.max(Some(moment));
        }
    }

    fn pause(&mut self, lane: u32) {
        if self.ended_by.is_none() {
            (self.ended_by, self.end_unix_nano, self.paused) = (Some(lane), None, true);
            self.set_attribute(key::PAUSED, Cow::Borrowed("true"));
        }
    }

    /// Says that this is a later piece of a span, of which the token tells the start.
    pub(super) fn go_on(&mut self, token: &'a ResumeToken) {
        self.resumed = true;
        if self.start.is_none() {
            return;
        }
        let times = token.known.as_ref().map_or(0, |known| known.times_resumed) + 1;
        let known = token.known.as_ref();
        self.start = known.map(|known| (RawId::NONE, known.name.as_str(), known.start_unix_nano));
        self.set_attribute(key::RESUMED, Cow::Owned(times.to_string()));
        if !self.paused {
            self.set_attribute(key::PAUSED, Cow::Borrowed("false"));
        }
        if let Some(known) = known.filter(|known| !known.span_type.is_empty())
            && self.attribute(key::SPAN_TYPE).is_none()
        {
            self.set_attribute(key::SPAN_TYPE, Cow::Owned(quoted(&known.span_type)));
        }
    }

    fn reopen(&mut self) {
        if self.ended_by.is_none() {
            self.end_unix_nano = None;
        }
    }
}

/// The packed attributes of an event or a link.
fn packed<'a>(value: LogValue<'a>) -> Cow<'a, str> {
    match value {
        LogValue::Json(packed) => Cow::Borrowed(packed),
        LogValue::Owned(Payload::Json(packed)) => Cow::Borrowed(packed),
        _ => Cow::Borrowed(""),
    }
}

fn is_about_trace(field: Field) -> bool {
    matches!(
        field,
        Field::Tag
            | Field::Metadata
            | Field::RequestPreview
            | Field::ResponsePreview
            | Field::State
            | Field::ClientRequestId
            | Field::TagRemoved
    )
}

fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    python_json::write_string(&mut json, text);
    json
}

/// The content of a JSON string; other JSON as it is.
fn plain_text(json: &str) -> String {
    match python_json::parse(json) {
        serde_json::Value::String(text) => text,
        _ => json.to_owned(),
    }
}
