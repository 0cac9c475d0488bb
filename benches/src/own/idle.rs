//! CPU of an engine with a store while nothing happens.

use std::time::{Duration, Instant};

use spanloom::Spanloom;
use tempfile::TempDir;

use super::figure::{Goal, Reading};
use crate::child::Readings;
use crate::clock;
use crate::loom;

/// What starting up and the first trace set in motion has come to rest after this.
const SETTLE: Duration = Duration::from_millis(500);

pub(super) fn readings() -> Vec<Reading> {
    vec![
        Reading::new("empty", "nothing open: CPU, % of a core", Goal::AtMost(0.3)),
        Reading::new("open", "one span open: CPU, % of a core", Goal::AtMost(0.3)),
    ]
}

pub(super) fn measure(seconds: u64) -> Readings {
    let directory = TempDir::new().expect("the directory for temporary files is writable");
    let loom = Spanloom::builder().store(directory.path().join("traces.db")).start().expect("what was set is valid");
    drop(loom.root_span("first").start());
    loom::flush(&loom);
    let time = Duration::from_secs(seconds);
    let empty = percent_of_a_core(time);
    let open = loom.root_span("open").start();
    let one_open = percent_of_a_core(time);
    drop(open);
    Readings::from([("empty".to_owned(), empty), ("open".to_owned(), one_open)])
}

fn percent_of_a_core(time: Duration) -> f64 {
    clock::rest(SETTLE);
    let (cpu, start) = (clock::process_cpu_ns(), Instant::now());
    clock::rest(time);
    100.0 * (clock::process_cpu_ns() - cpu) as f64 / clock::since(start) as f64
}
