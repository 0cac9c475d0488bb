//! What MLflow's Python client reads back is what was recorded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use spanloom::{Batch, MlflowConfig, MlflowSink, SealedTrace, Sink, SpanPath, Trace};

use crate::fixtures;
use crate::mlflow::{Server, new_experiment};

/// Traces of all recordings in one experiment, which is part of their ids' place.
fn recorded(experiment: &str, first: u64) -> Vec<Trace> {
    let files = fixtures::files();
    assert_eq!(files.len(), 46, "no recording is left out");
    let of = |(at, file): (usize, &std::path::PathBuf)| fixtures::exported(file, first + at as u64);
    let mut traces: Vec<Trace> = files.iter().enumerate().flat_map(of).collect();
    for trace in &mut traces {
        trace.info.experiment_id = experiment.to_owned();
    }
    traces
}

fn deliver(traces: &[Trace], path: SpanPath) {
    let config = MlflowConfig::new(&Server::shared().uri).span_path(path).timeout(Duration::from_secs(120));
    let mut sink = MlflowSink::new(&config).expect("the settings are right");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for some in traces.chunks(20) {
        let traces = some.iter().map(|trace| Arc::new(SealedTrace::from_trace(trace))).collect();
        runtime.block_on(sink.export(Batch { traces })).expect("the server takes them");
    }
}

/// What the server adds to a trace by itself.
const ADDED_METADATA: [&str; 2] = ["mlflow.trace.infoFinalized", "mlflow.trace.cost"];
const ADDED_TAGS: [&str; 2] = ["mlflow.artifactLocation", "mlflow.trace.spansLocation"];
const ADDED_ATTRIBUTES: [&str; 2] = ["mlflow.llm.model", "mlflow.llm.cost"];

fn comparable(trace: &Value) -> Value {
    let mut trace = trace.clone();
    let remove = |object: &mut Value, keys: &[&str]| {
        if let Some(object) = object.as_object_mut() {
            object.retain(|key, _| !keys.contains(&key.as_str()));
        }
    };
    remove(&mut trace["info"], &["trace_location"]);
    remove(&mut trace["info"]["trace_metadata"], &ADDED_METADATA);
    remove(&mut trace["info"]["tags"], &ADDED_TAGS);
    let spans = trace["data"]["spans"].as_array_mut().expect("spans");
    for span in spans.iter_mut() {
        remove(&mut span["attributes"], &ADDED_ATTRIBUTES);
        if let Some(attributes) = span["attributes"].as_object_mut() {
            let parsed = |text: &Value| serde_json::from_str(text.as_str().expect("a text")).expect("JSON");
            let values: Map<String, Value> = attributes.iter().map(|(key, text)| (key.clone(), parsed(text))).collect();
            *attributes = values;
        }
    }
    spans.sort_by_key(|span| span["span_id"].as_str().map(str::to_owned));
    trace
}

fn check(path: SpanPath, first: u64) {
    let experiment = new_experiment("recordings");
    let traces = recorded(&experiment, first);
    deliver(&traces, path);
    let read: BTreeMap<String, Value> = Server::shared()
        .read_back(&experiment)
        .into_iter()
        .map(|trace| (trace["info"]["trace_id"].as_str().expect("an id").to_owned(), trace))
        .collect();
    assert_eq!(read.len(), traces.len(), "every trace arrived once");
    for trace in &traces {
        let sent: Value = serde_json::from_str(&trace.to_json()).expect("JSON");
        let got = &read[&trace.info.trace_id.to_string()];
        assert_eq!(comparable(got), comparable(&sent), "{}", trace.info.trace_id);
    }
}

#[test]
fn every_recording_comes_back_from_the_server_as_it_was_sent() {
    check(SpanPath::Otlp, 0);
}

#[test]
fn every_recording_comes_back_by_the_artifact_path_too() {
    check(SpanPath::Artifact, 1_000);
}
