//! What MLflow's own client and store wrote is read, written again to the byte, and summed up the same way.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use spanloom_core::python_json::escape_ascii;
use spanloom_core::{JsonText, SealedTrace, SpanRecord, Trace, attribute_key as key, llm_cost, preview, token_usage};

/// Name of the program and JSON of each trace in the recordings, placeholders filled in: `exported` as the client handed it
/// over, `stored` as the store gave it back.
fn traces(form: &str) -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/sdk");
    let files = std::fs::read_dir(directory).expect("the recordings are there");
    let mut paths: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert_eq!(paths.len(), 46);
    paths.iter().flat_map(|path| traces_of(path, form)).collect()
}

fn traces_of(path: &Path, form: &str) -> Vec<(String, String)> {
    let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
    let text = fill_in(&std::fs::read_to_string(path).expect("readable"));
    let recording: Value = serde_json::from_str(&text).expect("JSON");
    let traces = recording["traces"].as_array().expect("a list").iter().map(|trace| &trace[form]);
    let written = traces.filter(|trace| !trace.is_null()).map(|trace| escape_ascii(JsonText::capture(trace).as_str()));
    written.map(|json| (name.clone(), json)).collect()
}

fn all_traces() -> Vec<(String, String)> {
    [traces("exported"), traces("stored")].concat()
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
    for (name, json) in all_traces() {
        let trace = Trace::from_json(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(trace.to_json(), json, "{name}");
    }
}

#[test]
fn sealing_keeps_every_trace() {
    for (name, json) in all_traces() {
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
    for (name, json) in all_traces() {
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
    for (name, json) in traces("exported") {
        let trace = Trace::from_json(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = trace.root().expect("a root");
        let text = |key| root.attribute_text(key).map(|text| text.as_str());
        let (inputs, outputs) = (text(key::INPUTS), text(key::OUTPUTS));
        let metadata = &trace.info.trace_metadata;
        assert_eq!(metadata.get(key::TRACE_INPUTS), Some(&preview::metadata_cut(inputs)), "{name}");
        assert_eq!(metadata.get(key::TRACE_OUTPUTS), Some(&preview::metadata_cut(outputs)), "{name}");
        if !own_previews.contains(&name.as_str()) {
            assert_eq!(trace.info.request_preview, preview::request_preview(inputs), "{name}");
            assert_eq!(trace.info.response_preview, preview::response_preview(outputs), "{name}");
        }
        let usage = token_usage::sum(&trace.data.spans).map(|usage| JsonText::capture(&usage).into_text());
        assert_eq!(metadata.get(key::TRACE_TOKEN_USAGE), usage.as_ref(), "{name}");
        assert_eq!(metadata.get(key::TRACE_COST), None, "{name}");
    }
}

#[test]
fn costs_are_summed_up_as_by_mlflow_s_store() {
    let mut with_cost = 0;
    for (name, json) in traces("stored") {
        let trace = Trace::from_json(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        let sum = llm_cost::sum(&trace.data.spans).map(|cost| JsonText::capture(&cost).into_text());
        with_cost += usize::from(sum.is_some());
        assert_eq!(trace.info.trace_metadata.get(key::TRACE_COST), sum.as_ref(), "{name}");
    }
    assert!(with_cost > 0);
}
