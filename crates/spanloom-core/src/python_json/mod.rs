//! JSON in the layout of Python's `json.dumps`, which is what MLflow stores and cuts previews from.
//!
//! Separators are `", "` and `": "`, keys keep their order, non-ASCII stays as it is, floats always have a fraction or
//! an exponent, and `NaN`, `Infinity`, `-Infinity` stand bare. [`to_string`] writes that form, [`to_ascii_string`] the
//! one of `ensure_ascii=True`, and [`parse`] reads both.
//!
//! # Promises
//! - Nothing a value does while it is serialised reaches the caller: errors, panics and endless nesting become an [`Error`],
//!   and the buffer is as it was before.
//! - What was written is read back by `serde_json` at its default depth limit, but for the three bare words.
//! - [`parse`] takes any text, and needs no more stack for a hostile one than for a good one.

mod error;
mod float;
mod map_key;
mod parse;
mod relayout;
mod serializer;
mod text;
mod write;

pub use error::Error;
pub use float::append_f64;
pub use parse::parse;
pub(crate) use parse::repair;
pub(crate) use relayout::relayout;
pub use text::{append_string, escape_ascii, write_string};
pub(crate) use text::{ascii_len, ascii_string_len};
pub use write::{MAX_DEPTH, append, to_ascii_string, to_string};

#[cfg(test)]
mod tests;
