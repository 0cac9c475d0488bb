//! Whether a trace fits.

use std::borrow::Cow;

use serde::Deserialize;

use super::ast::{Clause, Filter, Key, SpanKey, Test};
use super::{compared, content};
use crate::{AssessmentKind, JsonText, SpanRecord, SpanStatus, Trace, TraceInfo, attribute_key as reserved};

impl Filter {
    /// Whether a trace fits, live or completed.
    pub fn matches(&self, trace: &Trace) -> bool {
        self.matches_info(&trace.info) && self.matches_spans(&trace.data.spans)
    }

    /// Whether all clauses hold that are not about spans.
    pub fn matches_info(&self, info: &TraceInfo) -> bool {
        self.clauses().iter().all(|clause| matches!(clause.key, Key::Span(_)) || clause.holds(info))
    }

    /// Whether all clauses about spans hold for one of these; true when there is no such clause.
    pub fn matches_spans(&self, spans: &[SpanRecord]) -> bool {
        let clauses: Vec<_> = self.span_clauses().collect();
        clauses.is_empty() || spans.iter().any(|span| holds_for(&clauses, span))
    }

    /// Whether a kind of span decides: its name, its type, and whether any span of it failed. Then the spans need not be
    /// read.
    pub fn is_decided_by_kinds(&self) -> bool {
        self.span_clauses().all(|(key, test)| match key {
            SpanKey::Name | SpanKey::Type => true,
            SpanKey::Status => matches!(test, Test::Equals(status) if status == "ERROR"),
            SpanKey::Content | SpanKey::Attribute(_) => false,
        })
    }

    /// As [`matches_spans`](Self::matches_spans), from the kinds that occur.
    pub fn matches_kinds(&self, kinds: &[(String, String, bool)]) -> bool {
        let clauses: Vec<_> = self.span_clauses().collect();
        clauses.is_empty()
            || kinds.iter().any(|(name, span_type, failed)| {
                clauses.iter().all(|(key, test)| match key {
                    SpanKey::Name => test.holds(Some(name)),
                    SpanKey::Type => test.holds(Some(span_type)),
                    _ => *failed,
                })
            })
    }

    /// Texts that an encoded span must hold to fit, and whether without the case of ASCII letters.
    pub fn span_literals(&self) -> Vec<(String, bool)> {
        let literal = |(key, test): (&SpanKey, &Test)| match (key, test) {
            (SpanKey::Content | SpanKey::Attribute(_), Test::Matches(pattern)) => {
                let folded = pattern.kind() == super::PatternKind::ILike;
                Some((pattern.literal().into_owned(), folded)).filter(|(literal, _)| !literal.is_empty())
            }
            _ => None,
        };
        self.span_clauses().filter_map(literal).collect()
    }
}

/// Milliseconds are compared as MLflow compares them: as floats.
fn float(number: u64) -> f64 {
    number as f64
}

impl Clause {
    fn holds(&self, info: &TraceInfo) -> bool {
        let duration = info.execution_duration_ms;
        match &self.key {
            Key::Status => self.test.holds(Some(info.state.as_str())),
            Key::Name => self.test.holds(text(&info.tags, reserved::TRACE_NAME)),
            Key::RequestId => self.test.holds(Some(&info.trace_id.to_string())),
            Key::ClientRequestId => self.test.holds(info.client_request_id.as_deref()),
            Key::RunId => self.test.holds(text(&info.trace_metadata, reserved::SOURCE_RUN)),
            Key::Prompt => self.is_linked(text(&info.tags, reserved::LINKED_PROMPTS)),
            Key::TimestampMs => self.test.compares(Some(float(info.timestamp_ms()))),
            Key::ExecutionTimeMs => self.test.compares(duration.map(float)),
            Key::EndTimeMs => {
                self.test.compares(Some(float(info.timestamp_ms().saturating_add(duration.unwrap_or(0)))))
            }
            Key::Tag(name) => self.test.holds(text(&info.tags, name)),
            Key::Metadata(name) => self.test.holds(text(&info.trace_metadata, name)),
            Key::Assessment(kind, name) => self.test.holds_for_assessments(info, *kind, name),
            Key::Span(_) => true,
        }
    }

    /// Whether this prompt is among those that a tag lists.
    fn is_linked(&self, prompts: Option<&str>) -> bool {
        let listed: Vec<Prompt<'_>> = prompts.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        listed.iter().any(|prompt| self.test.holds(Some(&format!("{}/{}", prompt.name, prompt.version))))
    }
}

/// A prompt as the tag has it.
#[derive(Deserialize)]
struct Prompt<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
}

fn text<'a>(map: &'a std::collections::BTreeMap<String, String>, key: &str) -> Option<&'a str> {
    map.get(key).map(String::as_str)
}

fn holds_for(clauses: &[(&SpanKey, &Test)], span: &SpanRecord) -> bool {
    let mut whole = None;
    clauses.iter().all(|(key, test)| match key {
        SpanKey::Name => test.holds(Some(&span.name)),
        SpanKey::Type => test.holds(Some(span.span_type.as_str())),
        SpanKey::Status => test.holds(Some(status(&span.status))),
        SpanKey::Content => test.holds(Some(whole.get_or_insert_with(|| content::of(span)).as_str())),
        SpanKey::Attribute(name) => test.holds(span.attribute_text(name).map(plain).as_deref()),
    })
}

fn status(status: &SpanStatus) -> &'static str {
    match status {
        SpanStatus::Unset => "UNSET",
        SpanStatus::Ok => "OK",
        SpanStatus::Error(_) => "ERROR",
    }
}

/// A text as it is, anything else as its JSON.
fn plain(json: &JsonText) -> Cow<'_, str> {
    if !json.as_str().starts_with('"') {
        return Cow::Borrowed(json.as_str());
    }
    match json.to_value() {
        serde_json::Value::String(text) => Cow::Owned(text),
        _ => Cow::Borrowed(json.as_str()),
    }
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return *self == Self::IsNull };
        match self {
            Self::Equals(text) => value == text,
            Self::Differs(text) => value != text,
            Self::In(texts) => texts.iter().any(|text| text == value),
            Self::NotIn(texts) => texts.iter().all(|text| text != value),
            Self::Matches(pattern) => pattern.matches(value),
            Self::IsNotNull => true,
            Self::IsNull | Self::Number(..) => false,
        }
    }

    fn holds_for_assessments(&self, info: &TraceInfo, kind: AssessmentKind, name: &str) -> bool {
        let named = info.assessments.iter().filter(|a| a.is_valid() && a.kind() == kind && a.name == name);
        if *self == Self::IsNull {
            return named.count() == 0;
        }
        named.filter_map(|assessment| assessment.value_text()).any(|value| match (self, compared(&value)) {
            (Self::Number(..), (_, number)) => self.compares(number),
            (_, (text, _)) => self.holds(Some(&text)),
        })
    }

    fn compares(&self, value: Option<f64>) -> bool {
        matches!((self, value), (Self::Number(order, number), Some(value)) if order.holds(value, *number))
    }
}

#[cfg(test)]
mod tests;
