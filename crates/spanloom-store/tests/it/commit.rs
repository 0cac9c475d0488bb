//! What is committed is there, once, as it was.

use proptest::prelude::*;
use spanloom_core::{SpanStatus, StoreBatch, Trace, TraceState, TraceStore};
use spanloom_store::{ListOptions, Reader, Store, StoreOptions};

use crate::example::*;

#[test]
fn a_committed_trace_is_there_after_the_store_is_opened_anew() {
    let (_directory, path, mut store) = on_disk();
    let traces: Vec<Trace> = (1..=5).map(|number| trace(number, number as u64 * 40)).collect();
    store.commit(&completed(&traces)).expect("commits");
    drop(store);
    let reader = Store::open(&path, StoreOptions::default()).expect("opens").reader().expect("reads");
    for trace in traces {
        assert_eq!(reader.get(&trace.info.trace_id).expect("reads"), Some(trace));
    }
    assert_eq!(reader.get(&trace_id(99)).expect("reads"), None);
}

#[test]
fn a_trace_of_many_chunks_comes_back_whole() {
    let mut store = Store::in_memory().expect("memory");
    let big = trace(1, 5_000);
    assert!(sealed(&big).chunk_ends.len() > 5);
    store.commit(&completed(std::slice::from_ref(&big))).expect("commits");
    assert_eq!(store.reader().expect("reads").get(&trace_id(1)).expect("reads"), Some(big));
}

#[test]
fn the_same_trace_twice_is_stored_once_and_keeps_its_position() {
    let mut store = Store::in_memory().expect("memory");
    let first = store.commit(&completed(&[trace(1, 3), trace(2, 3)])).expect("commits");
    let again = store.commit(&completed(&[trace(1, 3), trace(2, 3)])).expect("commits");
    assert_eq!(first, again);
    assert_eq!(store.reader().expect("reads").status().expect("reads").traces, 2);
}

