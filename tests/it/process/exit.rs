//! P10: however a program ends, what had ended before is stored; its exit code is its own.

use std::collections::BTreeSet;
use std::path::Path;

use super::kept;
use super::ledger::{Ledger, parsed};
use super::oracle::{check, check_nothing_spurious, reader};
use super::program::{Ended, Program};

const ROUNDS: usize = 5;
/// As the victim's: seed and payload size.
const PLAN: (u64, usize) = (10, 100);
/// What an abort may take along, in milliseconds: the promise, and what a busy machine adds to it.
const LOSS_WINDOW_MS: u64 = 250;
const NOISE_MS: u64 = 500;

/// Ends a program in one way, several times, each with a store of its own.
fn each_round(how: &str, code: i32, judge: impl Fn(&Path, Ended)) {
    for _ in 0..ROUNDS {
        let directory = tempfile::tempdir().expect("a directory");
        let store = directory.path().join("spanloom.db");
        let program = Program::new("exit", directory.path()).env("SPANLOOM_STORE", &store);
        judge(&store, program.option("how", how).option("code", code).run());
    }
    kept("P10", &format!("n={ROUNDS} how={how}"));
}

#[track_caller]
fn check_complete(store: &Path, ended: &Ended) {
    let mut ledger = Ledger::of(PLAN.0, PLAN.1, &ended.lines);
    ledger.acknowledged = ended_traces(ended, u64::MAX);
    assert!(!ledger.acknowledged.is_empty());
    let reader = reader(store);
    check(&reader, &ledger);
    check_nothing_spurious(&reader, &[ledger], &[]);
}

fn ended_traces(ended: &Ended, until_ms: u64) -> BTreeSet<spanloom::TraceId> {
    let lines = ended.said("ENDED").into_iter().filter_map(|line| line.split_once(' '));
    lines.filter(|(_, ms)| ms.parse::<u64>().expect("milliseconds") <= until_ms).map(|(id, _)| parsed(id)).collect()
}

#[track_caller]
fn check_exit(how: &str, code: i32, stderr: &str) {
    each_round(how, code, |store, ended| {
        assert_eq!(ended.status.code(), Some(code), "{}", ended.stderr);
        check_complete(store, &ended);
        assert_eq!(ended.stderr.lines().filter(|line| line.contains("panicked at")).count(), usize::from(code == 101));
        assert!(
            ended.stderr.contains(stderr) && (code == 101 || ended.stderr.lines().count() <= 1),
            "{}",
            ended.stderr
        );
    });
}

#[test]
fn an_engine_whose_handle_was_dropped_at_once_keeps_everything() {
    check_exit("statement", 0, "");
}

#[test]
fn returning_from_main_keeps_everything() {
    check_exit("return", 0, "");
}

#[test]
fn process_exit_keeps_everything_and_its_code() {
    check_exit("code", 0, "");
    check_exit("code", 3, "");
}

#[test]
fn a_panic_in_main_keeps_everything_and_its_code() {
    check_exit("panic", 101, "on purpose");
}

#[test]
fn an_error_from_main_keeps_everything_and_its_code() {
    check_exit("error", 1, "on purpose");
}

#[test]
fn a_handle_in_a_static_keeps_everything() {
    check_exit("static", 0, "");
}

#[test]
fn a_leaked_handle_keeps_everything() {
    check_exit("leaked", 0, "");
}

#[test]
fn a_thread_that_records_while_main_returns_changes_nothing() {
    check_exit("worker", 0, "");
}

#[test]
fn an_abort_loses_no_more_than_the_window() {
    each_round("abort", 0, |store, ended| {
        assert_eq!(ended.status.code(), None, "a signal ended it");
        let at: u64 = ended.said_once("ABORT").parse().expect("milliseconds");
        let mut ledger = Ledger::of(PLAN.0, PLAN.1, &ended.lines);
        ledger.acknowledged = ended_traces(&ended, at - LOSS_WINDOW_MS - NOISE_MS);
        assert!(ledger.acknowledged.len() > 100, "it recorded before the window too");
        let reader = reader(store);
        check(&reader, &ledger);
        check_nothing_spurious(&reader, &[ledger], &[]);
    });
}
