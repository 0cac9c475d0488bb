//! P04: an engine has few threads and files, gives all of them back, and uses no processor time when nothing happens.
#![cfg(target_os = "linux")]

use super::kept;
use super::program::{Ended, Program};

const CYCLES: usize = 50;
/// Threads of an engine, besides one for each destination.
const THREADS: usize = 3;
/// Files that an engine may have open.
const FILES: usize = 32;

fn resources(ended: &Ended, word: &str) -> (usize, usize) {
    let (threads, files) = ended.said_once(word).split_once(' ').expect("two numbers");
    (threads.parse().expect("a number"), files.parse().expect("a number"))
}

#[test]
fn threads_and_files_are_given_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let ended = Program::new("cycles", directory.path()).option("store", "a.db").option("cycles", CYCLES).run();
    ended.expect_success();
    let (before, most, after) = (resources(&ended, "BEFORE"), resources(&ended, "RUNNING"), resources(&ended, "AFTER"));
    assert!(most.0 <= before.0 + THREADS + 1, "{} threads, {} without an engine", most.0, before.0);
    assert!(most.1 <= before.1 + FILES, "{} files, {} without an engine", most.1, before.1);
    assert_eq!(after, before, "(threads, files) after {CYCLES} engines");
    kept("P04", &format!("n={CYCLES} threads={} files={}", most.0 - before.0, most.1 - before.1));
}

#[test]
fn an_idle_engine_uses_no_processor_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let ended = Program::new("idle", directory.path()).run();
    ended.expect_success();
    let ticks: u64 = ended.said_once("IDLE").parse().expect("ticks");
    assert!(ticks <= 1, "{ticks} ticks of 10 ms in 1.5 s");
    kept("P04", &format!("idle_ticks={ticks}"));
}
