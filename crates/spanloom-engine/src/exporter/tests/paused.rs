//! On a System whose clock is paused: hours pass in milliseconds, nothing is slept through.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, System};
use spanloom_core::Cursor;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::fakes::{Act, FakeSink, FakeStore, FetchFault, stored};
use crate::exporter::actor::ExporterActor;
use crate::exporter::drain::Drained;
use crate::exporter::{Circuit, ExporterConfig, Handoff, Look, Slot};
use crate::supervise::Supervisor;

const SECOND: Duration = Duration::from_secs(1);

fn paused<T>(test: impl Future<Output = T>) -> T {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    System::with_tokio_rt(runtime).block_on(test)
}

/// An exporter whose actor runs on the test's own System; no supervisor.
struct Bench {
    slot: Arc<Slot>,
    store: FakeStore,
    heard: tokio::sync::mpsc::UnboundedReceiver<Vec<u64>>,
    started: Instant,
}

impl Bench {
    fn start(rows: u64, script: impl IntoIterator<Item = Act>) -> Self {
        Self::start_with(FakeStore::with(stored(1..=rows)), script, ExporterConfig::default())
    }

    fn start_with(store: FakeStore, script: impl IntoIterator<Item = Act>, config: ExporterConfig) -> Self {
        let (sink, heard) = FakeSink::new("fake", script);
        let slot = Arc::new(Slot::new(sink, Cursor::default(), store.links(), config));
        ExporterActor::new(Arc::clone(&slot), None).start();
        Self { slot, store, heard, started: Instant::now() }
    }

    fn commit(&self, cursors: std::ops::RangeInclusive<u64>) {
        let rows = stored(cursors);
        self.store.commit(&rows);
        Handoff::new(Arc::clone(&self.slot)).offer(&rows);
    }

    async fn drain(&self, within: Duration) -> Drained {
        let (reply, told) = oneshot::channel();
        self.slot.add_drain((Instant::now() + within).into_std(), Box::new(move |drained| drop(reply.send(drained))));
        told.await.expect("a drain is answered")
    }

    /// The next batch, and how long after the start it came.
    async fn next(&mut self) -> (Vec<u64>, Duration) {
        let batch = self.heard.recv().await.expect("the sink lives");
        (batch, self.started.elapsed())
    }
}

#[track_caller]
fn check_between(value: Duration, least: Duration, most: Duration) {
    assert!((least..=most).contains(&value), "{value:?} is not within {least:?} and {most:?}");
}

#[test]
fn what_was_stored_before_and_what_is_handed_over_arrives_in_order() {
    paused(async {
        let mut bench = Bench::start(1_000, []);
        bench.commit(1_001..=1_003);
        assert!(bench.drain(SECOND).await.complete);
        bench.commit(1_004..=1_004);
        assert!(bench.drain(SECOND).await.complete);
        bench.heard.close();
        let mut seen = Vec::new();
        while let Some(batch) = bench.heard.recv().await {
            assert!(batch.len() <= 512);
            seen.extend(batch);
        }
        assert_eq!(seen, Vec::from_iter(1..=1_004));
        bench.store.check_acknowledged(1_004, 1_004);
        assert_eq!(bench.started.elapsed(), Duration::ZERO);
    });
}

#[test]
fn an_exporter_that_keeps_up_does_not_read_the_store() {
    paused(async {
        let bench = Bench::start(0, []);
        assert!(bench.drain(SECOND).await.complete);
        let before = bench.store.fetches();
        for n in 1..=50 {
            bench.commit(n..=n);
            assert!(bench.drain(SECOND).await.complete);
        }
        assert_eq!(bench.store.fetches(), before);
        bench.store.check_acknowledged(50, 50);
    });
}

#[test]
fn failures_are_repeated_with_growing_waits_until_it_is_delivered() {
    paused(async {
        let mut bench = Bench::start(3, [Act::Later(None), Act::Later(None), Act::Later(None)]);
        let mut last = Duration::ZERO;
        for expected in [0, 1, 2, 4] {
            let (batch, at) = bench.next().await;
            assert_eq!(batch, [1, 2, 3]);
            check_between(
                at - last,
                SECOND.mul_f64(f64::from(expected) * 0.5),
                SECOND.mul_f64(f64::from(expected) * 1.51),
            );
            last = at;
        }
        assert!(bench.drain(SECOND).await.complete);
        bench.store.check_acknowledged(3, 3);
        assert_eq!(bench.slot.status().last_error.as_deref(), Some("as told"));
    });
}

#[test]
fn what_the_destination_asks_for_is_waited_for() {
    paused(async {
        let mut bench = Bench::start(1, [Act::Later(Some(90 * SECOND))]);
        bench.next().await;
        assert!(!bench.drain(60 * SECOND).await.complete, "nothing happens before the deadline");
        check_between(bench.next().await.1, 90 * SECOND, 91 * SECOND);
    });
}

