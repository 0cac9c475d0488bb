//! Lines to whoever started this program.

use std::io::Write;

/// Writes a line in one piece.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that is gone has heard enough; the task goes on all the same.
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}
