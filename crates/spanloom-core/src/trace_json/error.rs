//! Why a text is no trace.

use crate::BoxError;

/// Why a text is no trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceJsonError {
    /// It is no JSON.
    #[error("the text is no JSON")]
    NotJson {
        /// What the parser said, with line and column.
        #[source]
        source: BoxError,
    },
    /// It is JSON, but has no object where a trace has one.
    #[error("a trace is an object with `info` and `data.spans`, and `{part}` is missing or no such thing")]
    MissingPart {
        /// `trace`, `info`, `data` or `data.spans`.
        part: &'static str,
    },
    /// A value of the `info` object is missing or wrong.
    #[error("`info` is not that of a trace")]
    Info {
        /// Which value, and what is wrong with it.
        #[source]
        source: BoxError,
    },
    /// A value of a span is missing or wrong.
    #[error("`data.spans[{index}]` is no span")]
    Span {
        /// Its position, from 0.
        index: usize,
        /// Which value, and what is wrong with it.
        #[source]
        source: BoxError,
    },
}
