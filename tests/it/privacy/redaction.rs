//! A secret of a known form is in no file of the store, and in nothing that is read or sent.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use spanloom::{SearchTraces, SpanEvent, SpanStatus, Spanloom, Trace, start_span, update_current_trace};
use spanloom_testing::TestSink;
use tempfile::TempDir;

use crate::universe::{PATIENCE, in_directory};

/// What must be found nowhere, in parts so that this file does not hold it either.
fn canaries() -> Vec<String> {
    let tail = "Zq7Wm2Xk9Vb4Nc8Lp1Rt6Ys3";
    vec![
        format!("sk-proj-{tail}{tail}"),
        format!("sk-ant-api03-{tail}{tail}"),
        format!("ghp_{tail}{tail}"),
        format!("hf_{}", "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi"),
        format!("xoxb-{tail}"),
        format!("AKIA{}", "QWERTYUIOPASDFGH"),
        format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{tail}"),
        "correct-horse-battery-staple".to_owned(),
    ]
}

/// Says every secret in every place where a program can say something.
fn say_everywhere(secrets: &[String]) {
    for secret in secrets {
        // The last one has no form of its own: it is known by the name beside it.
        let has_form = !secret.starts_with("correct");
        let free = |text: &str| if has_form { format!("{text} {secret} {text}") } else { text.to_owned() };
        let span = start_span("work");
        span.set_inputs(json!({"password": secret, "text": free("before"), "deep": [{"api_key": secret}]}));
        span.set_outputs_owned(json!({"authorization": format!("Bearer {secret}"), "list": [free("a")]}));
        span.set_attribute("client_secret", secret);
        span.set_attribute("url", free("see"));
        span.set_attribute("large", json!({"pad": "x".repeat(100_000), "token": secret}));
        span.add_event(SpanEvent::new("login").attribute("password", secret).attribute("line", free("said")));
        span.record_error(&free("refused"));
        span.set_status(SpanStatus::error(free("failed")));
        update_current_trace(|t| {
            t.tag("access_token", secret)
                .tag("note", free("tagged"))
                .metadata("secret", secret)
                .request_preview(free("asked"))
                .response_preview(free("answered"))
                .client_request_id(free("req"))
                .session(free("s"))
                .user(free("u"))
        });
    }
}

/// Every byte of every file of a directory, read by another process: closing a file of SQLite's here would take its
/// locks away.
pub(super) fn bytes_of(directory: &Path) -> Vec<u8> {
    let files =
        std::fs::read_dir(directory).expect("the directory is there").map(|entry| entry.expect("and readable").path());
    let read = Command::new("cat").args(files).output().expect("there is `cat`");
    read.stdout
}

#[track_caller]
fn assert_absent(secrets: &[String], bytes: &[u8], place: &str) {
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "`{}…` is in {place}", &secret[..8]);
    }
}

fn texts(traces: &[Trace]) -> Vec<u8> {
    traces.iter().flat_map(|trace| format!("{trace:?} {}", trace.to_json()).into_bytes()).collect()
}

fn all(loom: &Spanloom) -> Vec<Trace> {
    loom.search_traces_blocking(SearchTraces::new()).expect("the question is right").traces
}

#[cfg(unix)]
#[test]
fn no_secret_is_stored_shown_or_sent() {
    let secrets = canaries();
    let directory = TempDir::new().expect("there is room for a directory");
    let (sink, received) = TestSink::new("s");
    let loom = in_directory(&directory).sink(sink).start().expect("the store can be opened");
    let root = loom.root_span("root").enter();
    say_everywhere(&secrets);
    let live = loom.get_trace_blocking(&root.trace_id()).expect("the store can be read").expect("it runs");
    assert_absent(&secrets, &texts(&[live]), "a running trace");
    assert_absent(&secrets, &texts(&all(&loom)), "a running trace that was searched");
    assert_absent(&secrets, &bytes_of(directory.path()), "the files of a running trace");
    drop(root);
    loom.flush_blocking(PATIENCE).expect("there is a minute for it");
    assert_absent(&secrets, &texts(&all(&loom)), "a stored trace");
    assert_absent(&secrets, &texts(&received.wait_for(1, PATIENCE)), "what was sent");
    let files = bytes_of(directory.path());
    assert!(files.len() > 4_096, "the files were read");
    assert_absent(&secrets, &files, "the files");
    loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    assert_absent(&secrets, &bytes_of(directory.path()), "the files after the shutdown");
}

#[test]
fn what_stands_around_a_secret_is_kept_and_says_what_was_there() {
    let loom = Spanloom::builder().in_memory().start().expect("the settings are right");
    let root = loom.root_span("root").start();
    let id = root.trace_id();
    root.set_inputs(json!({"password": "hunter2", "max_tokens": 5, "text": format!("key {} end", canaries()[0])}));
    drop(root);
    let trace = loom.get_trace_blocking(&id).expect("the store can be read").expect("it is there");
    let inputs = trace.data.spans[0].inputs().expect("they were set");
    assert_eq!(inputs["max_tokens"], 5);
    let text = inputs["text"].as_str().expect("it stays a text");
    assert!(text.starts_with("key [redacted:") && text.ends_with("] end"), "{text}");
    assert!(inputs["password"].as_str().is_some_and(|text| text.starts_with("[redacted:")), "{inputs}");
}

#[test]
fn without_redaction_everything_is_kept() {
    let loom = Spanloom::builder().in_memory().redaction(false).start().expect("the settings are right");
    let root = loom.root_span("root").start();
    let id = root.trace_id();
    root.set_attribute("password", "hunter2");
    drop(root);
    let trace = loom.get_trace_blocking(&id).expect("the store can be read").expect("it is there");
    assert_eq!(trace.data.spans[0].attribute("password"), Some("hunter2".into()));
}
