//! MLflow's JSON of a trace, schema version 3.
//!
//! Ids of a span are base64 there, those of the trace and of links hex; a span's attributes are strings that hold JSON;
//! those of events and links are native values, whose text is kept as it is, so that no number loses a digit.
//!
//! # Promises
//! - Reading what was written gives an equal trace, but that the nanoseconds of `request_time` below a millisecond are
//!   taken from the root span, and are lost when it started at another time.
//! - Reading also takes ids in hex, the status codes `OK`, `ERROR` and `UNSET`, spans of schema version 2, and numbers as
//!   texts. Keys of `info` that are not known, or hold more than their field can, are kept and written back as they came.
//! - Writing cuts metadata to 250 characters, keys of tags to 250 and their values to 4,096, as MLflow does.
//! - Nesting costs neither side any stack.

mod base64_id;
pub(crate) mod entries;
mod error;
mod read;
mod read_info;
mod read_span;
pub(crate) mod rfc3339;
mod span_len;
mod write;
mod write_info;

pub use error::{FoundKeys, TraceJsonError};
pub(crate) use read::from_json;
pub use span_len::span_json_len;
pub use write::{empty_trace_len, span_to_json};
pub(crate) use write::{info_to_json, is_json, to_json};

#[cfg(test)]
mod form_tests;
#[cfg(test)]
mod tests;
