//! The arguments of every command; nothing but what `clap` needs to know.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::trace_choice::TraceChoice;

/// Look at recorded traces of GenAI programs, or record some to look at.
#[derive(Debug, Parser)]
#[command(name = "spanloom", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Data goes to stdout, the rest to stderr. Exit codes: 0 done, 1 not found or failed, 2 wrong usage."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a traced agent that answers questions about documents, without any network
    Demo(Demo),
    /// List the traces of a store, the running ones on top, then the newest first
    List(List),
    /// Show one trace as a tree of spans with a timeline
    Show(Show),
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The file that the traces are written to; it is made when it does not exist
    #[arg(long, value_name = "PATH", default_value = "traces.db")]
    pub(crate) store: PathBuf,
    /// Also send the traces to the MLflow tracking server at this address
    #[arg(long, value_name = "URL")]
    pub(crate) mlflow: Option<String>,
    /// How many questions to ask; each becomes one trace
    #[arg(long, value_name = "N", default_value = "40")]
    pub(crate) traces: NonZeroUsize,
    /// How many threads run agents, and as many again search [default: the number of cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Answer from the .md and .txt files of this directory instead of the built-in documentation
    #[arg(long, value_name = "DIR")]
    pub(crate) docs: Option<PathBuf>,
    /// Print one JSON object instead of the tree and the summary
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) store: Store,
    /// How many traces at most
    #[arg(long, value_name = "N", default_value = "50", conflicts_with = "all")]
    pub(crate) limit: NonZeroUsize,
    /// List every trace
    #[arg(long)]
    pub(crate) all: bool,
    /// Print one JSON object a line, with the keys of MLflow's trace info, the newest first
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A trace id or its first digits, with or without `tr-`; or `last` for the newest trace
    #[arg(value_name = "ID")]
    pub(crate) trace: TraceChoice,
    #[command(flatten)]
    pub(crate) store: Store,
    /// Show every span, also of parents with very many
    #[arg(long)]
    pub(crate) all: bool,
    /// Print the trace as MLflow's trace JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which store to read.
#[derive(Debug, Args)]
pub(crate) struct Store {
    /// The store to read [default: spanloom.db, or the demo's traces.db where there is only that]
    #[arg(long = "store", value_name = "PATH", env = "SPANLOOM_STORE", hide_env_values = true)]
    given: Option<PathBuf>,
}

impl Store {
    /// Where programs put their traces unless told otherwise.
    const DEFAULT: &str = "spanloom.db";
    /// Where the demo does.
    const DEMO: &str = "traces.db";

    /// The store that was named; without one, the default that is there.
    pub(crate) fn path(&self) -> &Path {
        let [default, demo] = [Self::DEFAULT, Self::DEMO].map(Path::new);
        let only_demo = !default.exists() && demo.exists();
        self.given.as_deref().unwrap_or(if only_demo { demo } else { default })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }
}
