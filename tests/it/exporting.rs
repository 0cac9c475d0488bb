//! A destination gets every trace, in the order in which they completed, whatever becomes of the others.

use std::time::Duration;

use spanloom::{DropReason, EngineError, Error, Overflow, Spanloom, Trace};
use spanloom_testing::{Answer, Received, TestSink};
use tempfile::TempDir;

use crate::universe::{PATIENCE, Universe, eventually, in_directory};

/// A full ring is waited for: here it counts what is delivered of everything that was recorded.
const WAIT: Overflow = Overflow::Block { deadline: PATIENCE };

/// Traces of two spans, numbered from `first`, one after another.
fn record(loom: &Spanloom, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let root = loom.root_span(format!("trace {number}")).start();
        root.child("child").start().set_outputs(number);
    }
}

fn names(traces: &[Trace]) -> Vec<String> {
    traces.iter().map(|trace| trace.data.spans[0].name.clone()).collect()
}

fn numbered(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("trace {number}")).collect()
}

/// An engine with these sinks and a store in memory, which keeps everything.
fn with_sinks(sinks: impl IntoIterator<Item = TestSink>) -> Universe {
    Universe::with(|builder| sinks.into_iter().fold(builder.overflow(WAIT), |builder, sink| builder.sink(sink)))
}

#[test]
fn a_sink_gets_every_trace_once_and_in_order() {
    let (sink, received) = TestSink::new("s");
    let universe = with_sinks([sink]);
    record(&universe, 0..1_000);
    let traces = received.wait_for(1_000, PATIENCE);
    assert_eq!(names(&traces), numbered(0..1_000));
    let stored = universe.trace(traces[999].info.trace_id);
    assert_eq!(traces[999], stored, "what is sent is what is stored");
    let report = universe.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    assert_eq!((report.stored, report.delivered, report.left), (2_000, 2_000, 0), "{report:?}");
    assert_eq!(received.traces().len(), 1_000);
}

#[test]
fn what_a_sink_did_not_take_is_sent_again_in_order() {
    let (sink, received) = TestSink::scripted("s", [Answer::Later, Answer::TakeFirst]);
    let universe = with_sinks([sink]);
    record(&universe, 0..20);
    let traces = received.wait_for(20, PATIENCE);
    assert_eq!(names(&traces), numbered(0..20));
    assert!(received.attempts() >= 3);
}

#[test]
fn a_sink_that_panics_is_tried_again_and_stops_no_other() {
    let (bad, from_bad) = TestSink::scripted("bad", [Answer::Panic, Answer::Panic]);
    let (good, from_good) = TestSink::new("good");
    let universe = with_sinks([bad, good]);
    record(&universe, 0..20);
    assert_eq!(names(&from_good.wait_for(20, PATIENCE)), numbered(0..20));
    assert_eq!(names(&from_bad.wait_for(20, PATIENCE)), numbered(0..20));
    let status = universe.exporters();
    assert_eq!(
        status.iter().map(|status| (&*status.name, status.counts.panics)).collect::<Vec<_>>(),
        [("bad", 2), ("good", 0)]
    );
}

#[test]
fn a_sink_that_hangs_delays_no_other_and_no_shutdown_beyond_its_deadline() {
    let (hung, from_hung) = TestSink::scripted("hung", [Answer::Hang]);
    let (good, from_good) = TestSink::new("good");
    let loom = Spanloom::builder().in_memory().sink(hung).sink(good).start().expect("the settings are right");
    record(&loom, 0..5);
    from_good.wait_for(5, PATIENCE);
    from_hung.wait_for_attempts(1, PATIENCE);
    let begun = std::time::Instant::now();
    let outcome = loom.shutdown_blocking(Duration::from_millis(300));
    // The deadline, a quarter of a second, and as much again for a busy machine.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let report = outcome.expect("everything is stored, which is what a shutdown promises");
    assert_eq!((report.stored, report.delivered, report.left), (10, 0, 10), "{report:?}");
}

#[test]
fn without_a_store_a_shutdown_says_that_not_everything_was_delivered() {
    let (hung, from_hung) = TestSink::scripted("hung", [Answer::Hang]);
    let loom = Spanloom::builder().no_store().sink(hung).start().expect("the settings are right");
    record(&loom, 0..5);
    from_hung.wait_for_attempts(1, PATIENCE);
    assert!(loom.shutdown_blocking(Duration::from_millis(300)).is_err_and(|error| error.is_timeout()));
    let report = loom.shutdown_blocking(PATIENCE).expect("a second call gives the report");
    assert_eq!((report.delivered, report.left), (0, 10), "{report:?}");
}

#[test]
fn what_a_sink_refuses_for_good_is_counted_and_the_rest_delivered() {
    let (sink, received) = TestSink::scripted("s", [Answer::Refuse]);
    let universe = with_sinks([sink]);
    record(&universe, 0..1);
    received.wait_for_attempts(1, PATIENCE);
    record(&universe, 1..11);
    let status = eventually("the settling of all traces", || {
        let status = universe.exporters().remove(0);
        (status.counts.delivered + status.counts.dead_lettered == 11).then_some(status)
    });
    assert!(status.counts.dead_lettered <= 1, "{status:?}");
    assert!(universe.all_traces().len() == 11, "a refusal takes nothing from the store");
    assert!(!universe.settled().spans.dropped.contains_key(&DropReason::DestRejected));
}

