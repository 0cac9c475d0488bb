//! One span as data.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::{
    JsonText, Link, LlmCost, SpanEvent, SpanId, SpanStatus, SpanType, TokenUsage, TraceId, attribute_key as key,
};

/// One span as data: finished, or as far as it had come when it was read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SpanRecord {
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its identity within the trace.
    pub span_id: SpanId,
    /// The span it was started under; `None` for a root.
    pub parent_id: Option<SpanId>,
    /// Its name, as given.
    pub name: String,
    /// What it stands for.
    pub span_type: SpanType,
    /// Start, in nanoseconds since the Unix epoch.
    pub start_time_unix_nano: u64,
    /// End, in nanoseconds since the Unix epoch; `None` while it is open.
    pub end_time_unix_nano: Option<u64>,
    /// How it ended.
    pub status: SpanStatus,
    /// All attributes, reserved ones too, in the order in which they were last set. Keys are unique.
    pub attributes: Vec<(String, JsonText)>,
    /// In the order in which they were added.
    pub events: Vec<SpanEvent>,
    /// In the order in which they were added.
    pub links: Vec<Link>,
    discarded: bool,
}

impl SpanRecord {
    /// A span that started at this moment and has nothing else yet.
    pub fn new(trace_id: TraceId, span_id: SpanId, name: impl Into<String>, start_time_unix_nano: u64) -> Self {
        Self {
            trace_id,
            span_id,
            parent_id: None,
            name: name.into(),
            span_type: SpanType::default(),
            start_time_unix_nano,
            end_time_unix_nano: None,
            status: SpanStatus::Unset,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            discarded: false,
        }
    }

    /// What went in.
    pub fn inputs(&self) -> Option<Value> {
        self.attribute(key::INPUTS)
    }

    /// What came out.
    pub fn outputs(&self) -> Option<Value> {
        self.attribute(key::OUTPUTS)
    }

    /// The value of an attribute, reserved ones included.
    pub fn attribute(&self, key: &str) -> Option<Value> {
        self.attribute_text(key).map(JsonText::to_value)
    }

    /// Token counts of a model call.
    pub fn token_usage(&self) -> Option<TokenUsage> {
        self.attribute_text(key::TOKEN_USAGE)?.read().ok()
    }

    /// What a model call cost.
    pub fn cost(&self) -> Option<LlmCost> {
        self.attribute_text(key::COST)?.read().ok()
    }

    /// Name of the model that was called.
    pub fn model(&self) -> Option<String> {
        self.attribute_text(key::MODEL)?.read().ok()
    }

    /// What it is for, in words.
    pub fn description(&self) -> Option<String> {
        self.attribute_text(key::DESCRIPTION)?.read().ok()
    }

    /// The JSON text of an attribute, as it is stored.
    pub fn attribute_text(&self, key: &str) -> Option<&JsonText> {
        self.attributes.iter().find(|(k, _)| k == key).map(|(_, text)| text)
    }

    /// Sets an attribute; one of the same key is replaced and moves to the end of the order.
    pub fn set_attribute(&mut self, key: impl Into<String>, value: impl Serialize) {
        self.set_attribute_text(key.into(), JsonText::capture(&value));
    }

    /// Sets an attribute to a text that already is JSON.
    pub fn set_attribute_text(&mut self, key: String, text: JsonText) {
        self.attributes.retain(|(k, _)| *k != key);
        self.attributes.push((key, text));
    }

    /// In a span processor: leaves this span out of its trace. Its children go to its parent, and it is counted as
    /// [`Discarded`](crate::DropReason::Discarded). Of no effect on a trace's root, and anywhere else.
    pub fn discard(&mut self) {
        self.discarded = true;
    }

    /// Whether [`discard`](Self::discard) was called.
    pub const fn is_discarded(&self) -> bool {
        self.discarded
    }

    /// Replaces what went in.
    pub fn set_inputs(&mut self, value: impl Serialize) {
        self.set_attribute(key::INPUTS, value);
    }

    /// Replaces what came out.
    pub fn set_outputs(&mut self, value: impl Serialize) {
        self.set_attribute(key::OUTPUTS, value);
    }

    /// The attributes as they are encoded and shown: the span's type stands in its reserved one.
    pub(crate) fn typed_attributes(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let stored = self.attribute_text(key::SPAN_TYPE).map(|text| SpanType::from_attribute(text.as_str()));
        let is_right = match &stored {
            Some(stored) => *stored == self.span_type,
            None => self.span_type == SpanType::Unknown,
        };
        let type_text = (!is_right).then(|| JsonText::string(self.span_type.as_str()).into_text());
        let added = if stored.is_none() { type_text.clone() } else { None };
        let own = self.attributes.iter().map(move |(name, text)| match &type_text {
            Some(type_text) if name == key::SPAN_TYPE => (Cow::Borrowed(name.as_str()), Cow::Owned(type_text.clone())),
            _ => (Cow::Borrowed(name.as_str()), Cow::Borrowed(text.as_str())),
        });
        own.chain(added.map(|text| (Cow::Borrowed(key::SPAN_TYPE), Cow::Owned(text))))
    }

    /// How long it took, in nanoseconds; `None` while it is open. Negative when it was given an end before its start.
    pub fn duration_ns(&self) -> Option<i64> {
        let end = i128::from(self.end_time_unix_nano?);
        i64::try_from(end - i128::from(self.start_time_unix_nano)).ok()
    }
}
