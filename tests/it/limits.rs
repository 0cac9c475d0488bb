//! Limits of the store and of what waits for a destination, end to end.

use std::time::Duration;

use spanloom::{Batch, DropReason, ExportError, ExportFuture, SearchTraces, Sink, Spanloom};

const DEADLINE: Duration = Duration::from_secs(20);
const KIB: u64 = 1 << 10;

/// Takes nothing.
#[derive(Debug)]
struct Dead;

impl Sink for Dead {
    fn name(&self) -> &str {
        "dead"
    }

    fn export(&mut self, batch: Batch) -> ExportFuture<'_> {
        let refused = ExportError::Retryable { sink: "dead", rest: batch, retry_after: None, source: "down".into() };
        Box::pin(std::future::ready(Err(refused)))
    }
}

/// Text that does not compress much.
fn noise(seed: u64, bytes: usize) -> String {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + ((state >> 33) % 26) as u8)
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

fn record(loom: &Spanloom, traces: std::ops::Range<u64>) {
    for number in traces {
        let root = loom.root_span(format!("trace {number}")).start();
        root.set_inputs(noise(number, 8_000));
        root.child("part").start().end();
        root.end();
        if number.is_multiple_of(10) {
            loom.flush_blocking(DEADLINE).expect("there is always room");
        }
    }
    loom.flush_blocking(DEADLINE).expect("there is always room");
}

#[test]
fn a_small_store_keeps_the_newest() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("traces.db");
    let loom = Spanloom::builder().store(&path).store_limit(2 * KIB * KIB).start().expect("starts");
    record(&loom, 0..500);
    let found = |filter: &str| {
        let question = SearchTraces::new().filter(filter);
        loom.search_traces_blocking(question).expect("searches").traces.len()
    };
    assert_eq!((found("name = 'trace 0'"), found("name = 'trace 499'")), (0, 1));
    let report = loom.shutdown_blocking(DEADLINE).expect("ends");
    assert_eq!((report.stored, report.left), (1_000, 0));
    assert!(report.lost.is_empty(), "what no destination was owed is not lost: {:?}", report.lost);
    let bytes = std::fs::metadata(&path).expect("a file").len();
    assert!(bytes <= 2 * KIB * KIB, "{bytes}");
}

#[test]
fn a_destination_that_is_too_far_behind_loses_the_oldest_and_the_report_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("traces.db");
    let builder = Spanloom::builder().store(&path).outbox_limit(512 * KIB).sink(Dead);
    let loom = builder.start().expect("starts");
    record(&loom, 0..300);
    let report = match loom.shutdown_blocking(Duration::from_millis(500)) {
        Ok(report) => report,
        // The destination is not done in time, and a second call has the report.
        Err(_) => loom.shutdown_blocking(DEADLINE).expect("it has ended"),
    };
    let lost = report.lost.get(&DropReason::SpoolCap).copied().unwrap_or(0);
    assert!(lost > 0, "{report:?}");
    assert_eq!((report.stored, report.delivered, report.left + lost), (600, 0, 600));
    let reader = spanloom_store::Reader::open(&path).expect("opens");
    let status = reader.status().expect("reads");
    let outbox = &status.outboxes["dead"];
    assert_eq!((outbox.enqueued(), outbox.delivered, status.traces), (300, 0, 300), "the store itself keeps all");
    assert_eq!((outbox.evicted.cap, outbox.queued), (lost / 2, report.left / 2));
    assert!(outbox.queued_bytes <= 512 * KIB, "{outbox:?}");
}
