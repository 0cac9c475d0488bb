//! What is wrong with a filter, and where.

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("filter, character {character}: {what}")]
pub struct FilterError {
    character: usize,
    what: String,
}

impl FilterError {
    /// `offset` is in bytes of the filter's text.
    pub(crate) fn new(text: &str, offset: usize, what: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        Self { character: before.chars().count() + 1, what: what.into() }
    }

    /// Where it is, in characters from 1.
    pub const fn character(&self) -> usize {
        self.character
    }
}
