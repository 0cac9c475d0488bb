//! Benchmarks of Spanloom.
//!
//! | command | module | answers |
//! |---|---|---|
//! | `cargo bench -p spanloom-benches --bench compare` | [`compare`] | what a span costs, beside the peers in the same run |
//! | `cargo bench -p spanloom-benches --bench own` | [`own`] | what each message costs, what a live span weighs, what the store takes |
//!
//! Every measurement runs in a child process of its own (`child`), rounds are interleaved, and what is shown is the
//! median with the smallest and the largest value (`spread`). Needs the CPU clocks of a Unix system.
#![cfg(unix)]

mod child;
mod clock;
pub mod compare;
mod loom;
mod memory;
pub mod own;
mod spread;
mod stand_in;
mod tell;
