//! One trace as data: what is known of the whole, and its spans.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Assessment, AssessmentQuery, JsonText, LlmCost, SpanId, SpanQuery, SpanRecord, TokenUsage, TraceId, TraceJsonError,
    attribute_key as key, display_name, trace_json,
};

/// One trace: what is known of the whole, and its spans.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trace {
    /// The whole.
    pub info: TraceInfo,
    /// The parts.
    pub data: TraceData,
}

/// The parts of a trace.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TraceData {
    /// The root first, then by start time.
    pub spans: Vec<SpanRecord>,
}

/// What is known of a trace as a whole: the keys of MLflow's `info` object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TraceInfo {
    /// Its identity.
    pub trace_id: TraceId,
    /// An id that the caller of the program chose.
    pub client_request_id: Option<String>,
    /// The experiment it belongs to, by MLflow's id or by name. Default `0`.
    pub experiment_id: String,
    /// The start of the root's inputs, or what the program set.
    pub request_preview: Option<String>,
    /// The start of the root's outputs, or what the program set.
    pub response_preview: Option<String>,
    /// Start of the root, in nanoseconds since the Unix epoch. MLflow's JSON has it in milliseconds.
    pub request_time_unix_nano: u64,
    /// Duration of the root in milliseconds, rounded down; `None` while it runs.
    pub execution_duration_ms: Option<u64>,
    /// How it went.
    pub state: TraceState,
    /// Set once, by the engine or the program.
    pub trace_metadata: BTreeMap<String, String>,
    /// Set at any time, also after the end.
    pub tags: BTreeMap<String, String>,
    /// Its process died while it ran; what is here is what had been journalled.
    pub interrupted: bool,
    /// What was judged of it and of its spans, in the order in which it was logged.
    pub assessments: Vec<Assessment>,
    /// Keys of a trace file that have no field here, as JSON; they are written back as they came. One with the name of a
    /// key above is written in its place.
    pub extra: Vec<(String, JsonText)>,
}

/// How a trace went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum TraceState {
    /// It did what it should.
    Ok,
    /// The root ended with an error, or the program said so.
    Error,
    /// It runs.
    InProgress,
    /// Nothing is known.
    #[default]
    #[serde(rename = "STATE_UNSPECIFIED")]
    Unspecified,
}

impl TraceState {
    /// MLflow's name: `OK`, `ERROR`, `IN_PROGRESS`, `STATE_UNSPECIFIED`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Error => "ERROR",
            Self::InProgress => "IN_PROGRESS",
            Self::Unspecified => "STATE_UNSPECIFIED",
        }
    }
}

impl TraceInfo {
    /// A trace that has just begun.
    pub fn new(trace_id: TraceId, request_time_unix_nano: u64) -> Self {
        Self {
            trace_id,
            client_request_id: None,
            experiment_id: "0".to_owned(),
            request_preview: None,
            response_preview: None,
            request_time_unix_nano,
            execution_duration_ms: None,
            state: TraceState::InProgress,
            trace_metadata: BTreeMap::new(),
            tags: BTreeMap::new(),
            interrupted: false,
            assessments: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// Start of the root in milliseconds since the Unix epoch.
    pub const fn timestamp_ms(&self) -> u64 {
        self.request_time_unix_nano / 1_000_000
    }

    /// Token counts of the whole trace.
    pub fn token_usage(&self) -> Option<TokenUsage> {
        serde_json::from_str(self.trace_metadata.get(key::TRACE_TOKEN_USAGE)?).ok()
    }

    /// Cost of the whole trace.
    pub fn cost(&self) -> Option<LlmCost> {
        serde_json::from_str(self.trace_metadata.get(key::TRACE_COST)?).ok()
    }

    /// MLflow's `info` object on one line, with `"interrupted": true` added where it holds.
    pub fn to_json(&self) -> String {
        trace_json::info_to_json(self)
    }
}

impl Trace {
    /// A trace of these parts.
    pub fn new(info: TraceInfo, spans: Vec<SpanRecord>) -> Self {
        Self { info, data: TraceData { spans } }
    }

    /// The spans that fit a query, in the order of the trace.
    pub fn search_spans(&self, query: SpanQuery) -> Vec<&SpanRecord> {
        self.data.spans.iter().filter(|span| query.matches(span)).collect()
    }

    /// The assessments that fit a query, in the order in which they were logged.
    pub fn search_assessments(&self, query: AssessmentQuery) -> Vec<&Assessment> {
        self.info.assessments.iter().filter(|assessment| query.matches(assessment)).collect()
    }

    /// The names of the spans in their order, as they are shown: where several have the same, each has a number behind it,
    /// `_1`, `_2`, from 1. `SpanRecord::name` stays as it was given. See [`display_name`](mod@crate::display_name).
    pub fn display_names(&self) -> Vec<Cow<'_, str>> {
        let names = || self.data.spans.iter().map(|span| span.name.as_str());
        names().zip(display_name::numbers(names())).map(|(name, number)| display_name::numbered(name, number)).collect()
    }

    /// The name of one span as it is shown; `None` when there is no such span. Looks at all spans: for many names take
    /// [`display_names`](Self::display_names).
    pub fn display_name(&self, span_id: SpanId) -> Option<Cow<'_, str>> {
        let place = self.data.spans.iter().position(|span| span.span_id == span_id)?;
        Some(self.display_names().swap_remove(place))
    }

    /// The root: the first span without a parent in this trace.
    pub fn root(&self) -> Option<&SpanRecord> {
        self.data.spans.iter().find(|span| span.parent_id.is_none()).or(self.data.spans.first())
    }

    /// MLflow's trace JSON, on one line and in ASCII, as its `Trace.to_json` writes it.
    pub fn to_json(&self) -> String {
        trace_json::to_json(self)
    }

    /// The trace that [`to_json`](Self::to_json), or MLflow, wrote.
    ///
    /// # Errors
    /// When the text is no JSON, or no trace; the error says which part is missing or wrong.
    pub fn from_json(text: &str) -> Result<Self, TraceJsonError> {
        trace_json::from_json(text)
    }
}
