//! Spans that nothing records.

use spanloom::{SpanEvent, SpanId, SpanStatus, TraceId, current_span, start_span};

/// Every call is allowed, and leaves nothing behind.
pub(crate) fn check() {
    assert!(spanloom::global().is_none(), "nothing is installed");
    let span = start_span("guard");
    assert!(!span.is_recording());
    assert_eq!((span.trace_id(), span.span_id()), (TraceId::INVALID, SpanId::INVALID));
    assert!(current_span().is_none(), "an inert span is not current");
    span.set_inputs("in");
    span.set_outputs_owned(vec!["out"]);
    span.set_attribute("key", 1);
    span.add_event(SpanEvent::new("event"));
    span.record_error("an error");
    span.set_status(SpanStatus::Ok);
    let child = span.child("child").attribute("key", 1).start();
    assert!(!child.is_recording() && !child.clone().is_recording());
    {
        let _active = child.enter();
        assert!(current_span().is_none());
        spanloom::update_current_trace(|trace| trace.tag("key", "value"));
    }
    child.end();
    drop(span);
    std::thread::spawn(move || drop(child)).join().expect("handles may drop anywhere");
    assert!(spanloom::last_active_trace_id().is_none());
}

const SPANS: usize = 300_000;
/// What the process may grow by, in KiB, whatever the number of spans.
const GROWTH_KIB: u64 = 512;

/// Many spans start no thread, open no file and keep no memory.
pub(crate) fn check_cost() {
    let before = (entries("/proc/self/task"), entries("/proc/self/fd"), peak_kib());
    for number in 0..SPANS {
        let span = start_span("inert");
        span.set_attribute("number", number);
        span.child("part").start().end();
    }
    let after = (entries("/proc/self/task"), entries("/proc/self/fd"), peak_kib());
    assert_eq!((after.0, after.1), (before.0, before.1), "threads and files");
    assert!(after.2 <= before.2 + GROWTH_KIB, "{} KiB after {SPANS} spans, {} before", after.2, before.2);
}

/// 0 where there is no `/proc`.
fn entries(directory: &str) -> usize {
    std::fs::read_dir(directory).map_or(0, Iterator::count)
}

/// The most memory that the process ever had; 0 where there is no `/proc`.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(0)
}
