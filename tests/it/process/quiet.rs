//! P07: nothing of ours on stdout or stderr, and the process's signals, hooks, environment and subscriber stay the host's.

use super::kept;
use super::program::{Ended, Program};

fn run(hook: &str) -> Ended {
    let directory = tempfile::tempdir().expect("a directory");
    let ended = Program::new("quiet", directory.path()).option("store", "a.db").option("hook", hook).run();
    ended.expect_success();
    ended
}

#[test]
fn a_host_hears_its_own_panic_hook_and_nothing_of_ours() {
    let ended = run("own");
    assert_eq!(ended.lines, ["HOOK on purpose", "HOOK after the shutdown", "DONE"]);
    assert_eq!(ended.stderr, "");
    kept("P07", "hook=own");
}

#[test]
fn the_default_panic_hook_stays() {
    let ended = run("default");
    assert_eq!(ended.lines, ["DONE"]);
    let panics = ended.stderr.lines().filter(|line| line.contains("panicked at")).count();
    assert_eq!(panics, 2, "{}", ended.stderr);
    kept("P07", "hook=default");
}
