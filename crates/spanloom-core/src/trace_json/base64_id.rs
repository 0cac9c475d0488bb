//! Ids in spans: base64 of their bytes, the first the highest; hex is read as well.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{InvalidId, SpanId, TraceId};

/// Lengths of the two forms in base64, padding included.
pub(super) const TRACE_LEN: usize = 24;
pub(super) const SPAN_LEN: usize = 12;

pub(super) fn write_trace(out: &mut String, id: TraceId) {
    STANDARD.encode_string(id.to_u128().to_be_bytes(), out);
}

pub(super) fn write_span(out: &mut String, id: SpanId) {
    STANDARD.encode_string(id.to_u64().to_be_bytes(), out);
}

/// A trace id in base64, or in hex with or without `tr-` or `0x`.
pub(super) fn trace(text: &str) -> Result<TraceId, InvalidId> {
    let decoded = bytes::<16>(text, TRACE_LEN).and_then(|bytes| TraceId::from_u128(u128::from_be_bytes(bytes)));
    decoded.map_or_else(|| hex_digits(text).parse(), Ok)
}

/// A span id in base64, or in hex with or without `0x`.
pub(super) fn span(text: &str) -> Result<SpanId, InvalidId> {
    let decoded = bytes::<8>(text, SPAN_LEN).and_then(|bytes| SpanId::from_u64(u64::from_be_bytes(bytes)));
    decoded.map_or_else(|| hex_digits(text).parse(), Ok)
}

/// The length tells the forms apart: neither hex form is as long as its base64.
fn bytes<const N: usize>(text: &str, len: usize) -> Option<[u8; N]> {
    (text.len() == len).then(|| STANDARD.decode(text).ok()?.try_into().ok()).flatten()
}

fn hex_digits(text: &str) -> &str {
    text.strip_prefix("0x").unwrap_or(text)
}
