//! Which process wrote something, and whether it still runs.
//!
//! On Linux a process is its number, the moment it started, the machine's boot and its process namespace, so that a
//! number that was given to another process is noticed. Elsewhere less is known, and [`ProcessState::Unknown`] says so.

mod identity;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(unix))]
mod other;
#[cfg(all(unix, not(target_os = "linux")))]
mod unix;

pub(crate) use identity::{ProcessIdentity, ProcessState};
#[cfg(target_os = "linux")]
pub(crate) use linux::{current, state};
#[cfg(not(unix))]
pub(crate) use other::{current, state};
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) use unix::{current, state};
