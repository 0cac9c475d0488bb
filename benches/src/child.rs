//! One measurement in a process of its own: no engine sees the threads, the heap or the warm caches of another.
//!
//! The parent starts its own executable with the arguments of one measurement; the child prints `name=value` pairs.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::{Command, Stdio};

/// What one measurement found, by the name of the reading; empty when it does not apply.
pub(crate) type Readings = BTreeMap<String, f64>;

/// Why a measurement gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChildError {
    /// The process did not start, or its output was lost.
    #[error("the measurement `{arguments}` could not run")]
    Spawn {
        /// How it was started.
        arguments: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It ended with a failure.
    #[error("the measurement `{arguments}` ended with {status}: {stderr}")]
    Failed {
        /// How it was started.
        arguments: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said.
        stderr: String,
    },
}

/// Runs this executable with these arguments and reads what it prints.
pub(crate) fn run(arguments: &[String]) -> Result<Readings, ChildError> {
    let joined = arguments.join(" ");
    let output = std::env::current_exe()
        .and_then(|exe| Command::new(exe).args(arguments).stdin(Stdio::null()).output())
        .map_err(|source| ChildError::Spawn { arguments: joined.clone(), source })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(ChildError::Failed { arguments: joined, status: output.status, stderr });
    }
    Ok(parse(&String::from_utf8_lossy(&output.stdout)))
}

/// Prints what was measured, for the parent.
pub(crate) fn answer(readings: &Readings) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (name, value) in readings {
        writeln!(out, "{name}={value}")?;
    }
    out.flush()
}

fn parse(output: &str) -> Readings {
    let pairs = output.lines().filter_map(|line| line.split_once('='));
    pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn pairs_are_read_and_other_lines_are_not() {
        let readings = parse("fg=12.5\nsomething else\nlost=0\nname=text\n");
        assert_eq!(readings.into_iter().collect::<Vec<_>>(), [("fg".to_owned(), 12.5), ("lost".to_owned(), 0.0)]);
    }
}
