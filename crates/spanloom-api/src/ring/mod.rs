//! The channel from one thread to the registry: bounded, one producer, one consumer, never an allocation per message.
//!
//! A thread writes [`Record`](crate::record::Record)s through a [`Writer`], the registry reads them through a
//! [`Reader`]. `words.rs` is the ring itself, an array of 64-bit words; `encode.rs` and `decode.rs` are the form of a
//! record in it. `safe.rs` is the same interface over a queue of the standard kind, without unsafe code.
//!
//! This folder is the only place in Spanloom with unsafe code. It is model-checked with loom (`loom_tests.rs`) and run
//! under Miri.
//!
//! # Invariants
//! - `head <= tail <= head + capacity`; the words in `head..tail` belong to the reader, all others to the writer.
//! - A record never straddles the physical end: a skip record fills the rest.
//! - Positions only grow, so that a position is also an order in time.

#[cfg(not(feature = "safe-ring"))]
mod decode;
#[cfg(not(feature = "safe-ring"))]
mod encode;
pub(crate) mod local;
#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(feature = "safe-ring")]
mod safe;
mod sync;
#[cfg(test)]
mod tests;
pub mod ticks;
#[cfg(not(feature = "safe-ring"))]
mod words;

#[cfg(feature = "safe-ring")]
pub use safe::{Reader, Writer, ring};
#[cfg(not(feature = "safe-ring"))]
pub use words::{Reader, Writer, ring};

/// The ring is divided into this many segments: the writer looks at the reader's position, and the reader publishes
/// it, once in each.
const SEGMENTS: u64 = 8;
