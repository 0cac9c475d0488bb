//! `traceparent`: version, trace id, parent id and flags, in lower-case hex.

use super::trimmed;
use crate::{SpanId, TraceId};

/// Of version 00, and what a later version begins with.
const LENGTH: usize = 55;
/// A later version may say more, within reason.
const LONGEST: usize = 512;
const SAMPLED: u8 = 1;

/// What a `traceparent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traceparent {
    pub(super) trace_id: TraceId,
    pub(super) parent_id: SpanId,
    pub(super) sampled: bool,
}

impl Traceparent {
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        let value = trimmed(value);
        let (known, more) = value.split_at_checked(LENGTH)?;
        let version = byte(&known[..2])?;
        let is_whole = match version {
            0 => more.is_empty(),
            0xff => false,
            _ => more.is_empty() || more[0] == b'-' && value.len() <= LONGEST,
        };
        let has_dashes = known[2] == b'-' && known[35] == b'-' && known[52] == b'-';
        if !is_whole || !has_dashes {
            return None;
        }
        Some(Self {
            trace_id: TraceId::from_u128(hex(&known[3..35])?)?,
            parent_id: SpanId::from_u64(u64::try_from(hex(&known[36..52])?).ok()?)?,
            sampled: byte(&known[53..])? & SAMPLED != 0,
        })
    }

    pub(super) fn write(self) -> String {
        format!("00-{}-{}-{:02x}", self.trace_id.to_hex(), self.parent_id, u8::from(self.sampled))
    }
}

fn byte(digits: &[u8]) -> Option<u8> {
    u8::try_from(hex(digits)?).ok()
}

/// Lower-case digits only, as the standard has it.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0_u128, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}
