//! Open traces are there while they run, and make room when they complete.

use spanloom_core::{StoreBatch, TraceState, TraceStore};
use spanloom_store::{ListOptions, Store};

use crate::example::*;

#[test]
fn an_open_trace_is_shown_as_far_as_it_has_come() {
    let mut store = Store::in_memory().expect("memory");
    store.commit(&journal([chunk(1, 0, 1..=2)])).expect("commits");
    store.commit(&journal([chunk(1, 1, 3..=4)])).expect("commits");
    let reader = store.reader().expect("reads");
    let open = reader.get(&trace_id(1)).expect("reads").expect("there");
    assert_eq!(open.info.state, TraceState::InProgress);
    assert!(!open.info.interrupted);
    assert_eq!(open.data.spans.len(), 4);
    assert_eq!(open.data.spans[3].end_time_unix_nano, None);
    let listed = reader.summaries(&ListOptions::default()).expect("reads");
    assert_eq!(listed.len(), 1);
    assert!(listed[0].live);
    assert_eq!((listed[0].open_spans, listed[0].span_count, listed[0].oldest_open_unix_nano), (1, 4, Some(T0 + 4)));
}

#[test]
fn a_repeated_chunk_changes_nothing() {
    let mut store = Store::in_memory().expect("memory");
    for _ in 0..2 {
        store.commit(&journal([chunk(1, 0, 1..=2), chunk(1, 1, 3..=4)])).expect("commits");
    }
    let open = store.reader().expect("reads").get(&trace_id(1)).expect("reads").expect("there");
    assert_eq!(open.data.spans.len(), 4);
    assert_eq!(open.data.spans[0].events.len(), 1);
}

#[test]
fn completing_a_trace_ends_its_journal() {
    let (_directory, path, mut store) = on_disk();
    store.commit(&journal([chunk(1, 0, 1..=2), chunk(2, 0, 1..=1)])).expect("commits");
    store.commit(&StoreBatch { journal: vec![chunk(1, 1, 3..=3)], ..completed(&[trace(1, 3)]) }).expect("commits");
    let reader = store.reader().expect("reads");
    assert_eq!(reader.get(&trace_id(1)).expect("reads"), Some(trace(1, 3)));
    let status = reader.status().expect("reads");
    assert_eq!((status.traces, status.open_traces), (1, 1));
    let rows = |sql: &str| -> i64 {
        let connection = rusqlite::Connection::open(&path).expect("opens");
        connection.query_row(sql, [], |row| row.get(0)).expect("counts")
    };
    drop(store);
    assert_eq!(rows("SELECT count(*) FROM live"), 1);
    assert_eq!(rows("SELECT count(*) FROM payloads"), 3, "one of the small trace, head and chunk of the open one");
    assert_eq!(rows("SELECT count(*) FROM labelled WHERE seq NOT IN (SELECT seq FROM traces)"), 0);
}

#[test]
fn an_abandoned_trace_leaves_nothing() {
    let mut store = Store::in_memory().expect("memory");
    store.commit(&journal([chunk(1, 0, 1..=2)])).expect("commits");
    store.commit(&StoreBatch { abandoned: vec![trace_id(1), trace_id(9)], ..StoreBatch::default() }).expect("commits");
    let reader = store.reader().expect("reads");
    assert_eq!(reader.get(&trace_id(1)).expect("reads"), None);
    assert_eq!(reader.status().expect("reads").open_traces, 0);
}

#[test]
fn open_traces_are_found_by_what_is_known_of_them_now() {
    let mut store = Store::in_memory().expect("memory");
    let mut first = chunk(1, 0, 1..=2);
    first.info.tags.insert("phase".to_owned(), "one".to_owned());
    let mut second = chunk(1, 1, 3..=3);
    second.info.tags.insert("phase".to_owned(), "two".to_owned());
    store.commit(&journal([first, second])).expect("commits");
    let reader = store.reader().expect("reads");
    let find =
        |filter: &str| reader.search(&spanloom_core::SearchTraces::new().filter(filter)).expect("finds").traces.len();
    assert_eq!(find("status = 'IN_PROGRESS'"), 1);
    assert_eq!((find("tags.phase = 'two'"), find("tags.phase = 'one'")), (1, 0));
    assert_eq!((find("span.type = 'TOOL'"), find("span.name = 'root'"), find("span.type = 'LLM'")), (1, 1, 0));
}

#[test]
fn open_traces_of_a_store_that_was_closed_are_interrupted() {
    let (_directory, _path, mut store) = on_disk();
    store.commit(&journal([chunk(1, 0, 1..=2)])).expect("commits");
    let reader = store.reader().expect("reads");
    assert!(!reader.get(&trace_id(1)).expect("reads").expect("there").info.interrupted);
    drop(store);
    let interrupted = reader.get(&trace_id(1)).expect("reads").expect("there");
    assert!(interrupted.info.interrupted);
    assert_eq!(interrupted.info.state, TraceState::InProgress);
    let listed = reader.summaries(&ListOptions::default()).expect("reads");
    assert!(listed[0].info.interrupted && !listed[0].live);
}

#[test]
fn the_part_of_another_process_stays_when_one_completes_its_own() {
    let (_directory, path, mut here) = on_disk();
    let mut there = Store::open(&path, spanloom_store::StoreOptions::default()).expect("opens");
    here.commit(&journal([chunk(1, 0, 1..=1)])).expect("commits");
    there.commit(&journal([chunk(1, 0, 2..=3)])).expect("commits");
    let reader = here.reader().expect("reads");
    assert_eq!(reader.get(&trace_id(1)).expect("reads").expect("there").data.spans.len(), 3);
    assert_eq!(reader.summaries(&ListOptions::default()).expect("reads").len(), 1, "one trace, two rows");
    here.commit(&completed(&[trace(1, 1)])).expect("commits");
    let both = reader.get(&trace_id(1)).expect("reads").expect("there");
    assert_eq!((both.info.state, both.data.spans.len()), (TraceState::Ok, 3));
    let mut remote = trace(1, 3);
    remote.data.spans.remove(0);
    there.commit(&completed(&[remote])).expect("commits");
    assert_eq!(reader.get(&trace_id(1)).expect("reads"), Some(trace(1, 3)));
    assert_eq!(reader.status().expect("reads").open_traces, 0);
}
