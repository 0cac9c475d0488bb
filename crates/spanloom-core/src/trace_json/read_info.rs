//! Reading the `info` object, of schema version 3 or 2.

use super::entries::{self, Entry};
use super::rfc3339;
use crate::python_json::relayout;
use crate::{BoxError, JsonText, TraceId, TraceInfo, TraceState, assessment};

/// The info in a JSON object whose bare words are repaired.
pub(super) fn read_info(text: &str) -> Result<TraceInfo, BoxError> {
    let mut read = Reading { info: TraceInfo::new(TraceId::INVALID, 0), has_time: false };
    read.info.state = TraceState::Unspecified;
    for Entry { key, value } in entries::of(text)? {
        read.take(&key, value).map_err(|error| format!("`{key}`: {error}"))?;
    }
    match (read.info.trace_id, read.has_time) {
        (TraceId::INVALID, _) => Err("`trace_id` is missing".into()),
        (_, false) => Err("`request_time` is missing".into()),
        _ => Ok(read.info),
    }
}

struct Reading {
    info: TraceInfo,
    has_time: bool,
}

impl Reading {
    fn take(&mut self, key: &str, value: &str) -> Result<(), BoxError> {
        let info = &mut self.info;
        match key {
            "trace_id" | "request_id" => return self.trace_id(value),
            "trace_location" => return self.location(value),
            "request_time" | "timestamp_ms" if value != "null" => return self.time(key, value),
            "execution_duration_ms" | "execution_time_ms" if value != "null" => return self.duration(value),
            "experiment_id" if value != "null" => info.experiment_id = entries::text(value)?,
            "client_request_id" if value != "null" => info.client_request_id = Some(entries::text(value)?),
            "request_preview" if value != "null" => info.request_preview = Some(entries::text(value)?),
            "response_preview" if value != "null" => info.response_preview = Some(entries::text(value)?),
            "state" | "status" if value != "null" => info.state = state(&entries::text(value)?)?,
            "trace_metadata" | "request_metadata" if value != "null" => info.trace_metadata = entries::texts(value)?,
            "tags" if value != "null" => info.tags = entries::texts(value)?,
            "interrupted" if value != "null" => info.interrupted = serde_json::from_str(value)?,
            "assessments" if value != "null" => info.assessments = assessments(value)?,
            _ if KEYS.contains(&key) => {}
            _ => self.keep(key, value),
        }
        Ok(())
    }

    fn keep(&mut self, key: &str, value: &str) {
        self.info.extra.push((key.to_owned(), JsonText::from_encoded(relayout(value))));
    }

    /// One with a location, `trace:/<location>/<hex digits>`, keeps that too.
    fn trace_id(&mut self, value: &str) -> Result<(), BoxError> {
        let text = entries::text(value)?;
        let Some(located) = text.strip_prefix("trace:/") else {
            self.info.trace_id = text.parse()?;
            return Ok(());
        };
        let (location, id) = located.split_once('/').unwrap_or_default();
        if location.is_empty() || id.contains('/') {
            return Err(format!("`{text}` is no trace id: write `trace:/`, a location, `/` and 32 hex digits").into());
        }
        self.info.trace_id = id.parse()?;
        self.keep("trace_id", value);
        Ok(())
    }

    /// Of MLflow's own kind of place the id is taken; any other is kept as it is.
    fn location(&mut self, value: &str) -> Result<(), BoxError> {
        if let Some(id) = experiment_of(value) {
            self.info.experiment_id = id;
        } else if value != "null" {
            self.keep("trace_location", value);
        }
        Ok(())
    }

    fn time(&mut self, key: &str, value: &str) -> Result<(), BoxError> {
        let text = entries::text(value)?;
        let time = if key == "request_time" { rfc3339::parse(&text) } else { None };
        let in_ms = || text.parse::<u64>().ok()?.checked_mul(1_000_000);
        let time = time.or_else(in_ms).ok_or_else(|| format!("`{text}` is no RFC 3339 time since 1970"))?;
        (self.info.request_time_unix_nano, self.has_time) = (time, true);
        Ok(())
    }

    /// A root that was given an end before its start has a negative one.
    fn duration(&mut self, value: &str) -> Result<(), BoxError> {
        let ms: i64 = entries::integer(value)?;
        self.info.execution_duration_ms = Some(ms.max(0).unsigned_abs());
        if ms < 0 {
            self.keep("execution_duration_ms", value);
        }
        Ok(())
    }
}

const KEYS: [&str; 17] = [
    "trace_id",
    "request_id",
    "trace_location",
    "request_time",
    "timestamp_ms",
    "execution_duration_ms",
    "execution_time_ms",
    "experiment_id",
    "client_request_id",
    "request_preview",
    "response_preview",
    "state",
    "status",
    "trace_metadata",
    "request_metadata",
    "interrupted",
    "tags",
];

/// The id in `{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}`, and nothing else in it.
fn experiment_of(location: &str) -> Option<String> {
    let entries = entries::of(location).ok()?;
    let inner = match entries.as_slice() {
        [of_type, inner] if of_type.value == "\"MLFLOW_EXPERIMENT\"" && of_type.key == "type" => inner,
        [inner] => inner,
        _ => return None,
    };
    match entries::of(inner.value).ok()?.as_slice() {
        [id] if inner.key == "mlflow_experiment" && id.key == "experiment_id" => entries::text(id.value).ok(),
        _ => None,
    }
}

fn state(name: &str) -> Result<TraceState, BoxError> {
    Ok(match name {
        "OK" => TraceState::Ok,
        "ERROR" => TraceState::Error,
        "IN_PROGRESS" => TraceState::InProgress,
        "STATE_UNSPECIFIED" | "TRACE_STATUS_UNSPECIFIED" | "UNSPECIFIED" => TraceState::Unspecified,
        _ => return Err(format!("`{name}` is no state: write `OK`, `ERROR` or `IN_PROGRESS`").into()),
    })
}

fn assessments(list: &str) -> Result<Vec<assessment::Assessment>, BoxError> {
    let items: Vec<&serde_json::value::RawValue> = serde_json::from_str(list)?;
    let read = |(index, item): (usize, &serde_json::value::RawValue)| {
        assessment::read(item.get()).map_err(|error| format!("no. {index}: {error}").into())
    };
    items.into_iter().enumerate().map(read).collect()
}
