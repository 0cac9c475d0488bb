//! Tests of what the whole process shares: they run once more, in a process where no other test runs.

use std::process::Command;

const VARIABLE: &str = "SPANLOOM_TEST_ALONE";

/// Calls `body` in a process of its own. `name` is the path of the calling test, as libtest prints it.
#[track_caller]
pub(crate) fn alone(name: &str, body: impl FnOnce()) {
    if std::env::var_os(VARIABLE).is_some_and(|running| running == *name) {
        return body();
    }
    let this = std::env::current_exe().expect("the test binary has a path");
    let run =
        Command::new(this).args(["--exact", name, "--include-ignored", "--nocapture"]).env(VARIABLE, name).output();
    let run = run.expect("the test binary can be started");
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success() && said.contains("1 passed"), "`{name}` failed in its own process:\n{said}");
}
