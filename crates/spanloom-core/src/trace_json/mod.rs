//! MLflow's JSON of a trace, schema version 3.
//!
//! Ids of a span are base64 there, those of the trace and of links hex; a span's attributes are strings that hold JSON;
//! those of events and links are native values, whose text is kept as it is, so that no number loses a digit.
//!
//! # Promises
//! - Reading what was written gives an equal trace, but that the nanoseconds of `request_time` below a millisecond are
//!   taken from the root span, and are lost when it started at another time.
//! - Reading also takes ids in hex, the status codes `OK`, `ERROR` and `UNSET`, and spans of schema version 2.
//! - Nesting costs neither side any stack.

mod base64_id;
mod error;
mod read;
mod read_span;
mod rfc3339;
mod span_len;
mod write;

pub use error::TraceJsonError;
pub(crate) use read::from_json;
pub use span_len::span_json_len;
pub use write::{empty_trace_len, span_to_json};
pub(crate) use write::{info_to_json, to_json};

#[cfg(test)]
mod tests;
