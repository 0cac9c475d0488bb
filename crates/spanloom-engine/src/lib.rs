//! The cold path of Spanloom: the registry of live traces, the writer of the store, the exporters.
//!
//! ```text
//!  rings ──► registry (actor) ──► writer (a thread an engine) ──► store ──► exporters (actors, a thread each) ──► sinks
//! ```
//! The only crate that knows actix. It sees stores and sinks through the contracts in `spanloom-core`.
//!
//! | part | modules |
//! |---|---|
//! | an engine: start, flush, shutdown | `engine`, `shutdown` |
//! | the thread of all actors | `system` |
//! | live traces | `registry` |
//! | the low-level client | `kept`, `inquiry` |
//! | completed traces | `writer`, `redact`, `outbox` |
//! | destinations | `exporter`, `supervise` |
//! | counts | `ledger`, `health` |

mod assess;
mod clock;
mod engine;
mod engine_config;
mod error;
mod exporter;
mod health;
mod identity;
mod inquiry;
mod kept;
mod ledger;
mod names;
mod outbox;
mod privacy;
mod redact;
mod registry;
#[doc(hidden)]
pub mod reply;
mod shutdown;
mod supervise;
mod system;
#[cfg(test)]
mod tests;
mod writer;

pub use engine::Engine;
pub use engine_config::EngineConfig;
pub use error::EngineError;
pub use exporter::{Circuit, DeliveryCounts, ExporterStatus};
pub use health::Health;
pub use inquiry::Pin;
pub use kept::{Ending, KeptSpans, KeptTrace, Reservation};
pub use privacy::Privacy;
pub use redact::{InvalidPattern, Redaction};
pub use registry::find::Found;
pub use registry::tenant_link::LiveTrace;
pub use writer::processors::SpanProcessor;
