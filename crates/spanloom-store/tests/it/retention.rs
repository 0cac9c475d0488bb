//! What goes when a store is full, and what destinations lose with it.

use std::collections::BTreeMap;
use std::path::Path;

use spanloom_core::{
    Cursor, DropReason, Eviction, SearchTraces, Settlement, StoreBatch, StoreError, Trace, TraceStore,
};
use spanloom_store::{ListOptions, Reader, Store, StoreLimits, StoreOptions};

use crate::example::*;

const MIB: u64 = 1 << 20;

fn limited(bytes: u64, outbox_bytes: u64) -> StoreOptions {
    let mut limits = StoreLimits::NONE;
    (limits.bytes, limits.outbox_bytes) = (bytes, outbox_bytes);
    let mut options = StoreOptions::default();
    options.limits = limits;
    options
}

/// A trace with this many bytes that do not compress, and a tag of its own.
fn heavy(number: u128, bytes: usize) -> Trace {
    let mut trace = trace(number, 2);
    let mut random = number as u64;
    let text: String = std::iter::repeat_with(|| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + ((random >> 33) % 90) as u8)
    })
    .take(bytes)
    .collect();
    trace.data.spans[0].set_outputs(text);
    trace.info.tags.insert("number".to_owned(), number.to_string());
    trace
}

/// Commits and tidies as an engine does.
fn put(store: &mut Store, number: u128, bytes: usize) -> Vec<Eviction> {
    store.commit(&completed(&[heavy(number, bytes)])).expect("there is always room");
    store.tidy().expect("tidies").evictions
}

fn files(path: &Path) -> u64 {
    ["", "-wal", "-ballast"]
        .iter()
        .map(|suffix| std::fs::metadata(format!("{}{suffix}", path.display())).map_or(0, |f| f.len()))
        .sum()
}

/// Which of these traces are there, whole.
fn kept(reader: &Reader, numbers: impl Iterator<Item = u128>, bytes: usize) -> Vec<u128> {
    numbers
        .filter(|number| {
            let found = reader.get(&trace_id(*number)).expect("reads");
            found.is_some_and(|found| {
                assert_eq!(found, heavy(*number, bytes));
                true
            })
        })
        .collect()
}

#[test]
fn the_files_stay_below_the_limit_while_the_oldest_go_and_the_newest_stay() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("traces.db");
    let mut store = Store::open(&path, limited(4 * MIB, u64::MAX)).expect("opens");
    let mut most = 0;
    for number in 1..=600 {
        assert_eq!(put(&mut store, number, 20_000), []);
        most = most.max(files(&path));
    }
    let reader = store.reader().expect("reads");
    let kept = kept(&reader, 1..=600, 20_000);
    assert!(kept.len() > 80 && kept.first() > Some(&400), "{} kept from {:?} on", kept.len(), kept.first());
    assert!(
        kept.windows(2).all(|pair| pair[0] + 1 == pair[1]) && kept.last() == Some(&600),
        "the newest, without a gap"
    );
    let status = reader.status().expect("reads");
    assert_eq!(status.retired_traces + status.traces, 600);
    assert!(most <= 4 * MIB + status.ballast_bytes, "{most} with a ballast of {}", status.ballast_bytes);
    println!("PROMISE P04 ok n=600 kept={} most={most} file={} wal={}", kept.len(), status.bytes, status.wal_bytes);
}

#[test]
fn labels_and_index_entries_go_with_their_traces() {
    let mut store = Store::in_memory_with(limited(MIB, u64::MAX)).expect("memory");
    for number in 1..=200 {
        put(&mut store, number, 10_000);
    }
    let reader = store.reader().expect("reads");
    let found = |filter: &str| reader.search(&SearchTraces::new().filter(filter)).expect("searches").traces.len();
    assert_eq!((found("tags.number = '1'"), found("tags.number = '200'")), (0, 1));
    assert_eq!(
        reader.summaries(&ListOptions::all()).expect("reads").len() as u64,
        reader.status().expect("reads").traces
    );
}

#[test]
fn what_is_open_in_a_living_process_stays() {
    let mut store = Store::in_memory_with(limited(MIB, u64::MAX)).expect("memory");
    store.commit(&journal([chunk(1_000, 0, 1..=3)])).expect("commits");
    for number in 1..=200 {
        put(&mut store, number, 10_000);
    }
    let reader = store.reader().expect("reads");
    assert!(reader.get(&trace_id(1_000)).expect("reads").is_some_and(|open| open.data.spans.len() == 3));
    assert!(reader.status().expect("reads").retired_traces > 50);
}

#[test]
fn a_file_that_is_larger_than_its_new_limit_shrinks() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("traces.db");
    let mut store = Store::open(&path, limited(64 * MIB, u64::MAX)).expect("opens");
    for number in 1..=400 {
        put(&mut store, number, 20_000);
    }
    drop(store);
    let before = std::fs::metadata(&path).expect("a file").len();
    let mut store = Store::open(&path, limited(2 * MIB, u64::MAX)).expect("opens");
    while store.tidy().expect("tidies").again_after.is_some_and(|after| after.is_zero()) {}
    drop(store);
    let after = std::fs::metadata(&path).expect("a file").len();
    assert!(before > 6 * MIB && after <= 2 * MIB, "{before} {after}");
    assert!(!kept(&Reader::open(&path).expect("opens"), 350..=400, 20_000).is_empty());
}

