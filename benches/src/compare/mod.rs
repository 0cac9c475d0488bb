//! Spanloom beside its peers: the same work, done through each one's own API.
//!
//! ```text
//! table ──► rounds: for each workload, for each engine ──► child process ──► cell ──► shapes ──► Engine
//!   ▲                                                           │ name=value
//!   └──────────── medians, ratios of the same round ◄───────────┘
//! ```
//!
//! A ratio compares an engine with the better of fastrace's two kinds of span *in the same round*, so that a slow
//! minute of the machine counts for both. An engine is added with an implementation of `engine::Engine`
//! and a line in `engines/mod.rs`.

mod args;
mod cell;
mod column;
mod engine;
mod engines;
mod rounds;
mod shapes;
mod table;
mod workload;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::child;
use crate::tell::tell;
use args::{Args, Part};

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.part {
        Some(Part::Cell { workload, engine }) => {
            child::answer(&engines::find(&engine).measure(workload, &args.options))
        }
        // `cargo test --all-targets` starts benches without `--bench`: they must not measure then.
        None if !args.bench => Args::command().print_help(),
        None => table::write(&mut io::stdout().lock(), &rounds::run(&args)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("the output could not be written: {error}"));
            ExitCode::FAILURE
        }
    }
}
