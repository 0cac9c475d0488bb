//! The workspace's tasks, run as `cargo xtask <task>`.
//!
//! A task is a list of named steps (`steps`), planned from what the workspace holds (`workspace`) and what is
//! installed (`tools`). The `runner` runs one after the other, each with its output in a log of its own, and the
//! `summary` adds up what they said.
//!
//! # Invariants
//! - The last line on stdout is `N passed, N failed, N skipped`.
//! - The exit code is 0 exactly if nothing failed.
//! - A step that cannot run is printed with its reason and counts as skipped; nothing is left out in silence.

mod args;
mod call;
mod error;
mod excerpt;
mod libtest;
mod process;
mod progress;
mod promise;
mod runner;
mod steps;
mod summary;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    args::{Args, Task},
    error::Error,
    runner::Runner,
    steps::Step,
    summary::Summary,
    tools::Tools,
    workspace::Workspace,
};

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(summary) => {
            print!("{summary}");
            ExitCode::from(u8::from(summary.has_failed()))
        }
        Err(error) => {
            eprintln!("error: {}", error.with_causes());
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<Summary, Error> {
    let workspace = Workspace::load()?;
    let steps = plan(args, &workspace, &Tools::detect());
    let runner = Runner::new(&workspace)?;
    let mut summary = Summary::default();
    for step in &steps {
        let report = runner.run(step)?;
        println!("{report}");
        summary.add(report);
    }
    Ok(summary)
}

fn plan(args: &Args, workspace: &Workspace, tools: &Tools) -> Vec<Step> {
    match args.task {
        Task::Test(options) => steps::test(workspace, tools, options.depth()),
        Task::Ci(options) => steps::ci(workspace, tools, options.depth()),
        Task::Examples => steps::examples(workspace),
    }
}
