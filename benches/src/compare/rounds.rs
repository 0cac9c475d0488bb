//! Runs every cell as often as asked, round by round.

use super::args::Args;
use super::cell::Cells;
use super::engines;
use super::workload::Workload;
use crate::child::{self, Readings};
use crate::tell::tell;

/// Everything that was measured of one workload.
#[derive(Debug)]
pub(super) struct WorkloadResults {
    /// The workload.
    pub(super) workload: Workload,
    /// By engine, in the order of the list; one entry per round, empty where nothing was measured.
    pub(super) engines: Vec<(&'static str, Vec<Readings>)>,
}

/// Runs all cells. The order of the engines rotates, so that none always runs in the same place.
pub(super) fn run(args: &Args) -> Vec<WorkloadResults> {
    let cells: Vec<Cells> = engines::ALL.iter().copied().filter(|cells| args.wants(cells.name)).collect();
    let empty = |workload: &Workload| WorkloadResults {
        workload: *workload,
        engines: cells.iter().map(|cells| (cells.name, vec![Readings::new(); args.rounds])).collect(),
    };
    let mut results: Vec<WorkloadResults> = args.workloads.iter().map(empty).collect();
    for round in 0..args.rounds {
        for result in &mut results {
            for place in 0..cells.len() {
                let (engine, readings) = &mut result.engines[(place + round) % cells.len()];
                readings[round] = measure(result.workload, engine, args);
            }
        }
        tell(&format!("round {} of {} done", round + 1, args.rounds));
    }
    results
}

fn measure(workload: Workload, engine: &str, args: &Args) -> Readings {
    let mut arguments = vec!["cell".to_owned(), workload.to_string(), engine.to_owned()];
    arguments.extend(args.options.to_arguments());
    child::run(&arguments).unwrap_or_else(|error| {
        tell(&error.to_string());
        Readings::new()
    })
}
