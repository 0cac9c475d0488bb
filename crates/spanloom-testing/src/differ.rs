//! Comparing a trace with the text that a test expects.

use spanloom_core::Trace;

use crate::tree::SpanTree;

/// Compares a trace with an indented text, which may be indented as a whole and begin and end with blank lines.
///
/// # Panics
/// When they differ; the message has both and points at the first line that differs.
#[track_caller]
pub fn assert_tree(trace: &Trace, expected: &str) {
    assert_same(&SpanTree::of(trace).to_string(), expected);
}

impl SpanTree<'_> {
    /// As [`assert_tree`], for a tree that was made with options.
    ///
    /// # Panics
    /// As [`assert_tree`].
    #[track_caller]
    pub fn assert_is(&self, expected: &str) {
        assert_same(&self.to_string(), expected);
    }
}

#[track_caller]
fn assert_same(found: &str, expected: &str) {
    let expected = dedent(expected);
    if found != expected {
        panic!("{}", complaint(found, &expected));
    }
}

/// Without the indentation that all lines share, and without blank lines at both ends.
fn dedent(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let shared = lines.iter().filter(|line| !line.is_empty()).map(indent).min().unwrap_or(0);
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(first, |at| at + 1);
    lines[first..last].iter().map(|line| format!("{}\n", line.get(shared..).unwrap_or(""))).collect()
}

fn complaint(found: &str, expected: &str) -> String {
    let differs = |(found, expected): (Option<&str>, Option<&str>)| found != expected;
    let (mut found_lines, mut expected_lines) = (found.lines(), expected.lines());
    let longest = found.lines().count().max(expected.lines().count());
    let pairs: Vec<_> = (0..longest).map(|_| (found_lines.next(), expected_lines.next())).collect();
    let at = pairs.iter().position(|pair| differs(*pair)).unwrap_or(0);
    let shown = |line: Option<&str>| line.map_or_else(|| "the end".to_owned(), |line| format!("`{line}`"));
    let (have, want) = pairs.get(at).copied().unwrap_or_default();
    format!(
        "the trace is not as expected from line {} on: {} instead of {}\nfound:\n{found}\nexpected:\n{expected}",
        at + 1,
        shown(have),
        shown(want),
    )
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    /// What a failed comparison says.
    #[track_caller]
    fn message(found: &'static str, expected: &'static str) -> String {
        let panic = catch_unwind(|| assert_same(found, expected)).expect_err("they differ");
        panic.downcast_ref::<String>().expect("a formatted message").clone()
    }

    #[test]
    fn indentation_of_the_expected_text_as_a_whole_does_not_count() {
        assert_same(
            "a OK\n    b OK\n\n    c OK\n",
            "

                a OK
                    b OK

                    c OK
            ",
        );
        assert_same("", "\n  ");
    }

    #[test]
    fn a_failure_points_at_the_first_line_that_differs_and_shows_both() {
        let text = message("a OK\n    b OK\n", "a OK\n    c OK");
        let first = text.lines().next().unwrap();
        assert_eq!(first, "the trace is not as expected from line 2 on: `    b OK` instead of `    c OK`");
        assert!(text.contains("found:\na OK\n    b OK\n") && text.contains("expected:\na OK\n    c OK\n"), "{text}");
    }

    #[test]
    fn a_missing_line_and_one_too_many_are_called_the_end() {
        assert!(message("a OK\n", "a OK\nb OK\n").contains("line 2 on: the end instead of `b OK`"));
        assert!(message("a OK\nb OK\n", "a OK\n").contains("line 2 on: `b OK` instead of the end"));
    }
}
