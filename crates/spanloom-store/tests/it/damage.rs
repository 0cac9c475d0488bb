//! Damage is found, named, and kept from everything else.

use std::path::Path;

use spanloom_core::{Cursor, SearchTraces, StoreError, TraceStore};
use spanloom_store::{ListOptions, Reader, Store, StoreOptions};

use crate::example::*;

/// A store of three traces; the SQL then damages the first.
fn damaged(sql: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let (directory, path, mut store) = on_disk();
    store.commit(&completed(&[trace(1, 200), trace(2, 200), trace(3, 200)])).expect("commits");
    drop(store);
    let connection = rusqlite::Connection::open(&path).expect("opens");
    connection.execute_batch(&format!("{sql} WHERE id >> 24 = 1 AND id & 0xFFFFFF = 1")).expect("damages");
    (directory, path)
}

#[track_caller]
fn check(path: &Path) {
    let reader = Reader::open(path).expect("reads");
    let error = reader.get(&trace_id(1)).expect_err("damaged");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains(&trace_id(1).to_string()), "{error}");
    assert_eq!(reader.get(&trace_id(2)).expect("reads"), Some(trace(2, 200)));
    assert_eq!(reader.search(&SearchTraces::new()).expect("finds").traces.len(), 2);
    assert_eq!(reader.summaries(&ListOptions::default()).expect("reads").len(), 3);

    let mut store = Store::open(path, StoreOptions::default()).expect("opens");
    assert_eq!(store.fetch(Cursor(0), 10, usize::MAX).expect("goes on").len(), 2);
    assert_eq!(reader.status().expect("reads").damaged, 1);
    store.commit(&completed(&[trace(1, 200)])).expect("stores it anew");
    assert_eq!(reader.get(&trace_id(1)).expect("reads"), Some(trace(1, 200)));
    assert_eq!(reader.status().expect("reads").damaged, 1, "kept for a repair");
}

#[test]
fn a_changed_byte_costs_one_trace() {
    let (_directory, path) =
        damaged("UPDATE payloads SET body = CAST(substr(body, 1, 40) || x'00ff' || substr(body, 43) AS BLOB)");
    check(&path);
}

#[test]
fn a_missing_chunk_costs_one_trace() {
    let (_directory, path) = damaged("DELETE FROM payloads");
    check(&path);
}

#[test]
fn a_chunk_of_another_trace_costs_one_trace() {
    let other = "(SELECT o.body FROM payloads o WHERE o.id >> 24 = 2 AND o.id & 0xFFFFFF = 1)";
    let (_directory, path) = damaged(&format!("UPDATE payloads SET body = {other}"));
    check(&path);
}

#[test]
fn a_damaged_head_is_listed_as_damaged() {
    let (_directory, path, mut store) = on_disk();
    store.commit(&completed(&[trace(1, 1), trace(2, 1)])).expect("commits");
    drop(store);
    let sql = "UPDATE payloads SET body = x'0000000000' WHERE id >> 24 = 1 AND id & 0xFFFFFF = 0";
    rusqlite::Connection::open(&path).expect("opens").execute_batch(sql).expect("damages");
    let listed = Reader::open(&path).expect("reads").summaries(&ListOptions::default()).expect("reads");
    assert_eq!(listed.iter().map(|summary| summary.damaged).collect::<Vec<_>>(), [false, true]);
    assert_eq!(listed[1].info.trace_id, trace_id(1));
}

#[test]
fn random_bytes_in_the_file_never_give_wrong_data() {
    let (_directory, path, mut store) = on_disk();
    let traces: Vec<_> = (1..=60).map(|number| trace(number, 12)).collect();
    store.commit(&completed(&traces)).expect("commits");
    drop(store);
    let original = std::fs::read(&path).expect("reads");
    let mut whole = 0;
    for round in 0u64..40 {
        let mutant = path.with_file_name(format!("mutant-{round}.db"));
        let mut bytes = original.clone();
        for hit in 0..4 {
            let at = (round * 7_919 + hit * 104_729 + round * round * 31) as usize % bytes.len();
            bytes[at] ^= 1 << (round % 8);
        }
        std::fs::write(&mutant, bytes).expect("writes");
        let Ok(reader) = Reader::open(&mutant) else { continue };
        for trace in &traces {
            if let Ok(Some(read)) = reader.get(&trace.info.trace_id) {
                assert_eq!(read, *trace);
                whole += 1;
            }
        }
    }
    println!("PROMISE P23 ok n=40 whole={whole}");
    assert!(whole > 0);
}
