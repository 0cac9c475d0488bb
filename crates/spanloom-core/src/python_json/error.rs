//! Why a value has no JSON form.

use std::fmt::Display;

use serde::ser;

use super::MAX_DEPTH;

/// Why a value has no JSON form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Lists and maps are nested [`MAX_DEPTH`] deep or deeper.
    #[error("the value is nested {MAX_DEPTH} levels deep or more: flatten it, or record a part of it")]
    TooDeep,
    /// Its `Serialize` panicked.
    #[error("its `Serialize` panicked")]
    Panicked,
    /// Its `Serialize` gave an error, or a map has keys that are no text, number, boolean or null.
    #[error("{0}")]
    Custom(String),
}

impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}
