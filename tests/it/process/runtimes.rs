//! P05: flush, shutdown and the last drop end in time, whoever calls, and whatever destinations do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::kept;
use super::program::Program;

const PLACES: [&str; 14] = [
    "no-runtime",
    "current-thread",
    "one-worker",
    "four-workers",
    "actix-system",
    "spawn-blocking",
    "unwinding",
    "panic-hook",
    "thread-exit",
    "dead-runtime",
    "second",
    "concurrent",
    "sink",
    "serializer",
];
const DEADLINE: Duration = Duration::from_millis(300);
/// The drop's own.
const DROP_DEADLINE: Duration = Duration::from_secs(5);
/// Beyond the deadline: the promise, and what a busy machine adds to it.
const GRACE: Duration = Duration::from_millis(250);
const NOISE: Duration = Duration::from_millis(1_000);
/// Most of them wait most of the time.
const AT_ONCE: usize = 8;

/// Makes one call from every place.
fn check(verb: &str, answer: &str, deadline: Duration) {
    let next = AtomicUsize::new(0);
    let slowest = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    let places = std::iter::from_fn(|| PLACES.get(next.fetch_add(1, Ordering::Relaxed)));
                    places.map(|place| call(verb, place, answer, deadline)).max().unwrap_or_default()
                })
            })
            .collect();
        let slowest = workers.into_iter().map(|worker| worker.join().expect("every call ends in time"));
        slowest.max().expect("there are workers")
    });
    let places = PLACES.len();
    kept("P05", &format!("n={places} verb={verb} destination={answer} slowest_ms={}", slowest.as_millis()));
}

/// How long the slowest of the calls took.
fn call(verb: &str, place: &str, answer: &str, deadline: Duration) -> Duration {
    let directory = tempfile::tempdir().expect("a directory");
    let program = Program::new("call", directory.path()).option("verb", verb).option("from", place);
    let ended = program.option("answer", answer).option("deadline", DEADLINE.as_millis()).run();
    ended.expect_success();
    assert_eq!(ended.lines.last().map(String::as_str), Some("DONE"), "{place}: {}", ended.stderr);
    let calls = ended.said("TOOK").into_iter().map(|line| {
        let (ms, outcome) = line.split_once(' ').expect("a time and an outcome");
        let took = Duration::from_millis(ms.parse().expect("milliseconds"));
        assert!(took <= deadline + GRACE + NOISE, "{verb} from {place}, destination {answer}: {took:?}, {outcome}");
        // Only the engine's own threads are told to let someone else wait.
        let reentrant = matches!(place, "sink" | "serializer");
        let flushes = verb.starts_with("flush");
        assert!(reentrant || !(flushes || answer == "ok") || outcome == "ok", "{verb} from {place}: {outcome}");
        took
    });
    calls.max().expect("the call was made")
}

#[test]
fn flush_ends_in_time_from_everywhere() {
    for answer in ["ok", "pending", "blocked"] {
        check("flush", answer, DEADLINE);
        check("flush-awaited", answer, DEADLINE);
    }
}

#[test]
fn shutdown_ends_in_time_from_everywhere() {
    for answer in ["ok", "pending", "blocked"] {
        check("shutdown", answer, DEADLINE);
        check("shutdown-awaited", answer, DEADLINE);
    }
}

#[test]
fn the_last_drop_ends_in_time_from_everywhere() {
    for answer in ["ok", "pending", "blocked"] {
        check("drop", answer, DROP_DEADLINE);
    }
}
