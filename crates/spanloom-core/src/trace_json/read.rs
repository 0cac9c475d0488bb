//! Reading.

use serde_json::value::RawValue;

use super::TraceJsonError;
use super::entries::{self, Entry};
use super::error::FoundKeys;
use super::read_info::read_info;
use super::read_span::read_span;
use crate::python_json::repair;
use crate::{SpanRecord, Trace, TraceInfo};

/// The trace in a text.
pub(crate) fn from_json(text: &str) -> Result<Trace, TraceJsonError> {
    let text = repair(text);
    let whole: &RawValue =
        serde_json::from_str(&text).map_err(|error| TraceJsonError::NotJson { source: error.into() })?;
    let [info, data] = parts(whole.get(), "trace", ["info", "data"])?;
    let [spans] = parts(data, "data", ["data.spans"])?;
    let spans: Vec<&RawValue> = serde_json::from_str(spans).map_err(|_| missing("data.spans", &[]))?;
    let spans = spans
        .into_iter()
        .enumerate()
        .map(|(index, span)| read_span(span.get()).map_err(|source| TraceJsonError::Span { index, source }))
        .collect::<Result<Vec<_>, _>>()?;
    let mut info = read_info(info).map_err(|source| TraceJsonError::Info { source })?;
    refine_request_time(&mut info, &spans);
    Ok(Trace::new(info, spans))
}

/// The values of these keys, named with the path to them, of an object.
fn parts<'a, const N: usize>(
    text: &'a str,
    part: &'static str,
    wanted: [&'static str; N],
) -> Result<[&'a str; N], TraceJsonError> {
    let entries = entries::of(text).map_err(|_| missing(part, &[]))?;
    let mut values = [""; N];
    for (place, path) in wanted.into_iter().enumerate() {
        let key = path.rsplit('.').next().unwrap_or(path);
        let found = entries.iter().rev().find(|entry| entry.key == key && entry.value != "null");
        values[place] = found.ok_or_else(|| missing(path, &entries))?.value;
    }
    Ok(values)
}

fn missing(part: &'static str, found: &[Entry<'_>]) -> TraceJsonError {
    TraceJsonError::MissingPart { part, found: FoundKeys(found.iter().map(|entry| entry.key.to_string()).collect()) }
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
