//! Unix systems without Linux's `/proc`: signal 0 says whether the number is in use.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::{ProcessIdentity, ProcessState};

/// This process.
pub(crate) fn current() -> ProcessIdentity {
    ProcessIdentity { pid: std::process::id(), start_ticks: 0, boot: String::new(), namespace: String::new() }
}

/// Whether a process of this number exists; one that got the number later is not noticed.
pub(crate) fn state(of: &ProcessIdentity) -> ProcessState {
    match i32::try_from(of.pid).ok().and_then(Pid::from_raw) {
        Some(pid) if test_kill_process(pid) != Err(Errno::SRCH) => ProcessState::Running,
        _ => ProcessState::Gone,
    }
}
