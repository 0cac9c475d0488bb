//! What code of the program may do where the engine calls it: in sinks, and in values that are serialised in the background.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use serde::{Serialize, Serializer};
use spanloom::{Batch, EngineError, Error, ExportFuture, Sink, Spanloom, TraceId, TraceState};
use spanloom_store::Reader;
use tempfile::TempDir;

use crate::universe::{PATIENCE, Universe, eventually, in_directory};

/// A sink that does something with its first batch, and takes everything.
struct Doing<F>(Option<F>);

impl<F> std::fmt::Debug for Doing<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doing")
    }
}

impl<F: FnOnce() + Send + 'static> Sink for Doing<F> {
    fn name(&self) -> &str {
        "doing"
    }

    fn export(&mut self, _: Batch) -> ExportFuture<'_> {
        if let Some(what) = self.0.take() {
            what();
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

/// An engine whose sink has asked for its shutdown in vain, after one trace.
fn refused(directory: &TempDir) -> Spanloom {
    let (give, handle) = channel::<Spanloom>();
    let (tell, told) = channel();
    let ask = move || {
        let loom = handle.recv().expect("the test gives it");
        let outcome = loom.shutdown_blocking(PATIENCE);
        drop(loom);
        tell.send(outcome).expect("the test listens");
    };
    let loom = in_directory(directory).sink(Doing(Some(ask))).start().expect("the store can be opened");
    give.send(loom.clone()).expect("the sink takes it");
    drop(loom.root_span("first").start());
    let outcome = told.recv_timeout(PATIENCE).expect("the sink is called");
    assert!(matches!(outcome, Err(Error::Engine(EngineError::OnEngineThread { .. }))), "{outcome:?}");
    loom
}

/// Whether the trace is stored as one whose root was open when its engine was shut down.
fn was_closed_by_the_shutdown(reader: &Reader, id: &TraceId) -> bool {
    let found = reader.get(id).expect("the store can be read");
    found.is_some_and(|trace| {
        let incomplete = trace.info.trace_metadata.get("spanloom.incomplete");
        trace.info.state != TraceState::InProgress && incomplete.is_some_and(|text| text == "true")
    })
}

fn reader(directory: &TempDir) -> Reader {
    Reader::open(directory.path().join("traces.db")).expect("the store can be opened")
}

#[test]
fn after_a_shutdown_that_was_refused_another_one_works() {
    let directory = TempDir::new().expect("there is room for a directory");
    let loom = refused(&directory);
    assert!(loom.root_span("second").start().is_recording());
    let report = loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    assert_eq!((report.stored, report.lost.len()), (2, 0), "{report:?}");
}

#[test]
fn after_a_shutdown_that_was_refused_the_last_handle_still_ends_the_engine() {
    let directory = TempDir::new().expect("there is room for a directory");
    let loom = refused(&directory);
    let open = loom.root_span("open").start();
    drop(loom);
    assert!(was_closed_by_the_shutdown(&reader(&directory), &open.trace_id()));
}

#[test]
fn a_sink_that_drops_the_last_handle_ends_the_engine_and_does_not_wait_for_it() {
    let directory = TempDir::new().expect("there is room for a directory");
    let (give, handle) = channel::<Spanloom>();
    let (tell, told) = channel();
    let let_go = move || {
        drop(handle.recv());
        tell.send(()).expect("the test listens");
    };
    let loom = in_directory(&directory).sink(Doing(Some(let_go))).start().expect("the store can be opened");
    let open = loom.root_span("open").start();
    drop(loom.root_span("first").start());
    give.send(loom).expect("the sink takes it");
    told.recv_timeout(PATIENCE).expect("a thread of the engine does not wait for itself");
    let reader = reader(&directory);
    eventually("the end of the engine", || was_closed_by_the_shutdown(&reader, &open.trace_id()).then_some(()));
}

/// A value that says so when it is serialised, and holds up whoever does it.
struct Held {
    entered: Sender<()>,
    until: Mutex<Receiver<()>>,
}

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entered.send(()).expect("the test listens");
        let _released = self.until.lock().expect("one thread serialises it").recv();
        serializer.serialize_str("held")
    }
}

/// A value that notes which thread serialises it.
struct Noted(Arc<Mutex<Option<ThreadId>>>);

impl Serialize for Noted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        *self.0.lock().expect("one thread serialises it") = Some(thread::current().id());
        serializer.serialize_str("noted")
    }
}

#[test]
fn who_asks_for_a_running_trace_sees_what_it_just_recorded_and_serialises_it_itself() {
    let universe = Universe::new();
    let (entered, has_entered) = channel();
    let (release, until) = channel::<()>();
    // Until the release the store's thread is busy with a value of another trace.
    let other = universe.root_span("other").start();
    other.set_inputs_owned(Held { entered, until: Mutex::new(until) });
    drop(other);
    has_entered.recv_timeout(PATIENCE).expect("the trace is sealed");
    let serialised_by = Arc::new(Mutex::new(None));
    let root = universe.root_span("root").start();
    root.set_inputs_owned(Noted(Arc::clone(&serialised_by)));
    root.child("just now").start().end();
    let trace = universe.trace(root.trace_id());
    assert_eq!((trace.data.spans.len(), trace.data.spans[0].inputs()), (2, Some("noted".into())));
    assert_eq!(*serialised_by.lock().expect("nobody panicked"), Some(thread::current().id()));
    drop(release);
}
