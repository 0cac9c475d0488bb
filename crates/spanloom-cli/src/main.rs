#![doc = include_str!("../README.md")]

mod agent;
mod args;
mod commands;
mod error;
mod exit;
mod output;
mod render;
mod trace_choice;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    exit::exit(commands::run(arguments.command))
}
