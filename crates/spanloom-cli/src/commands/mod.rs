//! The commands, each a function from its arguments to a result.

mod demo;
mod list;
mod show;

use std::path::Path;

use spanloom_store::Reader;

use crate::args::Command;
use crate::error::CliError;
use crate::output::Output;

/// Runs a command. What it says is on its way when this returns.
pub(crate) fn run(command: Command) -> Result<(), CliError> {
    let mut output = Output::new();
    match command {
        Command::Demo(arguments) => demo::run(&arguments, &mut output)?,
        Command::List(arguments) => list::run(&arguments, &mut output)?,
        Command::Show(arguments) => show::run(&arguments, &mut output)?,
    }
    Ok(output.finish()?)
}

/// The reader of a store that must exist.
fn open(path: &Path) -> Result<Reader, CliError> {
    if path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Err(CliError::NoStore { path: path.to_owned() });
    }
    Reader::open(path).map_err(CliError::read)
}
