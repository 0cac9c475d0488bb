//! Promises to the process as a whole, each tested on a program of its own: `victim`, see `tests/victim/main.rs`.
//!
//! The tests are the oracle: what they know of a run comes from the lines that the program wrote before its end, and from
//! the plan that both sides compute. A test prints `PROMISE <id> ok …` with its figures.

mod carrying;
mod config;
#[cfg(target_os = "linux")]
mod disk;
mod exit;
mod fork;
mod kill9;
mod ledger;
mod oracle;
#[path = "../../victim/plan.rs"]
mod plan;
mod program;
mod quiet;
mod runtimes;
mod threads_fds;
mod two_processes;

/// Says that a promise was kept, with figures.
#[expect(clippy::print_stdout, reason = "the test runner shows it on demand")]
fn kept(promise: &str, figures: &str) {
    println!("PROMISE {promise} ok {figures}");
}
