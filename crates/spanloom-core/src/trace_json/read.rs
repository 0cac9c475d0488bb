//! Reading.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::read_span::read_span;
use super::{TraceJsonError, rfc3339};
use crate::python_json::repair;
use crate::{BoxError, SpanRecord, Trace, TraceId, TraceInfo, TraceState};

/// The trace in a text.
pub(crate) fn from_json(text: &str) -> Result<Trace, TraceJsonError> {
    let text = repair(text);
    let whole: &RawValue =
        serde_json::from_str(&text).map_err(|error| TraceJsonError::NotJson { source: error.into() })?;
    let parts: Parts<'_> = object(whole.get(), "trace")?;
    let info: &RawValue = parts.info.ok_or(TraceJsonError::MissingPart { part: "info" })?;
    let data: &RawValue = parts.data.ok_or(TraceJsonError::MissingPart { part: "data" })?;
    let data: Data<'_> = object(data.get(), "data")?;
    let spans = data.spans.ok_or(TraceJsonError::MissingPart { part: "data.spans" })?;
    let spans: Vec<&RawValue> =
        serde_json::from_str(spans.get()).map_err(|_| TraceJsonError::MissingPart { part: "data.spans" })?;
    let spans = spans
        .into_iter()
        .enumerate()
        .map(|(index, span)| read_span(span.get()).map_err(|source| TraceJsonError::Span { index, source }))
        .collect::<Result<Vec<_>, _>>()?;
    let mut info = read_info(info.get()).map_err(|source| TraceJsonError::Info { source })?;
    refine_request_time(&mut info, &spans);
    Ok(Trace::new(info, spans))
}

#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    info: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    spans: Option<&'a RawValue>,
}

/// Without the check a list would do for an object: derived structs read both.
fn object<'a, T: Deserialize<'a>>(text: &'a str, part: &'static str) -> Result<T, TraceJsonError> {
    let value = if text.starts_with('{') { serde_json::from_str(text).ok() } else { None };
    value.ok_or(TraceJsonError::MissingPart { part })
}

/// The `info` object; other keys than these are ignored, and the names of schema version 2 are read too.
#[derive(Deserialize)]
struct Info {
    #[serde(alias = "request_id")]
    trace_id: TraceId,
    client_request_id: Option<String>,
    trace_location: Option<Location>,
    experiment_id: Option<String>,
    request_preview: Option<String>,
    response_preview: Option<String>,
    request_time: Option<String>,
    timestamp_ms: Option<u64>,
    #[serde(alias = "execution_time_ms")]
    execution_duration_ms: Option<i64>,
    #[serde(alias = "status")]
    state: Option<TraceState>,
    #[serde(alias = "request_metadata")]
    trace_metadata: Option<BTreeMap<String, String>>,
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    interrupted: bool,
}

#[derive(Deserialize)]
struct Location {
    mlflow_experiment: Option<Experiment>,
}

#[derive(Deserialize)]
struct Experiment {
    experiment_id: Option<String>,
}

fn read_info(text: &str) -> Result<TraceInfo, BoxError> {
    let read: Info = serde_json::from_str(text)?;
    let request_time_unix_nano = match (read.request_time, read.timestamp_ms) {
        (Some(text), _) => {
            rfc3339::parse(&text).ok_or_else(|| format!("`request_time` is `{text}`: write an RFC 3339 time"))?
        }
        (None, Some(ms)) => {
            ms.checked_mul(1_000_000).ok_or_else(|| format!("`timestamp_ms` is `{ms}`, which is too late"))?
        }
        (None, None) => return Err("`request_time` is missing".into()),
    };
    let mut info = TraceInfo::new(read.trace_id, request_time_unix_nano);
    let location = read.trace_location.and_then(|location| location.mlflow_experiment);
    if let Some(id) = location.and_then(|experiment| experiment.experiment_id).or(read.experiment_id) {
        info.experiment_id = id;
    }
    info.client_request_id = read.client_request_id;
    info.request_preview = read.request_preview;
    info.response_preview = read.response_preview;
    // A root that was given an end before its start has a negative one.
    info.execution_duration_ms = read.execution_duration_ms.map(|ms| ms.max(0).unsigned_abs());
    info.state = read.state.unwrap_or_default();
    info.trace_metadata = read.trace_metadata.unwrap_or_default();
    info.tags = read.tags.unwrap_or_default();
    info.interrupted = read.interrupted;
    Ok(info)
}

/// The text has milliseconds; the root, whose start this is, has all digits.
fn refine_request_time(info: &mut TraceInfo, spans: &[SpanRecord]) {
    let root = spans.iter().find(|span| span.parent_id.is_none());
    if let Some(start) = root.map(|root| root.start_time_unix_nano)
        && start / 1_000_000 == info.timestamp_ms()
    {
        info.request_time_unix_nano = start;
    }
}
