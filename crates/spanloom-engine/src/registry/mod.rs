//! The registry: owns every live trace of the process.
//!
//! ```text
//!  rings ──rounds──► state (pure machine) ──effects──► actor ──► each engine's writer
//!                      hear · complete                   └─────► the index of live traces
//! ```
//!
//! [`state`] is the machine with its table of transitions, [`rounds`] feeds it, [`actor`] performs what it decides; [`inquiries`] is what
//! the low-level client asks of it.

pub(crate) mod actor;
pub(crate) mod book;
mod complete;
mod deferred;
pub(crate) mod find;
mod hear;
pub(crate) mod inquiries;
mod join;
mod live_trace;
pub(crate) mod log;
pub(crate) mod pausing;
pub(crate) mod rounds;
mod span_table;
pub(crate) mod state;
pub(crate) mod tenant_link;
#[cfg(test)]
mod tests;
