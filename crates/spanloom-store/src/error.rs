//! From SQLite's errors to what a caller can act on.

use rusqlite::ErrorCode;
use spanloom_core::{CodecError, StoreError, TraceId};

/// What can go wrong in the middle of a read or a write, before it is known where. [`Self::at`] adds that.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Payload(TraceId, PayloadError),
    /// The log may not become longer.
    Full,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Fault {
    pub(crate) fn at(self, path: &str) -> StoreError {
        match self {
            Self::Sql(error) => classify(path, error),
            Self::Full => crate::room::full(path),
            Self::Payload(id, error) => {
                StoreError::Corrupt { path: path.to_owned(), what: format!("trace `{id}`: {error}") }
            }
        }
    }
}

/// Why a payload cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PayloadError {
    #[error("part {0} is missing")]
    Missing(u32),
    #[error("part {0} does not fit its checksum")]
    Checksum(u32),
    #[error("part {0} cannot be decompressed")]
    Decompress(u32),
    #[error("part {0} has an unknown form")]
    Form(u32),
    #[error("the head is not valid: {0}")]
    Head(serde_json::Error),
    #[error("the spans cannot be decoded: {0}")]
    Spans(CodecError),
}

/// What an error of SQLite means for a store at this path.
pub(crate) fn classify(path: &str, error: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { path, source: Box::new(error) },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path, source: Box::new(error) },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt { path, what: error.to_string() },
        Some(ErrorCode::NotADatabase) => StoreError::Unusable {
            path,
            what: "it is not a Spanloom store, or its first page is damaged".to_owned(),
            source: Some(Box::new(error)),
        },
        _ => StoreError::Unusable { path, what: "SQLite failed".to_owned(), source: Some(Box::new(error)) },
    }
}

/// The store cannot be used, for a reason that is not SQLite's.
pub(crate) fn unusable(path: &str, what: impl Into<String>) -> StoreError {
    StoreError::Unusable { path: path.to_owned(), what: what.into(), source: None }
}
