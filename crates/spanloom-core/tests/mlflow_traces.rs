//! What MLflow's own client wrote is read, written again to the byte, and summed up the same way.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use spanloom_core::{JsonText, SealedTrace, SpanRecord, Trace, attribute_key as key, preview, token_usage};

/// Name of the program and JSON of a trace, placeholders filled in.
fn traces() -> Vec<(&'static str, String)> {
    let lines = include_str!("fixtures/mlflow-3.17.2-traces.tsv").lines();
    lines
        .map(|line| line.split_once('\t').expect("a name, a tab, a trace"))
        .map(|(name, json)| (name, fill_in(json)))
        .collect()
}

/// Replaces `<T1>`, `<T1.b64>`, `<T1S2>` and `<T1S2.b64>` by ids with these numbers.
fn fill_in(json: &str) -> String {
    let mut out = String::new();
    let mut rest = json;
    while let Some((before, after)) = rest.split_once("<T") {
        let (placeholder, behind) = after.split_once('>').expect("a closed placeholder");
        let (numbers, is_base64) =
            placeholder.strip_suffix(".b64").map_or((placeholder, false), |numbers| (numbers, true));
        out.push_str(before);
        out.push_str(&id(numbers, is_base64));
        rest = behind;
    }
    out + rest
}

fn id(numbers: &str, is_base64: bool) -> String {
    let bytes = match numbers.split_once('S') {
        None => numbers.parse::<u128>().expect("a number").to_be_bytes().to_vec(),
        Some((trace, span)) => {
            let (trace, span): (u64, u64) = (trace.parse().expect("a number"), span.parse().expect("a number"));
            (trace << 32 | span).to_be_bytes().to_vec()
        }
    };
    if is_base64 { STANDARD.encode(bytes) } else { bytes.iter().map(|byte| format!("{byte:02x}")).collect() }
}

#[test]
fn every_trace_is_written_as_it_was_read() {
    for (name, json) in traces() {
        let trace = Trace::from_json(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(trace.to_json(), json, "{name}");
    }
}

#[test]
fn sealing_keeps_every_trace() {
    for (name, json) in traces() {
        let trace = Trace::from_json(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = SealedTrace::from_trace(&trace).to_trace().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(again.info, trace.info, "{name}");
        let by_id = |spans: &[SpanRecord]| {
            let mut spans = spans.to_vec();
            spans.sort_by_key(|span| span.span_id);
            spans
        };
        assert_eq!(by_id(&again.data.spans), by_id(&trace.data.spans), "{name}");
    }
}

#[test]
fn values_have_the_layout_of_mlflow() {
    for (name, json) in traces() {
        let trace = Trace::from_json(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (key, text) in trace.data.spans.iter().flat_map(|span| &span.attributes) {
            assert_eq!(JsonText::capture(&text.to_value()), *text, "{name}: {key}");
        }
    }
}

#[test]
fn previews_metadata_and_token_counts_are_those_of_mlflow() {
    // The programs of these set a preview themselves.
    let own_previews = ["06-request-response-preview", "45-with-span-and-class-previews"];
    for (name, json) in traces() {
        let trace = Trace::from_json(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = trace.root().expect("a root");
        let text = |key| root.attribute_text(key).map(|text| text.as_str());
        let (inputs, outputs) = (text(key::INPUTS), text(key::OUTPUTS));
        let metadata = &trace.info.trace_metadata;
        assert_eq!(metadata.get(key::TRACE_INPUTS), Some(&preview::metadata_cut(inputs)), "{name}");
        assert_eq!(metadata.get(key::TRACE_OUTPUTS), Some(&preview::metadata_cut(outputs)), "{name}");
        if !own_previews.contains(&name) {
            assert_eq!(trace.info.request_preview, preview::request_preview(inputs), "{name}");
            assert_eq!(trace.info.response_preview, preview::response_preview(outputs), "{name}");
        }
        let usage = token_usage::sum(&trace.data.spans).map(|usage| JsonText::capture(&usage).into_text());
        assert_eq!(metadata.get(key::TRACE_TOKEN_USAGE), usage.as_ref(), "{name}");
    }
}
