//! The part of a failed step's log that tells why it failed.

/// Longer excerpts push the rest of the run off the screen; the log has everything.
const MAX_LINES: usize = 80;
/// What is shown of a log in which no cause is found.
const TAIL_LINES: usize = 40;

/// The reports of failed tests, else the compiler's errors, else the end of the log.
pub(crate) fn excerpt(log: &str) -> Vec<String> {
    let lines: Vec<&str> = log.lines().collect();
    let mut found = test_failures(&lines);
    if found.is_empty() {
        found = from_first_error(&lines);
    }
    if found.is_empty() {
        found = lines[lines.len().saturating_sub(TAIL_LINES)..].to_vec();
    }
    shortened(&found)
}

/// Per test binary, what libtest prints between `failures:` and the binary's result.
fn test_failures<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in lines {
        inside |= *line == "failures:";
        if inside {
            found.push(*line);
        }
        inside &= !line.starts_with("test result: ");
    }
    found
}

fn from_first_error<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let is_error = |line: &&str| line.starts_with("error: ") || line.starts_with("error[");
    lines.iter().position(is_error).map_or_else(Vec::new, |first| lines[first..].to_vec())
}

fn shortened(lines: &[&str]) -> Vec<String> {
    let mut shown: Vec<String> = lines.iter().take(MAX_LINES).map(|line| (*line).to_owned()).collect();
    if let Some(rest @ 1..) = lines.len().checked_sub(MAX_LINES) {
        shown.push(format!("… {rest} more lines in the log"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tests_come_before_all_else() {
        let log = "error: noise\nrunning 1 test\ntest a ... FAILED\n\nfailures:\n\n---- a stdout ----\nleft: 1\n\ntest result: FAILED.\nerror: test failed";
        assert_eq!(excerpt(log), ["failures:", "", "---- a stdout ----", "left: 1", "", "test result: FAILED."]);
    }

    #[test]
    fn compiler_errors_start_at_the_first() {
        assert_eq!(
            excerpt("   Compiling x\nerror[E0308]: mismatched types\n --> src"),
            ["error[E0308]: mismatched types", " --> src"]
        );
    }

    #[test]
    fn log_without_a_known_cause_shows_its_end() {
        let log = (0..100).map(|n| format!("line {n}\n")).collect::<String>();
        let shown = excerpt(&log);
        assert_eq!((shown.len(), shown[0].as_str()), (TAIL_LINES, "line 60"));
    }

    #[test]
    fn long_excerpt_says_how_much_was_cut() {
        let log = format!("error: many\n{}", "more\n".repeat(MAX_LINES));
        assert_eq!(excerpt(&log).last().map(String::as_str), Some("… 1 more lines in the log"));
    }
}
