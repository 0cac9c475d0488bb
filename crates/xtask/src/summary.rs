//! What the steps came to: a verdict per step, and the sum that closes a run.

use std::{fmt, path::PathBuf, time::Duration};

use crate::{libtest::Tally, process::End, promise, steps::Goal};

/// What one step came to.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    pub(crate) counts: Counts,
    pub(crate) elapsed: Duration,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed(Failure),
    /// With the reason.
    Skipped(String),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) failing: Vec<String>,
    pub(crate) excerpt: Vec<String>,
    pub(crate) log: PathBuf,
}

/// Tests, where a step runs tests; else steps.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Counts {
    pub(crate) const SKIPPED_STEP: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// What a passed step says about its tests; nothing where the step itself is all that was counted.
    fn tests(self) -> String {
        match (self.passed, self.skipped) {
            (0 | 1, 0) => String::new(),
            (1, ignored) => format!(", 1 test, {ignored} ignored"),
            (passed, 0) => format!(", {passed} tests"),
            (passed, ignored) => format!(", {passed} tests, {ignored} ignored"),
        }
    }
}

/// Judges a step by how its program ended and what it counted: the counts, and the reason if it failed.
pub(crate) fn judge(goal: &Goal, end: &End, tally: &Tally, output: &str) -> (Counts, Option<String>) {
    let reason = match end {
        End::Succeeded => no_tests(goal, tally).or_else(|| broken_promise(goal, output)),
        End::Failed(status) => Some(status.clone()),
        End::TimedOut(limit) => Some(format!("killed at its time limit of {}", Seconds(*limit))),
        End::NotStarted(error) => Some(format!("could not be started: {error}")),
    };
    let counts = match goal {
        Goal::Tests => {
            // A step can fail outside its tests, by not compiling for example: that is one failure too.
            let failed = tally.failed().max(u64::from(reason.is_some()));
            Counts { passed: tally.passed, failed, skipped: tally.ignored }
        }
        Goal::Success | Goal::Prints(_) | Goal::Installs => {
            Counts { passed: u64::from(reason.is_none()), failed: u64::from(reason.is_some()), skipped: 0 }
        }
    };
    (counts, reason)
}

/// A filter that matches nothing must not look like success.
fn no_tests(goal: &Goal, tally: &Tally) -> Option<String> {
    let none = *goal == Goal::Tests && tally.passed + tally.failed() + tally.ignored == 0;
    none.then(|| "ran no tests".to_owned())
}

/// An example prints what its documentation says.
fn broken_promise(goal: &Goal, output: &str) -> Option<String> {
    let Goal::Prints(promised) = goal else { return None };
    promise::broken(promised, output)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, elapsed) = (&self.name, Seconds(self.elapsed));
        match &self.verdict {
            Verdict::Passed => write!(f, "passed: {name}{} ({elapsed})", self.counts.tests()),
            Verdict::Skipped(reason) => write!(f, "skipped: {name} ({reason})"),
            Verdict::Failed(failure) => {
                write!(f, "FAILED: {name} ({elapsed}): {}", failure.reason)?;
                failure.excerpt.iter().try_for_each(|line| write!(f, "\n    {line}"))?;
                write!(f, "\n    log: {}", failure.log.display())
            }
        }
    }
}

struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}

/// The sum of all reports. As text: what failed, then the counts, which are the last line.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    counts: Counts,
    failures: Vec<String>,
}

impl Summary {
    pub(crate) fn add(&mut self, report: Report) {
        self.counts.passed += report.counts.passed;
        self.counts.failed += report.counts.failed;
        self.counts.skipped += report.counts.skipped;
        if let Verdict::Failed(failure) = report.verdict {
            self.failures.push(format!("{}: {}", report.name, failure.reason));
            self.failures.extend(failure.failing.iter().map(|test| format!("  {test}")));
        }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.counts.failed > 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.failures.is_empty() {
            writeln!(f, "failed:")?;
            self.failures.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        let Counts { passed, failed, skipped } = self.counts;
        writeln!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        tally
    }

    const TWO_OF_THREE: &str = "running 3 tests\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured";

    #[track_caller]
    fn check(goal: Goal, end: End, output: &str, counts: (u64, u64, u64), reason: Option<&str>) {
        let (passed, failed, skipped) = counts;
        let expected = (Counts { passed, failed, skipped }, reason.map(str::to_owned));
        assert_eq!(judge(&goal, &end, &tally(output), output), expected);
    }

    #[test]
    fn tests_count_one_by_one() {
        check(Goal::Tests, End::Succeeded, TWO_OF_THREE, (2, 0, 1), None);
    }

    #[test]
    fn other_steps_count_as_one() {
        check(Goal::Success, End::Succeeded, "", (1, 0, 0), None);
        check(Goal::Success, End::Failed("exit status: 1".into()), "", (0, 1, 0), Some("exit status: 1"));
    }

    #[test]
    fn example_that_does_not_print_what_it_promises_fails() {
        let goal = || Goal::Prints(vec!["a".to_owned(), "b".to_owned()]);
        check(goal(), End::Succeeded, "a\nx\nb", (1, 0, 0), None);
        let reason = "its documentation promises the line `b`";
        check(goal(), End::Succeeded, "b\na", (0, 1, 0), Some(reason));
    }

    #[test]
    fn test_step_that_fails_without_a_failed_test_counts_one() {
        check(Goal::Tests, End::Failed("exit status: 101".into()), TWO_OF_THREE, (2, 1, 1), Some("exit status: 101"));
    }

    #[test]
    fn test_step_without_tests_fails() {
        check(Goal::Tests, End::Succeeded, "", (0, 1, 0), Some("ran no tests"));
    }

    #[test]
    fn ignored_tests_are_told() {
        let counts = Counts { passed: 2, failed: 0, skipped: 1 };
        let report = Report { name: "tests".into(), verdict: Verdict::Passed, counts, elapsed: Duration::ZERO };
        assert_eq!(report.to_string(), "passed: tests, 2 tests, 1 ignored (0.0 s)");
    }

    #[test]
    fn time_limit_is_named() {
        let end = End::TimedOut(Duration::from_secs(60));
        check(Goal::Success, end, "", (0, 1, 0), Some("killed at its time limit of 60.0 s"));
    }

    #[test]
    fn last_line_is_the_sum() {
        let mut summary = Summary::default();
        let failure =
            Failure { reason: "exit status: 101".into(), failing: vec!["it: shutdown".into()], ..Failure::default() };
        let counts = Counts { passed: 7, failed: 1, skipped: 2 };
        let report = |verdict, counts| Report { name: "tests".into(), verdict, counts, elapsed: Duration::ZERO };
        summary.add(report(Verdict::Failed(failure), counts));
        summary.add(report(Verdict::Skipped("no miri".into()), Counts::SKIPPED_STEP));
        assert!(summary.has_failed());
        let text = "failed:\n  tests: exit status: 101\n    it: shutdown\n7 passed, 1 failed, 3 skipped\n";
        assert_eq!(summary.to_string(), text);
    }
}
