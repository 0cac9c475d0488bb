//! Why a text is no trace.

use std::fmt;

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
    #[error("a trace is an object with `info` and `data.spans`, and `{part}` is missing or no such thing{found}")]
    MissingPart {
        /// `trace`, `info`, `data` or `data.spans`.
        part: &'static str,
        /// Which keys the object has, if it is one.
        found: FoundKeys,
    },
    /// A value of the `info` object is missing or wrong.
    #[error("`info` is not that of a trace")]
    Info {
        /// Which value, and what is wrong with it.
        #[source]
        source: BoxError,
    },
    /// A value of an assessment is wrong.
    #[error("it is no assessment")]
    Assessment {
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

/// The keys of an object that lacks one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundKeys(pub Vec<String>);

impl fmt::Display for FoundKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => Ok(()),
            keys => write!(f, "; the keys are `{}`", keys.join("`, `")),
        }
    }
}
