//! Progress of a program with a terminal.

/// Says how it goes, on standard error: what was measured goes to standard output.
#[expect(clippy::print_stderr, reason = "progress of a program with a terminal")]
pub(crate) fn tell(line: &str) {
    eprintln!("{line}");
}
