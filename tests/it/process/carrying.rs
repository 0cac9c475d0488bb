//! Processes that share a file record one trace together: at the same time by headers, one after the other by a token.

use std::path::Path;

use spanloom::{Trace, TraceId, TraceState};
use spanloom_store::Reader;
use spanloom_testing::assert_tree;

use super::oracle::reader;
use super::program::{Program, Running};

fn part(store: &Path, part: &str) -> Program {
    Program::new("carry", store.parent().expect("it has a directory"))
        .option("store", store.display())
        .option("part", part)
}

/// The one trace there is.
fn only(reader: &Reader, id: TraceId) -> Trace {
    let list = reader.summaries(&spanloom_store::ListOptions::all()).expect("a list is never refused");
    assert_eq!(list.len(), 1);
    let mut trace = reader.get(&id).expect("the store can be read").expect("it is there");
    for span in &mut trace.data.spans {
        span.attributes.retain(|(key, _)| !key.starts_with("spanloom."));
    }
    trace
}

#[test]
fn a_caller_and_its_handler_in_two_processes_are_one_trace() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("spanloom.db");
    let mut caller: Running = part(&store, "begin").start();
    let header = caller.wait_for("HEADER");
    let id: TraceId = header[3..35].parse().expect("a trace id");
    part(&store, "continue").option("header", &header).run().expect_success();
    let reader = reader(&store);
    let running = only(&reader, id);
    assert_eq!((running.info.state, running.data.spans.len()), (TraceState::InProgress, 3));
    caller.release();
    caller.wait().expect_success();
    let trace = only(&reader, id);
    assert_tree(&trace, "caller OK\n    handler OK\n        work OK\n");
    assert_eq!((trace.info.state, trace.info.tags["mlflow.traceName"].as_str()), (TraceState::Ok, "caller"));
}

#[test]
fn a_job_goes_on_in_another_process_however_the_first_one_ended() {
    for end in ["exit", "kill"] {
        let directory = tempfile::tempdir().expect("a directory");
        let store = directory.path().join("spanloom.db");
        let mut first = part(&store, "pause").option("end", end).start();
        let token = first.wait_for("TOKEN");
        if end == "kill" {
            first.kill();
        } else {
            first.wait().expect_success();
        }
        let reader = reader(&store);
        let listed = reader.summaries(&spanloom_store::ListOptions::all()).expect("a list is never refused");
        let info = &listed[0].info;
        assert_eq!((info.state, info.interrupted), (TraceState::InProgress, false), "{end}");
        assert_eq!(info.trace_metadata["spanloom.paused"], "true");
        part(&store, "resume").option("token", &token).run().expect_success();
        let trace = only(&reader, info.trace_id);
        let whole = "job OK\n    = inputs \"go\"\n    = outputs \"done\"\n    first OK\n    second OK\n";
        assert_tree(&trace, whole);
        assert_eq!((trace.info.state, trace.info.interrupted), (TraceState::Ok, false));
        assert!(!trace.info.trace_metadata.contains_key("spanloom.paused"));
    }
}