#[test]
fn a_trace_that_does_not_fit_is_refused_by_name_and_the_others_are_stored() {
    let mut store = Store::in_memory_with(limited(MIB, u64::MAX)).expect("memory");
    put(&mut store, 1, 1_000);
    let refused = store.commit(&completed(&[heavy(2, 1_000), heavy(3, 2_000_000)])).expect_err("too large");
    assert!(matches!(&refused, StoreError::TooLarge { trace, .. } if *trace == trace_id(3)), "{refused}");
    assert!(!refused.is_retryable());
    put(&mut store, 4, 1_000);
    assert_eq!(kept(&store.reader().expect("reads"), 1..=4, 1_000), [1, 4]);
}

fn acknowledge(store: &mut Store, name: &str, position: Cursor, settled: Settlement) {
    let batch = StoreBatch {
        acknowledged: BTreeMap::from([(name.to_owned(), position)]),
        settled: BTreeMap::from([(name.to_owned(), settled)]),
        ..StoreBatch::default()
    };
    store.commit(&batch).expect("commits");
}

fn lost(evictions: &[Eviction], name: &str, reason: DropReason) -> (u64, u64) {
    let of = evictions.iter().filter(|eviction| eviction.destination == name && eviction.reason == reason);
    of.fold((0, 0), |sum, eviction| (sum.0 + eviction.traces, sum.1 + eviction.spans))
}

#[test]
fn the_cap_of_the_store_takes_what_a_destination_was_owed_and_counts_it() {
    let mut store = Store::in_memory_with(limited(MIB, u64::MAX)).expect("memory");
    store.acknowledged("behind").expect("a new destination");
    store.acknowledged("ahead").expect("a new destination");
    let mut evictions = Vec::new();
    for number in 1..=200 {
        evictions.extend(put(&mut store, number, 10_000));
        let settled = Settlement { delivered: 1, ..Settlement::default() };
        acknowledge(&mut store, "ahead", Cursor(number as u64), settled);
    }
    evictions.extend(store.tidy().expect("tidies").evictions);
    let status = store.reader().expect("reads").status().expect("reads");
    let behind = &status.outboxes["behind"];
    assert_eq!(behind.evicted.cap, status.retired_traces);
    assert_eq!((behind.enqueued(), behind.delivered, behind.queued), (200, 0, status.traces));
    assert_eq!(lost(&evictions, "behind", DropReason::SpoolCap), (behind.evicted.cap, 2 * behind.evicted.cap));
    let ahead = &status.outboxes["ahead"];
    assert_eq!((ahead.enqueued(), ahead.delivered, ahead.evicted), (200, 200, Default::default()));
    let next = store.fetch(status.destinations["behind"], 1, 1).expect("fetches");
    assert_eq!(next[0].0, Cursor(behind.evicted.cap + 1), "delivery goes on with the oldest that is left");
}

#[test]
fn an_outbox_above_its_limit_loses_the_oldest_and_the_store_keeps_them() {
    let mut store = Store::in_memory_with(limited(64 * MIB, MIB / 2)).expect("memory");
    store.acknowledged("dead").expect("a new destination");
    let mut evictions = Vec::new();
    for number in 1..=200 {
        evictions.extend(put(&mut store, number, 10_000));
    }
    let status = store.reader().expect("reads").status().expect("reads");
    let dead = &status.outboxes["dead"];
    assert!(dead.queued_bytes <= MIB / 2 && dead.queued_bytes > MIB / 3, "{dead:?}");
    assert_eq!((dead.enqueued(), status.traces, status.retired_traces), (200, 200, 0));
    assert_eq!(lost(&evictions, "dead", DropReason::SpoolCap), (dead.evicted.cap, 2 * dead.evicted.cap));
    assert_eq!(status.destinations["dead"], Cursor(dead.evicted.cap));
    let last = evictions.last().expect("some were lost");
    assert_eq!(last.upto, Cursor(dead.evicted.cap));
}

#[test]
fn what_was_on_its_way_when_it_was_counted_as_lost_is_counted_as_delivered_after_all() {
    let mut store = Store::in_memory_with(limited(64 * MIB, MIB / 2)).expect("memory");
    store.acknowledged("slow").expect("a new destination");
    for number in 1..=100 {
        put(&mut store, number, 10_000);
    }
    let outbox = |store: &Store| store.reader().expect("reads").status().expect("reads").outboxes["slow"].clone();
    let before = outbox(&store);
    assert!(before.evicted.cap > 10);
    let mut settled = Settlement { delivered: 3, ..Settlement::default() };
    settled.reprieved.cap = 3;
    acknowledge(&mut store, "slow", Cursor(3), settled);
    let after = outbox(&store);
    assert_eq!((after.delivered, after.evicted.cap, after.enqueued()), (3, before.evicted.cap - 3, 100));
}
