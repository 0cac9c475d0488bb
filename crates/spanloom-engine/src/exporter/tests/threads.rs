//! On real threads, with the supervisor: deaths of the actor, sinks that block, several destinations.

use std::time::{Duration, Instant};

use actix::System;
use crossbeam_channel::bounded;
use spanloom_core::Cursor;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use super::fakes::{Act, FakeSink, FakeStore, FetchFault, stored};
use crate::exporter::drain::Drained;
use crate::exporter::{Exporter, ExporterConfig, spawn};

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn on_engine<T>(test: impl Future<Output = T>) -> T {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    System::with_tokio_rt(runtime).block_on(test)
}

fn start(
    name: &str,
    store: &FakeStore,
    script: impl IntoIterator<Item = Act>,
) -> (Exporter, UnboundedReceiver<Vec<u64>>) {
    let (sink, heard) = FakeSink::new(name, script);
    let backoff_first = Duration::from_millis(1);
    (
        spawn(sink, Cursor::default(), store.links(), ExporterConfig { backoff_first, ..ExporterConfig::default() }),
        heard,
    )
}

async fn drain(exporter: &Exporter, within: Duration) -> Drained {
    let (reply, told) = oneshot::channel();
    exporter.drain(Instant::now() + within, Box::new(move |drained| drop(reply.send(drained))));
    told.await.expect("a drain is answered")
}

fn end(exporter: &Exporter) {
    exporter.stop();
    assert!(exporter.join(Instant::now() + LONG));
}

#[test]
fn an_actor_that_dies_comes_back_and_those_who_wait_are_served() {
    on_engine(async {
        let store = FakeStore::with(stored(1..=3));
        store.fault(FetchFault::Panic);
        store.fault(FetchFault::Panic);
        let (exporter, _heard) = start("dies", &store, []);
        let drained = drain(&exporter, LONG).await;
        assert!(drained.complete);
        assert_eq!((drained.status.restarts, drained.status.counts.delivered), (2, 3));
        let rows = stored(4..=4);
        store.commit(&rows);
        exporter.handoff().offer(&rows);
        assert!(drain(&exporter, LONG).await.complete, "handles from before the death still work");
        store.check_acknowledged(4, 4);
        end(&exporter);
    });
}

#[test]
fn a_destination_that_panics_or_blocks_delays_no_other() {
    on_engine(async {
        let store = FakeStore::with(stored(1..=3));
        let faulty = FakeStore::with(stored(1..=3));
        faulty.fault(FetchFault::Panic);
        let (release, blocked) = bounded(0);
        let (blocking, mut heard) = start("blocks", &store, [Act::Block(blocked)]);
        let (dying, _) = start("dies", &faulty, [Act::PanicInCall, Act::PanicInFuture]);
        heard.recv().await.expect("it is blocked now");
        let (healthy, _) = start("healthy", &store, []);
        assert!(drain(&healthy, LONG).await.complete);
        assert!(drain(&dying, LONG).await.complete);
        drop(release);
        assert!(drain(&blocking, LONG).await.complete);
        [blocking, dying, healthy].iter().for_each(end);
    });
}

#[test]
fn a_drain_of_a_blocked_sink_is_answered_at_the_deadline() {
    on_engine(async {
        let (release, blocked) = bounded(0);
        let (exporter, mut heard) = start("blocks", &FakeStore::with(stored(1..=3)), [Act::Block(blocked)]);
        heard.recv().await.expect("it is blocked now");
        let asked = Instant::now();
        let drained = drain(&exporter, Duration::from_millis(50)).await;
        assert!(!drained.complete);
        assert!(asked.elapsed() < Duration::from_millis(300), "{:?}", asked.elapsed());
        exporter.stop();
        assert!(!exporter.join(Instant::now()), "its thread is not interrupted");
        drop(release);
        end(&exporter);
    });
}

#[test]
fn stop_answers_those_who_wait_and_ends_the_thread() {
    on_engine(async {
        let (exporter, mut heard) = start("hangs", &FakeStore::with(stored(1..=3)), [Act::Hang]);
        heard.recv().await.expect("it hangs now");
        let (first, second) = (exporter.clone(), exporter.clone());
        let waiting = actix::spawn(async move { drain(&first, LONG).await });
        tokio::task::yield_now().await;
        second.stop();
        assert!(!waiting.await.unwrap().complete);
        assert!(exporter.join(Instant::now() + LONG));
        assert!(!drain(&exporter, LONG).await.complete, "afterwards the answer comes at once");
    });
}

#[test]
fn the_end_of_the_engine_ends_the_exporter() {
    let exporter = on_engine(async {
        let (exporter, mut heard) = start("orphan", &FakeStore::with(stored(1..=1)), [Act::Hang]);
        heard.recv().await.expect("it hangs now");
        exporter
    });
    assert!(exporter.join(Instant::now() + LONG));
}

#[cfg(target_os = "linux")]
#[test]
fn the_thread_has_the_name_of_its_destination() {
    on_engine(async {
        let (exporter, _heard) = start("named", &FakeStore::default(), []);
        assert!(drain(&exporter, LONG).await.complete);
        let names = || {
            let tasks = std::fs::read_dir("/proc/self/task").unwrap();
            tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok()).collect::<Vec<_>>()
        };
        assert!(names().iter().any(|name| name == "spanloom-named\n"), "{:?}", names());
        end(&exporter);
        assert!(!names().iter().any(|name| name == "spanloom-named\n"));
    });
}
