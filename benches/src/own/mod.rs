//! Figures of Spanloom alone, against the goals it has set itself.

mod args;
mod causal;
mod figure;
mod idle;
mod inert;
mod live;
mod messages;
mod stored;
mod table;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::child::{self, Readings};
use crate::tell::tell;
use args::{Args, Part};
use figure::Figure;

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.part {
        Some(Part::Figure { figure }) => child::answer(&figure.measure(&args.sizes)),
        // `cargo test --all-targets` starts benches without `--bench`: they must not measure then.
        None if !args.bench => Args::command().print_help(),
        None => table::write(&mut io::stdout().lock(), &rounds(&args)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("the output could not be written: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Every figure as often as asked, round by round.
fn rounds(args: &Args) -> Vec<(Figure, Vec<Readings>)> {
    let mut results: Vec<(Figure, Vec<Readings>)> = args.figures.iter().map(|figure| (*figure, Vec::new())).collect();
    for round in 1..=args.rounds {
        for (figure, rounds) in &mut results {
            let mut arguments = vec!["figure".to_owned(), figure.to_string()];
            arguments.extend(args.sizes.to_arguments());
            match child::run(&arguments) {
                Ok(readings) => rounds.push(readings),
                Err(error) => tell(&error.to_string()),
            }
        }
        tell(&format!("round {round} of {} done", args.rounds));
    }
    results
}
