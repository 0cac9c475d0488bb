//! From the end of a command to what is said of it and the exit code: 0 done, 1 not found or failed.
//!
//! Wrong usage is 2; `clap` says so itself, before a command runs.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use crate::error::CliError;
use crate::render::escape::escape;
use crate::render::style::{self, paint};

/// Says what went wrong, if anything did, and gives the exit code.
pub(crate) fn exit(outcome: Result<(), CliError>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // When stderr is gone too there is no one left to tell.
            let _ = anstream::stderr().write_all(report(&error).as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// The error, its causes, and what to do, a line each.
fn report(error: &CliError) -> String {
    let mut text = format!("{} {}\n", paint(style::BAD_STRONG, "error:"), escape(&error.to_string()));
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("  {} {}\n", paint(style::FAINT, "because:"), escape(&error.to_string())));
        cause = error.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("  {} {}\n", paint(style::GOOD, "try:"), escape(&hint)));
    }
    text
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn a_report_has_the_causes_and_what_to_do() {
        let error = CliError::NoTrace { id: "tr-\u{1b}".to_owned(), path: "a.db".into() };
        let expected = "error: there is no trace `tr-\\x1b` in the store `a.db`\n  try: `spanloom list --store a.db` shows what is there\n";
        assert_eq!(strip_str(&report(&error)).to_string(), expected);
        let error = CliError::read(std::io::Error::other("page 3 is damaged"));
        let expected = "error: the store cannot be read\n  because: page 3 is damaged\n";
        assert_eq!(strip_str(&report(&error)).to_string(), expected);
    }
}
