//! What a span costs in Spanloom and in its peers, measured side by side.
//!
//! Claims: the figures of the table in this crate's `README.md`. Baseline: fastrace, in the same run.
//! Run: `cargo bench -p spanloom-benches --bench compare -- --workloads a,b,h`.

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    spanloom_benches::compare::main()
}

#[cfg(not(unix))]
fn main() {
    panic!("the benchmarks need the CPU clocks of a Unix system");
}
