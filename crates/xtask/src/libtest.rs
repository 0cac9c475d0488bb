//! Reads what `cargo test` prints, line by line, and keeps count.
//!
//! The counts come from the `test result:` line that ends each test binary. A binary that announced its tests and
//! never wrote that line has crashed, and counts as one failed test. The lines of single tests serve the progress
//! display and the names of what failed.

/// The counts so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    failed: u64,
    pub(crate) ignored: u64,
    /// Tests that the binaries started so far have announced.
    pub(crate) announced: u64,
    /// Tests that have reported an end.
    pub(crate) done: u64,
    /// `binary: test` of each failed test.
    failing: Vec<String>,
    /// Started binaries without a result: the one that runs, and those that crashed before it.
    unfinished: Vec<String>,
    binary: String,
}

impl Tally {
    /// Takes note of one line of output.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(counts) = line.strip_prefix("test result: ").and_then(counts) {
            self.end_binary(counts);
        } else if let Some((name, outcome)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ")) {
            self.end_test(name, outcome);
        } else if let Some(tests) = line.strip_prefix("running ").and_then(announced) {
            self.announced += tests;
            self.unfinished.push(self.binary.clone());
        } else if let Some(binary) = binary(line) {
            self.binary = binary.to_owned();
        }
    }

    /// Failed tests, and binaries that crashed.
    pub(crate) fn failed(&self) -> u64 {
        self.failed + self.unfinished.len() as u64
    }

    /// What to call them.
    pub(crate) fn failing(&self) -> Vec<String> {
        let crashed = self.unfinished.iter().map(|binary| format!("{binary}: ended before its tests did"));
        self.failing.iter().cloned().chain(crashed).collect()
    }

    fn end_binary(&mut self, [passed, failed, ignored]: [u64; 3]) {
        self.passed += passed;
        self.failed += failed;
        self.ignored += ignored;
        self.unfinished.pop();
    }

    fn end_test(&mut self, name: &str, outcome: &str) {
        let failed = outcome == "FAILED";
        if failed {
            self.failing.push(format!("{}: {name}", self.binary));
        }
        if failed || outcome == "ok" || outcome.starts_with("ignored") {
            self.done += 1;
        }
    }
}

/// Passed, failed and ignored of `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`.
fn counts(result: &str) -> Option<[u64; 3]> {
    let (_, counts) = result.split_once(". ")?;
    let mut numbers = counts.split("; ");
    let mut next = |word| numbers.next()?.strip_suffix(word)?.trim_end().parse().ok();
    Some([next("passed")?, next("failed")?, next("ignored")?])
}

/// The number of `3 tests` or `1 test`.
fn announced(rest: &str) -> Option<u64> {
    let (number, "test" | "tests") = rest.split_once(' ')? else { return None };
    number.parse().ok()
}

/// The crate in cargo's `Running unittests src/lib.rs (target/debug/deps/name-0123456789abcdef)` or `Doc-tests name`.
fn binary(line: &str) -> Option<&str> {
    if let Some(documented) = line.strip_prefix("Doc-tests ") {
        return Some(documented);
    }
    let (_, path) = line.strip_prefix("Running ")?.strip_suffix(')')?.rsplit_once('(')?;
    let file = path.rsplit(['/', '\\']).next()?;
    let (name, _hash) = file.rsplit_once('-')?;
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "
   Compiling spanloom-core v0.1.0
     Running unittests src/lib.rs (target/debug/deps/spanloom_core-0123456789abcdef)

running 4 tests
test id::tests::short ... ok
test id::tests::long ... FAILED
test id::tests::slow ... ignored, takes an hour
test id::tests::broken - should panic ... ok

failures:
    id::tests::long

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.10s

   Doc-tests spanloom_core

running 1 test
test crates/spanloom-core/src/id.rs - id::TraceId (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.32s
";

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn results_of_all_binaries_are_summed() {
        let tally = tally(RUN);
        assert_eq!((tally.passed, tally.failed(), tally.ignored), (3, 1, 1));
    }

    #[test]
    fn progress_counts_what_was_announced_and_what_ended() {
        let tally = tally(RUN);
        assert_eq!((tally.done, tally.announced), (5, 5));
    }

    #[test]
    fn failed_test_is_named_with_its_binary() {
        assert_eq!(tally(RUN).failing(), ["spanloom_core: id::tests::long"]);
    }

    #[test]
    fn crashed_binary_is_a_failure() {
        let crashed = "Running tests/it/main.rs (target/debug/deps/it-0123)\nrunning 2 tests\ntest a ... ok\n";
        let tally = tally(&(crashed.to_owned() + RUN));
        assert_eq!(tally.failed(), 2);
        assert_eq!(tally.failing(), ["spanloom_core: id::tests::long", "it: ended before its tests did"]);
    }

    #[test]
    fn talk_that_resembles_a_result_is_ignored() {
        let talk = "running late\nrunning 3 errands\ntest result: none\ntest that ... holds\nRunning away (soon)";
        assert_eq!(tally(talk), Tally::default());
    }
}
