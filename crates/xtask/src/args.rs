//! The command line, as types.

use clap::{Parser, Subcommand};

/// Tasks of this workspace.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Task {
    /// Sets up what the tests need and runs them all.
    Test(Options),
    /// Runs everything a change must pass: formatting, lints, tests, documentation, examples.
    Ci(Options),
    /// Builds and runs every example, and compares what it prints with what its documentation says.
    Examples,
}

#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Options {
    /// Also runs the heavier tiers: ignored tests, more cases per property, miri, the tests as optimised code.
    #[arg(long)]
    long: bool,
}

impl Options {
    pub(crate) fn depth(self) -> Depth {
        if self.long { Depth::Long } else { Depth::Standard }
    }
}

/// How much of the tests a run covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What a change must pass.
    Standard,
    /// What is run every night.
    Long,
}
