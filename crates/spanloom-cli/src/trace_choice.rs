//! Which trace is meant: by its id, by the first digits of it, or the newest.

use std::str::FromStr;

use spanloom::TraceId;
use spanloom_store::{ListOptions, Reader};

use crate::error::CliError;

/// Candidates that an ambiguous choice names.
const NAMED_CANDIDATES: usize = 4;

/// Which trace is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TraceChoice {
    /// The newest.
    Last,
    /// The one with this id.
    Id(TraceId),
    /// The one whose id starts with these lowercase hex digits.
    Prefix(String),
}

/// A text that chooses no trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write `last`, or `tr-` and up to 32 hex digits, not all of them 0")]
pub(crate) struct InvalidChoice;

/// Which traces a choice fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    One(TraceId),
    None,
    /// So many, among them these.
    Several(usize, Vec<TraceId>),
}

impl TraceChoice {
    /// The traces of a store that it fits.
    pub(crate) fn find(&self, reader: &Reader) -> Result<Found, CliError> {
        match self {
            Self::Id(id) => Ok(Found::One(*id)),
            Self::Last => {
                let newest = reader.summaries(&ListOptions::newest(1)).map_err(CliError::read)?;
                Ok(newest.first().map_or(Found::None, |summary| Found::One(summary.info.trace_id)))
            }
            Self::Prefix(digits) => find_prefix(reader, digits),
        }
    }
}

fn find_prefix(reader: &Reader, digits: &str) -> Result<Found, CliError> {
    let (count, candidates) = reader.ids_with_prefix(digits, NAMED_CANDIDATES).map_err(CliError::read)?;
    Ok(match candidates[..] {
        [] => Found::None,
        [id] => Found::One(id),
        _ => Found::Several(usize::try_from(count).unwrap_or(usize::MAX), candidates),
    })
}

impl FromStr for TraceChoice {
    type Err = InvalidChoice;

    fn from_str(text: &str) -> Result<Self, InvalidChoice> {
        if text == "last" {
            return Ok(Self::Last);
        }
        let digits = text.strip_prefix("tr-").unwrap_or(text).to_ascii_lowercase();
        let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match digits.len() {
            1..=31 if hex => Ok(Self::Prefix(digits)),
            32 => digits.parse().map(Self::Id).map_err(|_| InvalidChoice),
            _ => Err(InvalidChoice),
        }
    }
}

impl std::fmt::Display for TraceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Last => f.write_str("last"),
            Self::Id(id) => id.fmt(f),
            Self::Prefix(digits) => write!(f, "tr-{digits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_prefixes_and_last_are_told_apart() {
        let id = "0123456789abcdef0123456789abcdef";
        for (text, expected) in [
            ("last", Ok(TraceChoice::Last)),
            (id, Ok(TraceChoice::Id(id.parse().expect("a trace id")))),
            ("tr-0123456789ABCDEF0123456789abcdef", Ok(TraceChoice::Id(id.parse().expect("a trace id")))),
            ("tr-0A", Ok(TraceChoice::Prefix("0a".to_owned()))),
            ("f", Ok(TraceChoice::Prefix("f".to_owned()))),
            ("tr-", Err(InvalidChoice)),
            ("", Err(InvalidChoice)),
            ("newest", Err(InvalidChoice)),
            ("00000000000000000000000000000000", Err(InvalidChoice)),
            ("0123456789abcdef0123456789abcdef0", Err(InvalidChoice)),
        ] {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }
}
