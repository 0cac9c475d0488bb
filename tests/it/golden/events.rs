//! Events, status, documents.

use serde_json::{Value, json};
use spanloom::{Document, SpanEvent, SpanStatus, SpanType, Spanloom, TraceId};

use super::decorators::ValueError;
use super::stage::{self, Replay};

pub(super) const REPLAYS: &[Replay] = &[
    ("21-context-manager-basic", block),
    ("39-span-events", events),
    ("40-span-status", status),
    ("41-retriever-documents", documents),
];

#[test]
fn blocks_events_and_status_are_recorded_as_by_mlflow() {
    stage::replay("golden::events::blocks_events_and_status_are_recorded_as_by_mlflow", REPLAYS);
}

fn block(_: &Spanloom) -> Value {
    let span = spanloom::start_span("my_span");
    let (x, y) = (1, 2);
    span.set_inputs(json!({"x": x, "y": y}));
    span.set_outputs(x + y);
    json!({})
}

fn events(_: &Spanloom) -> Value {
    let span = spanloom::start_span(spanloom::span("manual_span").span_type(SpanType::Chain));
    let validated = SpanEvent::new("validation_completed").attribute("records_validated", 1000);
    span.add_event(validated.attribute("errors_found", 3).attribute("validation_type", "schema"));
    let checkpoint = SpanEvent::new("data_checkpoint").at_unix_nanos(1_700_000_000_123_456_789);
    span.add_event(checkpoint.attribute("checkpoint_id", "ckpt_123"));
    span.add_event(SpanEvent::from_error(&ValueError("Invalid input format".into())));
    json!({})
}

/// The codes of the spans of a trace.
fn codes(loom: &Spanloom, id: TraceId) -> Vec<String> {
    let trace = loom.get_trace_blocking(&id).expect("the store can be read").expect("it is there");
    trace.data.spans.iter().map(|span| span.status.code().replace("STATUS_CODE_", "")).collect()
}

fn status(loom: &Spanloom) -> Value {
    let failed = || SpanStatus::error("Failed to connect to database");
    let SpanStatus::Error(description) = failed() else { panic!("it is an error") };
    let ended = |name: &'static str, set: &dyn Fn(&spanloom::Span)| {
        let span = match name {
            "manual_span" => spanloom::span(name).span_type(SpanType::Chain).enter(),
            _ => spanloom::span(name).enter(),
        };
        let id = span.trace_id();
        set(&span);
        drop(span);
        codes(loom, id)
    };
    let in_order = ended("manual_span", &|span| {
        span.set_status(SpanStatus::Ok);
        span.set_status(SpanStatus::Ok);
        span.set_status(SpanStatus::error(""));
    });
    let error_only = ended("error_only", &|span| span.set_status(failed()));
    let error_then_ok = ended("error_then_ok", &|span| {
        span.set_status(failed());
        span.set_status(SpanStatus::Ok);
    });
    json!({"constructed_error_status": {"status_code": "ERROR", "description": description},
        "seed_order": in_order, "error_only": error_only, "error_then_ok": error_then_ok})
}

fn documents(_: &Spanloom) -> Value {
    #[spanloom::trace(span_type = SpanType::Retriever)]
    fn retrieve_documents(query: &str) -> Vec<Value> {
        assert_eq!(query, "What is ML?");
        let first = Document::new("The content of the document...").metadata("doc_uri", "path/to/document.md");
        let first = first.metadata("chunk_id", "chunk_001").metadata("relevance_score", 0.95);
        let first = first.metadata("source", "knowledge_base").id("doc_123");
        let second = Document::new("Another relevant section...").metadata("doc_uri", "path/to/other.md");
        let documents = [first, second.metadata("chunk_id", "chunk_042").metadata("relevance_score", 0.87)];
        // Set here, they stay, whatever the function returns.
        spanloom::current_span().expect("the function is traced").set_outputs(&documents);
        documents.iter().map(|document| json!(document)).collect()
    }

    let found = retrieve_documents("What is ML?");
    let line = |document: &Value| {
        let about = &document["metadata"];
        format!("Document from {} (score: {})", about["doc_uri"].as_str().unwrap_or_default(), about["relevance_score"])
    };
    json!({"printed": found.iter().map(line).collect::<Vec<_>>(), "return": found})
}
