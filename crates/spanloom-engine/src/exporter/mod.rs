//! Exporters: each takes completed traces to one destination, in order, until the destination has them.
//!
//! ```text
//! writer thread ──offer──► Handoff ──take──┐
//!       ▲                (bounded)         ▼
//!       └───fetch, acknowledge──── ExporterActor ──batch──► Sink
//!                                  (state.rs decides)
//! ```
//!
//! An exporter that keeps up is handed what was stored. One that is behind (a new destination, a restart, an outage, a
//! full hand-off) reads from the store by position until it meets the hand-off again.
//!
//! Each exporter has a thread of its own, so a sink that blocks delays nothing else. What must survive its actor (the
//! sink, the hand-off, the counters, who waits for it) is in its [`slot::Slot`]; [`crate::supervise`] starts the actor
//! again when it has died. Mailboxes carry only "look at your slot", so a full one loses nothing.
//!
//! # Promises
//! - A trace leaves the exporter only when the sink has answered for it: delivered, or refused for what it is.
//! - What is acknowledged to the store is a contiguous run of positions.
//! - Nothing here waits on the writer, and the writer does not wait on anything here.
//! - An exporter with nothing to do has no timer.

mod actor;
mod answer;
mod attempt;
mod complaint;
mod config;
mod drain;
mod handle;
mod handoff;
mod lease;
mod links;
mod retry;
mod slot;
mod state;
mod status;
mod thread;

#[cfg(test)]
mod tests;

pub(crate) use complaint::LogLimit;
pub(crate) use config::ExporterConfig;
pub(crate) use handle::{Exporter, spawn};
pub(crate) use handoff::Handoff;
#[cfg(test)]
pub(crate) use links::SettledTrace;
pub(crate) use links::{Acknowledgement, FetchReply, OutboxLinks, Outcome};
pub(crate) use slot::{Look, Slot};
pub use status::{Circuit, DeliveryCounts, ExporterStatus};
pub(crate) use thread::{Ended, launch};