#[test]
fn an_amendment_is_merged_and_the_trace_moves_to_a_new_position() {
    let mut store = Store::in_memory().expect("memory");
    let mut whole = trace(1, 3);
    let mut early = whole.clone();
    early.data.spans.pop();
    early.data.spans[1].end_time_unix_nano = None;
    early.data.spans[1].status = SpanStatus::error("closed as incomplete");
    let first = store.commit(&completed(&[early, trace(2, 1)])).expect("commits");
    let late = Trace::new(whole.info.clone(), whole.data.spans.split_off(1));
    let mut amendment = (*sealed(&late)).clone();
    amendment.amends = true;
    amendment.info.state = TraceState::Error;
    let batch = StoreBatch { completed: vec![amendment.into()], ..StoreBatch::default() };
    let second = store.commit(&batch).expect("commits");
    assert!(second[0] > first[1], "{second:?} {first:?}");
    assert_eq!(store.commit(&batch).expect("commits"), second, "the same amendment changes nothing");

    let reader = store.reader().expect("reads");
    assert_eq!(reader.get(&trace_id(1)).expect("reads"), Some(trace(1, 3)));
    let listed = reader.summaries(&ListOptions::all()).expect("reads");
    assert_eq!(listed.iter().map(|summary| summary.span_count).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn labels_follow_a_trace_that_is_merged() {
    let mut store = Store::in_memory().expect("memory");
    let mut here = trace(1, 2);
    here.data.spans.remove(0);
    here.info.tags.insert("only".to_owned(), "here".to_owned());
    store.commit(&completed(&[here])).expect("commits");
    // The part with the root: what it says counts.
    let mut there = trace(1, 1);
    there.info.tags.insert("only".to_owned(), "there".to_owned());
    store.commit(&completed(&[there])).expect("commits");
    let reader = store.reader().expect("reads");
    let find =
        |filter: &str| reader.search(&spanloom_core::SearchTraces::new().filter(filter)).expect("finds").traces.len();
    assert_eq!((find("tags.only = 'there'"), find("tags.only = 'here'")), (1, 0));
}

#[test]
fn a_failed_commit_leaves_nothing_and_the_next_one_works() {
    let (_directory, path, mut store) = on_disk();
    store.commit(&completed(&[trace(1, 1)])).expect("commits");
    let other = Store::open(&path, StoreOptions::default()).expect("opens");
    drop(other);
    let mut options = StoreOptions::default();
    options.busy_timeout = std::time::Duration::from_millis(1);
    let mut impatient = Store::open(&path, options).expect("opens");
    let holder = rusqlite::Connection::open(&path).expect("opens");
    holder.execute_batch("BEGIN IMMEDIATE").expect("locks");
    let error = impatient.commit(&completed(&[trace(2, 1)])).expect_err("locked");
    assert!(error.is_retryable(), "{error}");
    holder.execute_batch("ROLLBACK").expect("unlocks");
    impatient.commit(&completed(&[trace(2, 1)])).expect("commits");
    assert_eq!(Reader::open(&path).expect("reads").status().expect("reads").traces, 2);
}

#[test]
fn each_sync_is_a_commit_of_its_own_after_what_it_covers() {
    let (_directory, path, mut store) = on_disk();
    store.commit(&completed(&[trace(1, 1)])).expect("commits");
    store.sync().expect("syncs");
    store.sync().expect("syncs with nothing new");
    store.commit(&completed(&[trace(2, 1)])).expect("goes on");
    let sql = "SELECT value FROM counters WHERE name = 'sync'";
    let connection = rusqlite::Connection::open(path).expect("opens");
    assert_eq!(connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("reads"), 2);
}

#[test]
fn a_store_in_memory_is_read_by_other_threads_while_it_is_written() {
    let mut store = Store::in_memory().expect("memory");
    let reader = store.reader().expect("reads");
    let reading = std::thread::spawn(move || {
        let mut seen = 0;
        while seen < 200 {
            let found = reader.summaries(&ListOptions::all()).expect("reads").len();
            assert!(found >= seen, "{found} after {seen}");
            seen = found;
        }
    });
    for number in 1..=200 {
        store.commit(&completed(&[trace(number, 2)])).expect("commits");
    }
    reading.join().expect("no panic");
}

#[test]
fn two_stores_in_memory_share_nothing() {
    let mut first = Store::in_memory().expect("memory");
    let second = Store::in_memory().expect("memory");
    first.commit(&completed(&[trace(1, 1)])).expect("commits");
    assert_eq!(second.reader().expect("reads").get(&trace_id(1)).expect("reads"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_trace_comes_back_as_it_was(
        number in 1u128..,
        spans in 0u64..30,
        texts in proptest::collection::vec(any::<String>(), 4),
        time in any::<u64>(),
        duration in any::<Option<u64>>(),
        state in prop::sample::select(vec![TraceState::Ok, TraceState::Error, TraceState::Unspecified]),
        payload in "\\PC{0,3000}",
    ) {
        let mut trace = trace(1, 0);
        trace.info.trace_id = trace_id(number);
        trace.data.spans = (1..=spans).map(|span| record(trace.info.trace_id, span)).collect();
        if let Some(span) = trace.data.spans.last_mut() {
            span.set_outputs(&payload);
            span.name.clone_from(&texts[0]);
        }
        trace.info.request_time_unix_nano = time;
        trace.info.execution_duration_ms = duration;
        trace.info.state = state;
        trace.info.experiment_id.clone_from(&texts[0]);
        trace.info.client_request_id = Some(texts[1].clone());
        trace.info.tags.insert(texts[1].clone(), texts[2].clone());
        trace.info.trace_metadata.insert(texts[2].clone(), texts[3].clone());
        let mut store = Store::in_memory().expect("memory");
        store.commit(&completed(std::slice::from_ref(&trace))).expect("commits");
        let fetched = store.fetch(spanloom_core::Cursor(0), 10, usize::MAX).expect("fetches");
        prop_assert_eq!(&fetched[0].1, &sealed(&trace));
        prop_assert_eq!(store.reader().expect("reads").get(&trace.info.trace_id).expect("reads"), Some(trace));
    }
}
