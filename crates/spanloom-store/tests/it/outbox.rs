//! What destinations are owed.

use std::collections::BTreeMap;

use spanloom_core::{Conservation, Counts, Cursor, DropReason, StoreBatch, TraceStore, WriterCounters};
use spanloom_store::{Store, StoreOptions};

use crate::example::*;

fn acknowledge(destination: &str, position: Cursor) -> StoreBatch {
    StoreBatch { acknowledged: BTreeMap::from([(destination.to_owned(), position)]), ..StoreBatch::default() }
}

#[test]
fn traces_are_fetched_in_the_order_of_their_positions_and_within_limits() {
    let mut store = Store::in_memory().expect("memory");
    store.commit(&journal([chunk(9, 0, 1..=1)])).expect("commits");
    let traces: Vec<_> = (1..=5).map(|number| trace(number, 3)).collect();
    let positions = store.commit(&completed(&traces)).expect("commits");
    let all = store.fetch(Cursor(0), 100, usize::MAX).expect("fetches");
    assert_eq!(all.iter().map(|(position, _)| *position).collect::<Vec<_>>(), positions);
    assert_eq!(all.iter().map(|(_, trace)| trace.to_trace().expect("whole")).collect::<Vec<_>>(), traces);
    assert_eq!(store.fetch(positions[1], 2, usize::MAX).expect("fetches").len(), 2);
    assert_eq!(store.fetch(Cursor(0), 100, 1).expect("fetches").len(), 1, "at least one");
    assert!(store.fetch(positions[4], 100, usize::MAX).expect("fetches").is_empty());
    assert_eq!(store.spans_after(Cursor(0)).expect("counts"), 15);
    assert_eq!(store.spans_after(positions[2]).expect("counts"), 6);
}

#[test]
fn a_destination_starts_at_zero_goes_forward_and_is_remembered() {
    let (_directory, path, mut store) = on_disk();
    assert_eq!(store.acknowledged("mlflow").expect("reads"), Cursor(0));
    store.commit(&acknowledge("mlflow", Cursor(7))).expect("commits");
    store.commit(&acknowledge("mlflow", Cursor(3))).expect("commits");
    drop(store);
    let mut store = Store::open(&path, StoreOptions::default()).expect("opens");
    assert_eq!(store.acknowledged("mlflow").expect("reads"), Cursor(7));
    assert_eq!(store.acknowledged("otlp").expect("reads"), Cursor(0));
}

#[test]
fn counters_of_all_writers_are_summed() {
    let (_directory, path, mut first) = on_disk();
    let counters = |started| {
        let dropped = BTreeMap::from([(DropReason::ChannelFull, 2), (DropReason::Invalid, 1)]);
        let spans = Counts { started, live: 1, completed_pending: 0, stored: started - 4, dropped };
        WriterCounters {
            conservation: Conservation { spans, ..Default::default() },
            truncated: 5,
            ..Default::default()
        }
    };
    let batch = |started| StoreBatch { counters: Some(counters(started)), ..StoreBatch::default() };
    first.commit(&batch(5)).expect("commits");
    first.commit(&batch(10)).expect("commits");
    drop(first);
    let mut second = Store::open(&path, StoreOptions::default()).expect("opens");
    second.commit(&batch(100)).expect("commits");
    let total = second.reader().expect("reads").counters().expect("reads");
    assert_eq!(total.conservation.spans.started, 110);
    assert_eq!(total.conservation.spans.dropped[&DropReason::ChannelFull], 4);
    assert_eq!(total.truncated, 10);
    assert!(total.conservation.spans.balanced());
}
