//! Identity of traces and spans, in the forms of W3C Trace Context and MLflow.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// Identity of one trace: 128 bits, zero for [`INVALID`](Self::INVALID) only.
///
/// `Display` gives MLflow's form, `tr-` and 32 lowercase hex digits; `FromStr` takes it with or without the `tr-`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(u128);

/// Identity of one span, unique within its trace: 64 bits, zero for [`INVALID`](Self::INVALID) only.
///
/// `Display` gives 16 lowercase hex digits, which `FromStr` takes back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(u64);

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {expected}")]
pub struct InvalidId {
    text: String,
    expected: &'static str,
}

const TRACE_FORM: &str = "trace id: write `tr-` and 32 hex digits, not all of them 0";
const SPAN_FORM: &str = "span id: write 16 hex digits, not all of them 0";

impl TraceId {
    /// The id of nothing: all zeros, which W3C Trace Context calls invalid. Spans that do not record have it.
    pub const INVALID: Self = Self(0);

    /// The id with these bits, or `None` for zero, which W3C Trace Context reserves.
    pub const fn from_u128(bits: u128) -> Option<Self> {
        if bits == 0 { None } else { Some(Self(bits)) }
    }

    /// The id that stands for a free text, such as the number of an order: always the same one for the same text.
    ///
    /// The first 128 bits of the SHA-256 of `spanloom-trace-id`, a zero byte and the text in UTF-8.
    ///
    /// ```
    /// let id = spanloom_core::TraceId::derived_from("order-4711");
    /// assert_eq!(id.to_string(), "tr-6f275e881a3cce1ba661d8581a9ad941");
    /// ```
    pub fn derived_from(text: &str) -> Self {
        let digest = Sha256::new().chain_update(b"spanloom-trace-id\0").chain_update(text).finalize();
        let bits = digest[..16].iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
        Self(bits.max(1))
    }

    /// The 128 bits.
    pub const fn to_u128(self) -> u128 {
        self.0
    }

    /// The 32 hex digits alone, as `traceparent` and OTLP write them.
    pub fn to_hex(self) -> String {
        format!("{:032x}", self.0)
    }
}

impl SpanId {
    /// The id of nothing: all zeros, which W3C Trace Context calls invalid. Spans that do not record have it.
    pub const INVALID: Self = Self(0);

    /// The id with these bits, or `None` for zero.
    pub const fn from_u64(bits: u64) -> Option<Self> {
        if bits == 0 { None } else { Some(Self(bits)) }
    }

    /// The 64 bits.
    pub const fn to_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tr-{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

impl FromStr for TraceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits = text.strip_prefix("tr-").unwrap_or(text);
        parse_hex(digits, 32)
            .and_then(Self::from_u128)
            .ok_or_else(|| InvalidId { text: text.to_owned(), expected: TRACE_FORM })
    }
}

impl FromStr for SpanId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        parse_hex(text, 16)
            .and_then(|bits| u64::try_from(bits).ok())
            .and_then(Self::from_u64)
            .ok_or_else(|| InvalidId { text: text.to_owned(), expected: SPAN_FORM })
    }
}

/// `from_str_radix` alone would take a sign.
fn parse_hex(digits: &str, len: usize) -> Option<u128> {
    let well_formed = digits.len() == len && digits.bytes().all(|b| b.is_ascii_hexdigit());
    well_formed.then(|| u128::from_str_radix(digits, 16).ok()).flatten()
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for SpanId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_through_their_text() {
        let trace = TraceId::from_u128(0xabc).expect("not zero");
        assert_eq!(trace.to_string(), format!("tr-{}", trace.to_hex()));
        assert_eq!(trace.to_string().parse(), Ok(trace));
        assert_eq!(trace.to_hex().parse(), Ok(trace));
        let span = SpanId::from_u64(7).expect("not zero");
        assert_eq!(span.to_string(), "0000000000000007");
        assert_eq!(span.to_string().parse(), Ok(span));
    }

    #[test]
    fn zero_signs_and_wrong_lengths_are_refused() {
        for text in ["", "tr-", "tr-00000000000000000000000000000000", "+1234567890abcdef1234567890abcde", "tr-12"] {
            assert!(text.parse::<TraceId>().is_err(), "{text}");
        }
        for text in ["0000000000000000", "+00000000000000f", "f", "00000000000000000f"] {
            assert!(text.parse::<SpanId>().is_err(), "{text}");
        }
    }
}
