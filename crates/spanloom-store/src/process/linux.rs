//! Linux: `/proc` and signal 0.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::{ProcessIdentity, ProcessState};

/// This process.
pub(crate) fn current() -> ProcessIdentity {
    let namespace = std::fs::read_link("/proc/self/ns/pid");
    ProcessIdentity {
        pid: std::process::id(),
        start_ticks: stat("self").map_or(0, |stat| stat.start_ticks),
        boot: std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map_or_else(|_| String::new(), |id| id.trim().to_owned()),
        namespace: namespace.map_or_else(|_| String::new(), |link| link.to_string_lossy().into_owned()),
    }
}

/// Whether a process that once gave this identity runs now.
pub(crate) fn state(of: &ProcessIdentity) -> ProcessState {
    let here = current();
    if of.boot != here.boot {
        return ProcessState::Gone;
    }
    // A container's numbers mean nothing outside it.
    if of.namespace != here.namespace {
        return ProcessState::Unknown;
    }
    let Some(pid) = i32::try_from(of.pid).ok().and_then(Pid::from_raw) else { return ProcessState::Gone };
    if test_kill_process(pid) == Err(Errno::SRCH) {
        return ProcessState::Gone;
    }
    match stat(&of.pid.to_string()) {
        Some(stat) if stat.start_ticks == of.start_ticks && !stat.dead => ProcessState::Running,
        Some(_) => ProcessState::Gone,
        // It exists, but `/proc` may be mounted so that others' processes are hidden.
        None => ProcessState::Running,
    }
}

struct Stat {
    start_ticks: i64,
    /// Killed, and its parent has not asked yet.
    dead: bool,
}

/// `/proc/<pid>/stat`; the name in it may hold blanks and brackets, so fields count from its last bracket.
fn stat(pid: &str) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let dead = matches!(fields.next()?, "Z" | "X" | "x");
    let start_ticks = fields.nth(18)?.parse().ok()?;
    Some(Stat { start_ticks, dead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs() {
        assert_eq!(state(&current()), ProcessState::Running);
    }

    #[test]
    fn the_number_of_a_process_that_started_at_another_moment_is_not_that_process() {
        let other = ProcessIdentity { start_ticks: current().start_ticks + 1, ..current() };
        assert_eq!(state(&other), ProcessState::Gone);
    }

    #[test]
    fn a_killed_child_is_gone_before_its_parent_asks() {
        let mut child = std::process::Command::new("sleep").arg("600").spawn().expect("sleep runs");
        let text = child.id().to_string();
        let identity =
            ProcessIdentity { pid: child.id(), start_ticks: stat(&text).expect("it runs").start_ticks, ..current() };
        assert_eq!(state(&identity), ProcessState::Running);
        child.kill().expect("killed");
        while stat(&text).is_some_and(|stat| !stat.dead) {
            std::thread::yield_now();
        }
        assert_eq!(state(&identity), ProcessState::Gone);
        child.wait().expect("reaped");
        assert_eq!(state(&identity), ProcessState::Gone);
    }

    #[test]
    fn another_boot_is_gone_and_another_namespace_is_unknown() {
        assert_eq!(state(&ProcessIdentity { boot: "other".to_owned(), ..current() }), ProcessState::Gone);
        assert_eq!(state(&ProcessIdentity { namespace: "pid:[1]".to_owned(), ..current() }), ProcessState::Unknown);
    }
}
