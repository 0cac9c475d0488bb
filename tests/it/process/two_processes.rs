//! Two programs write one store at the same time, and a third process sees what runs in both.

use std::path::Path;
use std::time::{Duration, Instant};

use spanloom::{TraceId, TraceState};
use spanloom_store::{ListOptions, Reader};

use super::kept;
use super::ledger::{Ledger, parsed};
use super::oracle::{check, check_nothing_spurious, reader};
use super::program::{Ended, PATIENCE, Program, Running};

const TRACES: usize = 300;
const BYTES: usize = 500;

fn start(store: &Path, seed: u64) -> Running {
    let program = Program::new("load", store.parent().expect("it has a directory")).option("store", store.display());
    let program = program.option("seed", seed).option("bytes", BYTES).option("traces", TRACES).option("hold", 1);
    program.option("overflow", "block").option("threads", 2).option("flush-every", 10).start()
}

/// Lists until both are seen as running.
fn watch(reader: &Reader, held: &[TraceId]) {
    let until = Instant::now() + PATIENCE;
    loop {
        let list = reader.summaries(&ListOptions::all()).expect("a list is never refused");
        let running = list.iter().filter(|summary| held.contains(&summary.info.trace_id) && summary.live);
        if running.clone().count() == held.len() {
            assert!(running.clone().all(|summary| summary.info.state == TraceState::InProgress));
            assert!(running.clone().all(|summary| summary.open_spans == 1 && !summary.info.interrupted));
            return;
        }
        assert!(Instant::now() < until, "{} of {} are seen as running", running.count(), held.len());
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn stored_spans(ended: &Ended) -> u64 {
    ended.expect_success();
    assert_eq!(ended.said("UNACKNOWLEDGED"), [""; 0], "a store that is in use is waited for");
    let report: serde_json::Value = serde_json::from_str(ended.said_once("REPORT")).expect("a report is JSON");
    assert_eq!(report["lost"], serde_json::json!({}));
    assert_eq!(report["stored"], report["synced"]);
    report["stored"].as_u64().expect("a number")
}

#[test]
fn two_writers_and_a_reader_share_a_store() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("spanloom.db");
    let mut programs = [start(&store, 1), start(&store, 2)];
    let held: Vec<_> = programs.iter_mut().map(|program| parsed(&program.wait_for("HOLD"))).collect();
    let reader = reader(&store);
    watch(&reader, &held);
    programs.iter_mut().for_each(Running::release);
    let ended = programs.map(Running::wait);
    let reported: u64 = ended.iter().map(stored_spans).sum();
    let ledgers: Vec<_> = ended.iter().zip(1..).map(|(ended, seed)| Ledger::of(seed, BYTES, &ended.lines)).collect();
    for ledger in &ledgers {
        assert_eq!(ledger.issued.len(), TRACES);
        assert_eq!(check(&reader, ledger).complete, TRACES as u64);
    }
    let (traces, spans) = check_nothing_spurious(&reader, &ledgers, &held);
    assert_eq!((traces, spans), (2 * TRACES as u64 + 2, reported));
    assert_eq!(reader.counters().expect("the store is readable").conservation.spans.stored, reported);
    kept("P20", &format!("n=2 traces={traces} spans={spans}"));
}
