//! What an engine is told not to keep is on no disk, in no answer and in no request.

use std::cell::Cell;
use std::path::Path;

use serde_json::json;
use spanloom::{
    Capture, Link, LogLevel, SpanEvent, SpanStatus, SpanType, Spanloom, Trace, TraceId, start_span,
    update_current_trace,
};
use spanloom_testing::TestSink;
use tempfile::TempDir;

use super::redaction::bytes_of;
use crate::universe::{PATIENCE, in_directory};

/// Words that occur nowhere else: content, and what is said about it.
const CONTENT: [&str; 12] = [
    "qcin1", "qcin2", "qcin3", "qcout1", "qcout2", "qcarg", "qcret", "qcchunk", "qcmsg", "qctool", "qcprev1", "qcprev2",
];
const ABOUT: [&str; 9] = ["qaattr", "qatag", "qameta", "qaevent", "qaerr", "qalink", "qamodel", "qadesc", "qareq"];

#[spanloom::trace]
fn answer(question: &str) -> String {
    format!("{question} qcret")
}

#[spanloom::trace]
fn stream() -> impl Iterator<Item = String> {
    ["qcchunk".to_owned()].into_iter()
}

fn say_everywhere(root: &spanloom::Span) {
    root.set_inputs(json!({"text": "qcin1"}));
    root.set_outputs_owned("qcout1".to_owned());
    answer("qcarg");
    stream().for_each(drop);
    let span = spanloom::span("call").span_type(SpanType::Llm).inputs("qcin2").enter();
    span.set_outputs("qcout2");
    span.set_attribute("gen_ai.input.messages", json!([{"role": "user", "content": "qcmsg"}]));
    span.set_attribute("gen_ai.tool.call.arguments", "qctool");
    span.set_attribute("mlflow.llm.model", "qamodel");
    span.set_attribute("mlflow.chat.tokenUsage", json!({"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}));
    span.set_attribute("own", "qaattr");
    span.set_description("qadesc");
    span.set_log_level(LogLevel::Warning);
    span.set_inputs_owned("qcin3".to_owned());
    span.add_event(SpanEvent::new("step").attribute("k", "qaevent"));
    span.add_link(Link::new(root.trace_id(), root.span_id()).attribute("k", "qalink"));
    span.set_status(SpanStatus::error("qaerr"));
    drop(span);
    update_current_trace(|t| {
        let t = t.tag("t", "qatag").metadata("m", "qameta").client_request_id("qareq");
        t.request_preview("qcprev1").response_preview("qcprev2")
    });
}

/// Everything that anyone can see of the trace: while it runs and afterwards, in answers, files and requests.
fn seen(capture: Capture) -> (Vec<u8>, Trace) {
    let directory = TempDir::new().expect("there is room for a directory");
    let (sink, received) = TestSink::new("s");
    let loom = in_directory(&directory).capture(capture).sink(sink).start().expect("the store can be opened");
    let root = loom.root_span("root").enter();
    let id = root.trace_id();
    say_everywhere(&root);
    let mut seen = format!("{:?}", read(&loom, id)).into_bytes();
    loom.flush_blocking(PATIENCE).expect("there is a minute for it");
    seen.extend(bytes_of(directory.path()));
    drop(root);
    let trace = read(&loom, id);
    seen.extend(format!("{trace:?} {:?}", received.wait_for(1, PATIENCE)).into_bytes());
    loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    seen.extend(exported(directory.path()));
    (seen, trace)
}

fn exported(directory: &Path) -> Vec<u8> {
    let bytes = bytes_of(directory);
    assert!(bytes.len() > 4_096, "the files were read");
    bytes
}

fn read(loom: &Spanloom, id: TraceId) -> Trace {
    loom.get_trace_blocking(&id).expect("the store can be read").expect("it is there")
}

fn found(words: &[&'static str], bytes: &[u8]) -> Vec<&'static str> {
    let is_there = |word: &&&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    words.iter().filter(is_there).copied().collect()
}

fn structure(trace: &Trace) -> Vec<(&str, &str, &str)> {
    let spans = trace.data.spans.iter();
    spans.map(|span| (span.name.as_str(), span.span_type.as_str(), span.status.code())).collect()
}

#[cfg(unix)]
#[test]
fn each_mode_keeps_what_it_says_and_nothing_more() {
    let (all, full) = seen(Capture::Full);
    // The first inputs of the call were replaced.
    let replaced: Vec<_> = CONTENT.into_iter().filter(|word| *word != "qcin2").collect();
    assert_eq!(found(&replaced, &all), replaced);
    assert_eq!(found(&ABOUT, &all), ABOUT);
    let (some, metadata) = seen(Capture::Metadata);
    assert_eq!(found(&CONTENT, &some), [""; 0]);
    assert_eq!(found(&ABOUT, &some), ABOUT);
    assert!(metadata.info.trace_metadata["mlflow.trace.tokenUsage"].contains("\"total_tokens\": 7"));
    assert_eq!((&metadata.info.request_preview, &metadata.info.response_preview), (&None, &None));
    let (little, none) = seen(Capture::None);
    assert_eq!(found(&CONTENT, &little), [""; 0]);
    assert_eq!(found(&ABOUT, &little), [""; 0]);
    assert_eq!((structure(&metadata), structure(&none)), (structure(&full), structure(&full)));
    let call = none.data.spans.iter().find(|span| span.name == "call").expect("it is there");
    let keys: Vec<_> = call.attributes.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["mlflow.traceRequestId", "mlflow.spanType", "mlflow.spanLogLevel"]);
    assert_eq!((call.events[0].name.as_ref(), call.events[0].attributes.len(), call.links.len()), ("step", 0, 1));
    assert_eq!(call.parent_id, Some(none.data.spans[0].span_id));
}

/// Counts how often it is serialised.
struct Costly<'a>(&'a Cell<u32>);

impl serde::Serialize for Costly<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.set(self.0.get() + 1);
        serializer.collect_seq([1])
    }
}

#[test]
fn what_is_not_kept_is_not_serialised() {
    for (capture, times) in [(Capture::Full, true), (Capture::Metadata, false), (Capture::None, false)] {
        let loom = Spanloom::builder().in_memory().capture(capture).start().expect("the settings are right");
        let count = Cell::new(0);
        let root = loom.root_span("root").enter();
        root.set_inputs(Costly(&count));
        start_span("child").set_outputs(Costly(&count));
        assert_eq!(count.get() > 0, times, "{capture:?}");
    }
}
