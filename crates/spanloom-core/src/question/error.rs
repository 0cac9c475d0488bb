//! Why a search gave nothing.

use std::time::Duration;

use crate::StoreError;
use crate::filter::FilterError;

/// Why a search gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The filter is not understood.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A sort key is not understood.
    #[error("`{key}` cannot be sorted by: {what}")]
    OrderBy {
        /// What was asked for.
        key: String,
        /// What is wrong with it, and what is accepted.
        what: String,
    },
    /// The token was not made by a search.
    #[error("the page token is not valid: pass the one of the page before, unchanged")]
    PageToken,
    /// A page must have room for a trace.
    #[error("`max_results` is 0: ask for 1 or more")]
    NoResults,
    /// It would have taken longer than a search may.
    #[error("the search took longer than {} ms and was stopped: narrow it by `timestamp_ms`, `name` or a tag", .0.as_millis())]
    TooSlow(Duration),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
