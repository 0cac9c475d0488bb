//! Why bytes are no parts of spans.

/// Why bytes are no parts of spans. Offsets count from the beginning of the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The part that begins at `offset` goes on behind the end.
    #[error("the span part at byte `{offset}` is cut off")]
    Truncated {
        /// Where the part begins.
        offset: usize,
    },
    /// The part that begins at `offset` is of a layout that this version does not know.
    #[error("the span part at byte `{offset}` has version `{found}`, this program reads `1`: read it with a newer one")]
    Version {
        /// Where the part begins.
        offset: usize,
        /// Its version.
        found: u8,
    },
    /// The bytes of the part that begins at `offset` are not those that were written.
    #[error("the span part at byte `{offset}` is damaged: its checksum does not fit")]
    Checksum {
        /// Where the part begins.
        offset: usize,
    },
    /// The part is whole, yet something in it makes no sense.
    #[error("at byte `{offset}` of the span parts there is {what}")]
    Malformed {
        /// Where.
        offset: usize,
        /// What is wrong with it.
        what: &'static str,
    },
}
