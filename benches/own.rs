//! Spanloom's own figures: what each message costs, what a live span weighs, what the store takes, what idling costs.
//!
//! Claims and baselines: the goals in the tables, explained in this crate's `README.md`.
//! Run: `cargo bench -p spanloom-benches --bench own -- --figures messages,store`.

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    spanloom_benches::own::main()
}

#[cfg(not(unix))]
fn main() {
    panic!("the benchmarks need the CPU clocks of a Unix system");
}
