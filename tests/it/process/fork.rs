//! P09: a forked child records nothing of its parent's engine, ends, and can have an engine of its own; the parent does
//! not notice.
#![cfg(unix)]

use spanloom::Conservation;

use super::kept;
use super::ledger::Ledger;
use super::oracle::{check, check_nothing_spurious, reader};
use super::program::{Ended, Program};

const FORKS: u32 = 50;
/// As the victim's: seed and payload size.
const PLAN: (u64, usize) = (9, 100);

/// Forks while the parent records, and then looks at what the parent stored.
fn fork_while_recording(own_engine: u8) {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("spanloom.db");
    let program = Program::new("fork", directory.path()).option("store", store.display());
    let ended = program.option("own-engine", own_engine).option("forks", FORKS).run();
    let slowest = check_children(&ended);
    ended.expect_success();
    let ledger = Ledger::of(PLAN.0, PLAN.1, &ended.lines);
    let counts: Conservation = serde_json::from_str(ended.said_once("COUNTS")).expect("counts are JSON");
    assert!(counts.spans.balanced() && counts.traces.balanced(), "{counts:?}");
    assert_eq!((counts.spans.stored, counts.spans.dropped_total()), (ledger.issued_spans, 0));
    let reader = reader(&store);
    let found = check(&reader, &ledger);
    assert_eq!(found.complete, ledger.issued.len() as u64);
    let (traces, spans) = check_nothing_spurious(&reader, &[ledger], &[]);
    assert_eq!((traces, spans), (counts.traces.stored, counts.spans.stored));
    kept("P09", &format!("n={FORKS} own_engine={own_engine} traces={traces} slowest_child_ms={slowest}"));
}

#[test]
fn children_record_nothing_and_the_parent_is_exact() {
    fork_while_recording(0);
}

#[test]
fn a_child_can_have_an_engine_of_its_own_and_the_parent_is_exact() {
    fork_while_recording(1);
}

#[test]
fn a_child_whose_parents_engine_had_ended_begins_anew_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let ended = Program::new("fork-afterwards", directory.path()).run();
    ended.expect_success();
    assert_eq!(ended.said_once("CODE"), "0");
    assert_ne!(ended.said_once("PARENT"), ended.said_once("CHILD"), "two processes do not give out one trace id");
    kept("P09", "forked after the shutdown");
}

/// How long the slowest child lived.
fn check_children(ended: &Ended) -> u64 {
    let children = ended.said("CHILD");
    let words = children.iter().map(|line| line.split(' ').collect::<Vec<_>>());
    let failed: Vec<_> = words.clone().filter(|words| words[2] != "0").collect();
    let stuck = ended.said("STUCK");
    assert!(
        failed.is_empty() && stuck.is_empty(),
        "hung in rounds {stuck:?}; (round, ms, code) of failures: {failed:?}"
    );
    assert_eq!(children.len(), FORKS as usize, "{}", ended.stderr);
    words.map(|words| words[1].parse().expect("milliseconds")).max().expect("there were children")
}