#[test]
fn a_hanging_attempt_is_given_up_and_repeated() {
    paused(async {
        let mut bench = Bench::start(2, [Act::Hang]);
        bench.next().await;
        let (batch, at) = bench.next().await;
        assert_eq!(batch, [1, 2]);
        check_between(at, 30 * SECOND, 32 * SECOND);
        assert!(bench.drain(SECOND).await.complete);
    });
}

#[test]
fn a_sink_that_panics_gets_the_batch_again() {
    paused(async {
        let mut bench = Bench::start(2, [Act::PanicInCall, Act::PanicInFuture]);
        for _ in 0..3 {
            assert_eq!(bench.next().await.0, [1, 2]);
        }
        let drained = bench.drain(SECOND).await;
        assert!(drained.complete);
        assert_eq!((drained.status.counts.panics, drained.status.counts.delivered), (2, 2));
        bench.store.check_acknowledged(2, 2);
    });
}

#[test]
fn a_suspect_destination_is_probed_and_nothing_is_lost() {
    paused(async {
        let mut bench = Bench::start(2, [Act::Suspect, Act::Suspect]);
        bench.next().await;
        for probe in 1..=2 {
            let (batch, at) = bench.next().await;
            assert_eq!(batch, [1, 2]);
            check_between(at, 30 * probe * SECOND, 31 * probe * SECOND);
        }
        let drained = bench.drain(SECOND).await;
        assert!(drained.complete);
        assert_eq!(drained.status.circuit, Circuit::Closed);
    });
}

#[test]
fn a_suspect_destination_says_so_while_it_lasts() {
    paused(async {
        let mut bench = Bench::start(2, [Act::Suspect]);
        bench.next().await;
        let drained = bench.drain(SECOND / 2).await;
        assert!(!drained.complete);
        assert_eq!((drained.status.circuit, drained.status.leased), (Circuit::Open, 2));
        check_between(bench.started.elapsed(), Duration::ZERO, SECOND / 2);
    });
}

#[test]
fn whoever_waits_shortens_a_wait_but_not_to_a_stream_of_attempts() {
    paused(async {
        let mut bench = Bench::start(1, [Act::Suspect, Act::Suspect, Act::Suspect]);
        bench.next().await;
        assert!(!bench.drain(5 * SECOND).await.complete, "a second attempt after a second, then none in time");
        check_between(bench.next().await.1, SECOND, SECOND + SECOND / 100);
        let early = bench.drain(SECOND / 2).await;
        assert!(!early.complete);
        assert!(bench.heard.is_empty());
    });
}

#[test]
fn a_refused_trace_is_counted_and_the_cursor_passes_it() {
    paused(async {
        let bench = Bench::start(3, [Act::Refuse(2)]);
        let drained = bench.drain(SECOND).await;
        assert!(drained.complete);
        let counts = drained.status.counts;
        assert_eq!((counts.delivered, counts.dead_lettered, counts.dead_lettered_spans), (2, 1, 1));
        bench.store.check_acknowledged(3, 2);
    });
}

#[test]
fn a_full_handoff_is_made_up_for_from_the_store() {
    paused(async {
        let config = ExporterConfig { handoff_traces: 10, ..ExporterConfig::default() };
        let mut bench = Bench::start_with(FakeStore::default(), [], config);
        for n in 0..20 {
            bench.commit(n * 50 + 1..=n * 50 + 50);
        }
        assert!(bench.drain(SECOND).await.complete);
        bench.heard.close();
        let mut seen = Vec::new();
        while let Some(batch) = bench.heard.recv().await {
            seen.extend(batch);
        }
        assert_eq!(seen, Vec::from_iter(1..=1_000));
    });
}

#[test]
fn a_store_that_cannot_be_read_is_asked_again() {
    paused(async {
        let store = FakeStore::with(stored(1..=2));
        store.fault(FetchFault::Fail);
        store.fault(FetchFault::DropReply);
        let bench = Bench::start_with(store, [], ExporterConfig::default());
        assert!(bench.drain(60 * SECOND).await.complete);
        bench.store.check_acknowledged(2, 2);
    });
}

#[test]
fn lives_that_end_at_once_are_begun_again_without_a_rush_and_drains_end_in_time() {
    paused(async {
        let (sink, _heard) = FakeSink::new("fake", []);
        let links = FakeStore::default().links();
        let slot = Arc::new(Slot::new(sink, Cursor::default(), links, ExporterConfig::default()));
        // The other end is dropped: a life that is over before it begins.
        let supervisor = Supervisor::with_factory(Arc::clone(&slot), |_| oneshot::channel().1).start();
        let (reply, told) = oneshot::channel();
        let deadline = Instant::now() + 10 * SECOND;
        slot.add_drain(deadline.into_std(), Box::new(move |drained| drop(reply.send(drained))));
        supervisor.try_send(Look).unwrap();
        let drained = told.await.unwrap();
        assert!(!drained.complete);
        check_between(Instant::now() - deadline, Duration::ZERO, SECOND / 100);
        assert!((10..=16).contains(&drained.status.restarts), "{}", drained.status.restarts);
    });
}
