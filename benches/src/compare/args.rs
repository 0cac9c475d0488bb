//! The command line.

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum};

use super::engines;
use super::workload::Workload;

/// Measures Spanloom and its peers side by side, each cell in a child process, and prints medians (min..max).
#[derive(Debug, Parser)]
#[command(name = "compare")]
pub(super) struct Args {
    /// Workloads, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = Workload::value_variants().to_vec())]
    pub(super) workloads: Vec<Workload>,
    /// Engines, separated by commas; all by default.
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(engines::names()))]
    pub(super) engines: Vec<String>,
    /// How often every cell is run; the rounds are interleaved.
    #[arg(long, default_value_t = 5)]
    pub(super) rounds: usize,
    #[command(flatten)]
    pub(super) options: CellOptions,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    pub(super) bench: bool,
    #[command(subcommand)]
    pub(super) part: Option<Part>,
}

impl Args {
    /// Whether this engine is to be measured.
    pub(super) fn wants(&self, engine: &str) -> bool {
        self.engines.is_empty() || self.engines.iter().any(|wanted| wanted == engine)
    }
}

/// What a single cell needs to know.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct CellOptions {
    /// Milliseconds that a cell of repeated samples takes at least.
    #[arg(long, global = true, default_value_t = 250)]
    pub(super) ms: u64,
    /// Live spans of workload `i`.
    #[arg(long, global = true, default_value_t = 1_000_000)]
    pub(super) live: usize,
    /// Nanoseconds of CPU that the sink of `h-slow` spends on a span.
    #[arg(long, global = true, default_value_t = 2_000)]
    pub(super) slow_ns: u64,
}

impl CellOptions {
    /// The same as arguments.
    pub(super) fn to_arguments(&self) -> Vec<String> {
        let pairs = [("--ms", self.ms), ("--live", self.live as u64), ("--slow-ns", self.slow_ns)];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_string()]).collect()
    }
}

/// What the child processes are asked for.
#[derive(Debug, Subcommand)]
pub(super) enum Part {
    /// Runs one workload with one engine in this process and prints `name=value` lines.
    Cell {
        /// The workload.
        workload: Workload,
        /// The engine.
        #[arg(value_parser = PossibleValuesParser::new(engines::names()))]
        engine: String,
    },
}
