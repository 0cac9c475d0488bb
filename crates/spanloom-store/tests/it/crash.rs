//! `kill -9` at any instant loses nothing that was acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use spanloom_core::{StoreBatch, TraceState, TraceStore};
use spanloom_store::{ListOptions, Reader, Store, StoreOptions};

use crate::example::*;

/// Commits traces for ever and says so after each commit; every other trace stays open.
#[test]
fn victim() {
    let Some(path) = std::env::var_os("STORE_TEST_VICTIM") else { return };
    let base: u128 =
        std::env::args().find_map(|arg| arg.strip_prefix("--skip=base").and_then(|n| n.parse().ok())).unwrap_or(0);
    let mut store = Store::open(path, StoreOptions::default()).expect("opens");
    for number in (base + 1..).step_by(2) {
        let batch = StoreBatch { journal: vec![chunk(number + 1, 0, 1..=3)], ..completed(&[trace(number, 5)]) };
        store.commit(&batch).expect("commits");
        let mut out = std::io::stdout();
        writeln!(out, "ACK {number}").and_then(|()| out.flush()).expect("the parent listens");
    }
}

pub(crate) fn start(path: &Path, base: u128) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "crash::victim", "--nocapture", &format!("--skip=base{base}")])
        .env("STORE_TEST_VICTIM", path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs")
}

/// Kills the victim after so many acknowledgements, and gives all that it gave.
pub(crate) fn kill_after(mut victim: Child, acknowledgements: usize) -> Vec<u128> {
    let lines = BufReader::new(victim.stdout.take().expect("piped")).lines();
    let mut acknowledged = Vec::new();
    for line in lines.map_while(Result::ok) {
        if let Some(number) = line.trim().strip_prefix("ACK ").and_then(|number| number.parse().ok()) {
            acknowledged.push(number);
            if acknowledged.len() == acknowledgements {
                victim.kill().expect("killed");
            }
        }
    }
    victim.wait().expect("ended");
    acknowledged
}

#[test]
fn everything_acknowledged_is_there_and_what_was_open_is_interrupted() {
    for round in 0..5 {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("traces.db");
        let acknowledged = kill_after(start(&path, 0), 3 + round * 17);
        assert!(acknowledged.len() >= 3 + round * 17);

        let begun = Instant::now();
        let mut store = Store::open(&path, StoreOptions::default()).expect("opens");
        let reader = Reader::open(&path).expect("reads");
        let listed = reader.summaries(&ListOptions::all()).expect("reads");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());

        for number in &acknowledged {
            assert_eq!(reader.get(&trace_id(*number)).expect("reads"), Some(trace(*number, 5)));
            let open = reader.get(&trace_id(number + 1)).expect("reads").expect("journalled");
            assert!(open.info.interrupted);
            assert_eq!((open.info.state, open.data.spans.len()), (TraceState::InProgress, 3));
        }
        assert!(listed.len() == 2 * acknowledged.len() || listed.len() == 2 * acknowledged.len() + 2, "nothing half");
        assert!(listed.iter().all(|summary| !summary.live && !summary.damaged));
        store.commit(&completed(&[trace(1_000_000, 1)])).expect("goes on at once");
        println!("PROMISE P17 ok n={} reopen={:?}", acknowledged.len(), begun.elapsed());
    }
}
