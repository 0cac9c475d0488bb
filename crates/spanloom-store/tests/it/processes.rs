//! Several processes on one file.

use std::collections::HashSet;

use spanloom_core::{Cursor, TraceStore};
use spanloom_store::{Store, StoreOptions};

use crate::crash::{kill_after, start};
use crate::example::*;

#[test]
fn three_processes_make_and_write_one_file_and_a_fourth_reads_it() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("traces.db");
    let bases = [0, 1_000_000, 2_000_000];
    // All three make the file at the same time.
    let victims: Vec<_> = bases.iter().map(|base| start(&path, *base)).collect();
    let threads: Vec<_> =
        victims.into_iter().map(|victim| std::thread::spawn(move || kill_after(victim, 40))).collect();
    let acknowledged: Vec<u128> = threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    assert!(acknowledged.len() >= 120);

    let mut store = Store::open(&path, StoreOptions::default()).expect("opens");
    let reader = store.reader().expect("reads");
    for number in &acknowledged {
        assert_eq!(reader.get(&trace_id(*number)).expect("reads"), Some(trace(*number, 5)));
    }
    let fetched = store.fetch(Cursor(0), usize::MAX, usize::MAX).expect("fetches");
    let positions: HashSet<_> = fetched.iter().map(|(position, _)| *position).collect();
    assert_eq!(positions.len(), fetched.len());
    println!("PROMISE P20 ok n={}", acknowledged.len());
}

#[test]
fn a_reader_is_not_held_up_by_a_writer_in_the_middle_of_a_commit() {
    let (_directory, path, mut store) = on_disk();
    store.commit(&completed(&[trace(1, 1)])).expect("commits");
    let reader = store.reader().expect("reads");
    let writer = rusqlite::Connection::open(&path).expect("opens");
    writer.execute_batch("BEGIN IMMEDIATE; DELETE FROM traces").expect("writes");
    assert!(reader.get(&trace_id(1)).expect("reads").is_some());
    writer.execute_batch("ROLLBACK").expect("ends");
}