#[test]
fn without_a_store_sinks_get_every_trace_too() {
    let (sink, received) = TestSink::new("s");
    let universe = Universe::with(|builder| builder.no_store().overflow(WAIT).sink(sink));
    record(&universe, 0..100);
    assert_eq!(names(&received.wait_for(100, PATIENCE)), numbered(0..100));
}

#[test]
fn two_sinks_of_one_store_each_go_at_their_own_pace() {
    let slow = [Answer::Later; 3];
    let (slow, from_slow) = TestSink::scripted("slow", slow);
    let (quick, from_quick) = TestSink::new("quick");
    let universe = with_sinks([slow, quick]);
    record(&universe, 0..50);
    assert_eq!(names(&from_quick.wait_for(50, PATIENCE)), numbered(0..50));
    assert_eq!(names(&from_slow.wait_for(50, PATIENCE)), numbered(0..50));
}

/// Starts an engine on the store of this directory, with one sink that gives these answers first.
fn start(directory: &TempDir, name: &str, script: &[Answer]) -> (Spanloom, Received) {
    let (sink, received) = TestSink::scripted(name, script.iter().copied());
    (in_directory(directory).overflow(WAIT).sink(sink).start().expect("the store can be opened"), received)
}

#[test]
fn a_new_destination_gets_what_was_stored_before() {
    let directory = TempDir::new().expect("there is room for a directory");
    let (loom, received) = start(&directory, "old", &[]);
    record(&loom, 0..50);
    received.wait_for(50, PATIENCE);
    loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    let (loom, received) = start(&directory, "new", &[]);
    record(&loom, 50..60);
    assert_eq!(names(&received.wait_for(60, PATIENCE)), numbered(0..60));
    loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
}

#[test]
fn after_a_restart_a_destination_goes_on_where_it_stopped() {
    let directory = TempDir::new().expect("there is room for a directory");
    let (loom, received) = start(&directory, "s", &[]);
    record(&loom, 0..30);
    received.wait_for(30, PATIENCE);
    let report = loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    assert_eq!((report.delivered, report.left), (60, 0), "{report:?}");
    let (loom, received) = start(&directory, "s", &[]);
    record(&loom, 30..40);
    let traces = received.wait_for(10, PATIENCE);
    assert_eq!(names(&traces), numbered(30..40), "nothing of before comes again");
    loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
}

#[test]
fn what_a_destination_did_not_take_before_the_restart_it_gets_afterwards() {
    let directory = TempDir::new().expect("there is room for a directory");
    let (loom, received) = start(&directory, "s", &[Answer::Hang]);
    record(&loom, 0..10);
    received.wait_for_attempts(1, PATIENCE);
    let report = loom.shutdown_blocking(Duration::from_secs(2)).expect("everything is stored");
    assert_eq!((report.stored, report.left), (20, 20), "{report:?}");
    let (loom, received) = start(&directory, "s", &[]);
    assert_eq!(names(&received.wait_for(10, PATIENCE)), numbered(0..10));
    loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
}

#[test]
fn a_file_of_json_lines_has_every_trace_as_it_is_stored() {
    let directory = TempDir::new().expect("there is room for a directory");
    let file = directory.path().join("traces.jsonl");
    let universe = Universe::with(|builder| builder.overflow(WAIT).json_lines(&file));
    record(&universe, 0..20);
    let stored = universe.all_traces();
    let report = universe.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    assert_eq!((report.delivered, report.left), (40, 0), "{report:?}");
    let text = std::fs::read_to_string(&file).expect("the file was written");
    let lines: Vec<Trace> = text.lines().map(|line| Trace::from_json(line).expect("a line is a trace")).collect();
    assert_eq!(names(&lines), numbered(0..20));
    for trace in &lines {
        let stored = stored.iter().find(|stored| stored.info.trace_id == trace.info.trace_id).expect("it is stored");
        assert_eq!(trace.to_json(), stored.to_json());
    }
}

#[test]
fn two_sinks_of_one_name_are_refused_and_a_sink_into_the_stores_file_too() {
    let directory = TempDir::new().expect("a directory can be made");
    let ((one, _), (other, _)) = (TestSink::new("s"), TestSink::new("s"));
    let refused = Spanloom::builder().in_memory().sink(one).sink(other).start().expect_err("the names are equal");
    assert!(refused.to_string().contains("`s`"), "{refused}");
    assert!(matches!(refused, Error::Engine(EngineError::SinkNameTaken { ref name }) if name == "s"), "{refused:?}");
    let path = directory.path().join("traces.db");
    let refused = Spanloom::builder().store(&path).json_lines(&path).start().expect_err("it is the store's file");
    assert!(refused.to_string().contains("json_lines"), "{refused}");
    assert!(!path.exists(), "nothing was made");
}

#[test]
fn a_file_that_the_json_lines_sink_did_not_write_is_left_as_it_was() {
    let directory = TempDir::new().expect("a directory can be made");
    let path = directory.path().join("picture.ico");
    let content = [0, 0, 1, 0, 1, 0, 16, 16];
    std::fs::write(&path, content).expect("the directory can be written");
    let refused = Spanloom::builder().in_memory().json_lines(&path).start();
    assert!(refused.is_err());
    assert_eq!(std::fs::read(&path).expect("it is there"), content);
}
