//! The command line.

use clap::{Parser, Subcommand, ValueEnum};

use super::figure::Figure;

/// Measures Spanloom alone, each figure in a child process, and prints medians (min..max) beside the goals.
#[derive(Debug, Parser)]
#[command(name = "own")]
pub(super) struct Args {
    /// Figures, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = Figure::value_variants().to_vec())]
    pub(super) figures: Vec<Figure>,
    /// How often every figure is taken; the rounds are interleaved.
    #[arg(long, default_value_t = 3)]
    pub(super) rounds: usize,
    #[command(flatten)]
    pub(super) sizes: Sizes,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    pub(super) bench: bool,
    #[command(subcommand)]
    pub(super) part: Option<Part>,
}

/// How big the measurements are.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Sizes {
    /// Live spans of `live`, in 100 traces.
    #[arg(long, global = true, default_value_t = 1_000_000)]
    pub(super) live: u64,
    /// Spans of `store` and `store-drop-trace`, a hundred in a trace.
    #[arg(long, global = true, default_value_t = 1_000_000)]
    pub(super) spans: u64,
    /// Traces of `causal`.
    #[arg(long, global = true, default_value_t = 120_000)]
    pub(super) traces: u64,
    /// Seconds that each reading of `idle` takes.
    #[arg(long, global = true, default_value_t = 2)]
    pub(super) idle_s: u64,
}

impl Sizes {
    /// The same as arguments.
    pub(super) fn to_arguments(&self) -> Vec<String> {
        let pairs =
            [("--live", self.live), ("--spans", self.spans), ("--traces", self.traces), ("--idle-s", self.idle_s)];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_string()]).collect()
    }
}

/// What the child processes are asked for.
#[derive(Debug, Subcommand)]
pub(super) enum Part {
    /// Takes one figure in this process and prints `name=value` lines.
    Figure {
        /// The figure.
        figure: Figure,
    },
}
