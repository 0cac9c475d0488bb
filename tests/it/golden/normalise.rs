//! Our traces with placeholders for what changes from run to run, as the recordings have them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use spanloom::{SpanId, SpanRecord, Trace};

use super::recording::Recording;

/// Our traces, in the order in which the recording lists them, normalised as it is.
pub(super) fn normalise(traces: &[Trace], recording: &Recording) -> Vec<Value> {
    let explicit = recording.explicit_times();
    let names = Names::of(traces, recording.is_concurrent());
    let normal = |(at, trace): (usize, &Trace)| {
        let mut json: Value = serde_json::from_str(&trace.to_json()).expect("it is JSON");
        if recording.is_concurrent() {
            let order = numbering(trace, true);
            let spans = json["data"]["spans"].take();
            let spans = order.iter().map(|span| spans[*span].clone()).collect();
            json["data"]["spans"] = Value::Array(spans);
        }
        normalise_info(&mut json["info"]);
        for span in json["data"]["spans"].as_array_mut().into_iter().flatten() {
            normalise_span(span, &explicit);
        }
        names.replace(&mut json, at);
        json
    };
    traces.iter().enumerate().map(normal).collect()
}

/// The spans of a trace in the order of their numbers: depth first, siblings by start or by name and inputs.
pub(super) fn numbering(trace: &Trace, by_name: bool) -> Vec<usize> {
    let spans = &trace.data.spans;
    let mut children: BTreeMap<Option<SpanId>, Vec<usize>> = BTreeMap::new();
    for (at, span) in spans.iter().enumerate() {
        children.entry(span.parent_id).or_default().push(at);
    }
    let order = |a: &SpanRecord, b: &SpanRecord| match by_name {
        true => key(a).cmp(&key(b)),
        false => a.start_time_unix_nano.cmp(&b.start_time_unix_nano),
    };
    let mut numbered = Vec::new();
    number(spans, &mut children, None, &order, &mut numbered);
    assert_eq!(numbered.len(), spans.len(), "spans that hang from nothing: {spans:?}");
    numbered
}

fn number(
    spans: &[SpanRecord],
    children: &mut BTreeMap<Option<SpanId>, Vec<usize>>,
    parent: Option<SpanId>,
    order: &impl Fn(&SpanRecord, &SpanRecord) -> Ordering,
    numbered: &mut Vec<usize>,
) {
    let mut siblings = children.remove(&parent).unwrap_or_default();
    siblings.sort_by(|a, b| order(&spans[*a], &spans[*b]));
    for span in siblings {
        numbered.push(span);
        number(spans, children, Some(spans[span].span_id), order, numbered);
    }
}

/// By what spans are told apart that ran side by side.
pub(super) fn key(span: &SpanRecord) -> (&str, &str) {
    (&span.name, span.attribute_text("mlflow.spanInputs").map_or("", |text| text.as_str()))
}

/// Ids as they are written, and what stands for them.
struct Names(Vec<(String, String)>);

impl Names {
    fn of(traces: &[Trace], by_name: bool) -> Self {
        let mut names = Vec::new();
        for (at, trace) in traces.iter().enumerate() {
            let (n, hex) = (at + 1, trace.info.trace_id.to_hex());
            names.push((base64(&hex), format!("<T{n}.b64>")));
            names.push((hex, format!("<T{n}>")));
            for (at, span) in numbering(trace, by_name).into_iter().enumerate() {
                let (k, hex) = (at + 1, trace.data.spans[span].span_id.to_string());
                names.push((base64(&hex), format!("<T{n}S{k}.b64>")));
                names.push((hex, format!("<T{n}S{k}>")));
            }
        }
        Self(names)
    }

    /// Replaces ids in every text. Ids of spans are unique within their trace alone, so those of trace `at` come first.
    fn replace(&self, json: &mut Value, at: usize) {
        let own = format!("<T{}", at + 1);
        let (first, then): (Vec<_>, Vec<_>) = self.0.iter().partition(|(_, name)| name.starts_with(&own));
        in_texts(json, &mut |text| {
            for (id, name) in first.iter().chain(&then) {
                if text.contains(id.as_str()) {
                    *text = text.replace(id.as_str(), name);
                }
            }
        });
    }
}

fn in_texts(json: &mut Value, change: &mut impl FnMut(&mut String)) {
    match json {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| in_texts(item, change)),
        Value::Object(fields) => fields.values_mut().for_each(|field| in_texts(field, change)),
        _ => {}
    }
}

/// Base64 of the bytes that these hexadecimal digits stand for.
fn base64(hex: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |at: usize| u32::from_str_radix(&hex[at..=at], 16).unwrap_or_default();
    let bytes: Vec<u32> = (0..hex.len()).step_by(2).map(|at| digit(at) << 4 | digit(at + 1)).collect();
    let group = |group: &[u32]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | group.get(at).copied().unwrap_or_default());
        let digits = (0..4).map(|at| match at <= group.len() {
            true => char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]),
            false => '=',
        });
        digits.collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

fn normalise_info(info: &mut Value) {
    info["request_time"] = json!("1970-01-01T00:00:00Z");
    info["execution_duration_ms"] = json!(0);
    let Some(metadata) = info["trace_metadata"].as_object_mut() else { return };
    for (key, value) in metadata.iter_mut() {
        if key == "mlflow.user" || key.starts_with("mlflow.source.") {
            *value = json!("<ENV>");
        }
        if key == "mlflow.trace.sizeBytes" && is_positive(value.as_str()) {
            *value = json!("0");
        }
        if key == "mlflow.trace.sizeStats" {
            *value = json!(without_sizes(value.as_str().unwrap_or_default()));
        }
    }
}

fn is_positive(number: Option<&str>) -> bool {
    number.and_then(|number| number.parse::<u64>().ok()).is_some_and(|number| number > 0)
}

/// The text as it is, with 0 in place of every size: only digits after a key that is not the number of spans change.
fn without_sizes(stats: &str) -> String {
    let fields: Map<String, Value> = serde_json::from_str(stats).unwrap_or_default();
    let zeroed = |(key, value): (&String, &Value)| match key.as_str() {
        "num_spans" => format!("\"{key}\": {value}"),
        _ => format!("\"{key}\": 0"),
    };
    format!("{{{}}}", fields.iter().map(zeroed).collect::<Vec<_>>().join(", "))
}

fn normalise_span(span: &mut Value, explicit: &BTreeSet<u64>) {
    let zero = |time: &mut Value| {
        if time.as_u64().is_some_and(|nanos| nanos != 0 && !explicit.contains(&nanos)) {
            *time = json!(0);
        }
    };
    zero(&mut span["start_time_unix_nano"]);
    zero(&mut span["end_time_unix_nano"]);
    for event in span["events"].as_array_mut().into_iter().flatten() {
        zero(&mut event["time_unix_nano"]);
        if let Some(stack) = event["attributes"].get_mut("exception.stacktrace") {
            *stack = json!("<STACKTRACE>");
        }
    }
    // Ours, by a name of ours, and nothing that MLflow would show.
    if let Some(attributes) = span["attributes"].as_object_mut() {
        attributes.retain(|key, _| !key.starts_with("spanloom."));
    }
}

#[test]
fn base64_is_that_of_the_standard() {
    assert_eq!(base64("00112233445566778899aabbccddeeff"), "ABEiM0RVZneImaq7zN3u/w==");
    assert_eq!(base64("0123456789abcdef"), "ASNFZ4mrze8=");
}
