//! What people, programs and models judge of a trace or of one of its spans.
//!
//! # Promises
//! - [`Assessment::to_json`] and [`Assessment::from_json`] are MLflow's form, and lose nothing of a file of MLflow's.

mod change;
mod json;
mod query;
mod source;

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

pub use change::{AssessError, AssessmentChange};
pub(crate) use json::{read, write};
pub use query::AssessmentQuery;
pub use source::{AssessmentSource, AssessmentSourceType};

use crate::{JsonText, SpanId, TraceId};

/// A judgement of a trace or of one of its spans: feedback on what it did, or what it was expected to do.
///
/// Made with [`feedback`](Self::feedback) or [`expectation`](Self::expectation); logging it gives it an id and its times.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Assessment {
    /// `a-` and 32 hex digits; empty until it is logged.
    pub assessment_id: String,
    /// What is judged: `relevance`, `correct`.
    pub name: String,
    /// The trace; `None` until it is logged, if the current one is meant.
    pub trace_id: Option<TraceId>,
    /// The span, if it is about one.
    pub span_id: Option<SpanId>,
    /// Who judges.
    pub source: AssessmentSource,
    /// When it was logged, in nanoseconds since the Unix epoch, whole milliseconds; 0 until then.
    pub create_time_unix_nano: u64,
    /// When it was changed last, likewise.
    pub last_update_time_unix_nano: u64,
    /// The judgement.
    pub value: AssessmentValue,
    /// Why.
    pub rationale: Option<String>,
    /// What else is known.
    pub metadata: BTreeMap<String, String>,
    /// The id of the one that it replaces.
    pub overrides: Option<String>,
    /// `Some(false)` once another has replaced it. `None` counts as valid.
    pub valid: Option<bool>,
    /// Keys of a file that have no field here, as JSON; they are written back as they came.
    pub extra: Vec<(String, JsonText)>,
}

/// What an assessment says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AssessmentValue {
    /// How good it was.
    Feedback {
        /// Any JSON; `None` where a file has none.
        value: Option<JsonText>,
        /// Why there is no judgement.
        error: Option<AssessmentError>,
    },
    /// What it should have been: any JSON.
    Expectation(JsonText),
    /// A problem that was found, by name.
    Issue(String),
    /// None of these: a file of a newer version, whose keys are in [`Assessment::extra`].
    Other,
}

/// The kinds of assessments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssessmentKind {
    /// How good it was.
    Feedback,
    /// What it should have been.
    Expectation,
    /// A problem that was found.
    Issue,
    /// None of these.
    Other,
}

impl AssessmentKind {
    /// `feedback`, `expectation`, `issue`, `other`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Feedback => "feedback",
            Self::Expectation => "expectation",
            Self::Issue => "issue",
            Self::Other => "other",
        }
    }
}

/// Why a judge gave no judgement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssessmentError {
    /// What kind of failure: `RATE_LIMIT_EXCEEDED`, or the name of an error's type.
    pub error_code: String,
    /// In words.
    pub error_message: Option<String>,
    /// Where.
    pub stack_trace: Option<String>,
}

impl AssessmentError {
    /// A failure of this kind, in these words.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { error_code: code.into(), error_message: Some(message.into()), stack_trace: None }
    }

    /// Says where.
    #[must_use]
    pub fn stack_trace(mut self, text: impl Into<String>) -> Self {
        self.stack_trace = Some(text.into());
        self
    }
}

impl Assessment {
    /// Feedback on what was done; its source is code unless [`source`](Self::source) says otherwise.
    pub fn feedback(name: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        let value = AssessmentValue::Feedback { value: Some(JsonText::capture(&value)), error: None };
        Self::new(name.into(), value, AssessmentSource::code(AssessmentSource::DEFAULT_ID))
    }

    /// What should have been done; its source is a human unless [`source`](Self::source) says otherwise.
    pub fn expectation(name: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        let value = AssessmentValue::Expectation(JsonText::capture(&value));
        Self::new(name.into(), value, AssessmentSource::human(AssessmentSource::DEFAULT_ID))
    }

    fn new(name: Cow<'static, str>, value: AssessmentValue, source: AssessmentSource) -> Self {
        Self {
            assessment_id: String::new(),
            name: name.into_owned(),
            trace_id: None,
            span_id: None,
            source,
            create_time_unix_nano: 0,
            last_update_time_unix_nano: 0,
            value,
            rationale: None,
            metadata: BTreeMap::new(),
            overrides: None,
            valid: Some(true),
            extra: Vec::new(),
        }
    }

    /// Says why there is no judgement: the value of a feedback becomes null. Of no effect on other kinds.
    #[must_use]
    pub fn error(mut self, why: AssessmentError) -> Self {
        if let AssessmentValue::Feedback { value, error } = &mut self.value {
            (*value, *error) = (Some(JsonText::from_encoded("null")), Some(why));
        }
        self
    }

    /// Says which trace it is about. Default: that of the current span when it is logged.
    #[must_use]
    pub fn trace_id(mut self, id: impl Borrow<TraceId>) -> Self {
        self.trace_id = Some(*id.borrow());
        self
    }

    /// Says which span it is about. Default: the trace as a whole.
    #[must_use]
    pub fn span_id(mut self, id: impl Borrow<SpanId>) -> Self {
        self.span_id = Some(*id.borrow());
        self
    }

    /// Says who judges.
    #[must_use]
    pub fn source(mut self, source: AssessmentSource) -> Self {
        self.source = source;
        self
    }

    /// Says why.
    #[must_use]
    pub fn rationale(mut self, text: impl Into<String>) -> Self {
        self.rationale = Some(text.into());
        self
    }

    /// Adds one entry of what else is known.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl std::fmt::Display) -> Self {
        self.metadata.insert(key.into(), value.to_string());
        self
    }

    /// Says which one it replaces: that one is not valid from then on.
    #[must_use]
    pub fn overrides(mut self, assessment_id: impl Into<String>) -> Self {
        self.overrides = Some(assessment_id.into());
        self
    }

    /// What kind it is.
    pub const fn kind(&self) -> AssessmentKind {
        match &self.value {
            AssessmentValue::Feedback { .. } => AssessmentKind::Feedback,
            AssessmentValue::Expectation(_) => AssessmentKind::Expectation,
            AssessmentValue::Issue(_) => AssessmentKind::Issue,
            AssessmentValue::Other => AssessmentKind::Other,
        }
    }

    /// The judgement as a value: of a feedback or an expectation what was given, of an issue its name.
    pub fn value(&self) -> Option<Value> {
        self.value_text().map(|text| text.to_value())
    }

    /// The judgement as JSON text.
    pub fn value_text(&self) -> Option<Cow<'_, JsonText>> {
        match &self.value {
            AssessmentValue::Feedback { value, .. } => value.as_ref().map(Cow::Borrowed),
            AssessmentValue::Expectation(value) => Some(Cow::Borrowed(value)),
            AssessmentValue::Issue(name) => Some(Cow::Owned(JsonText::string(name))),
            AssessmentValue::Other => None,
        }
    }

    /// Whether no other has replaced it.
    pub fn is_valid(&self) -> bool {
        self.valid != Some(false)
    }
}

#[cfg(test)]
mod tests;
