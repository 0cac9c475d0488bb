//! The keys that nearly every span has, as one byte each.

use crate::attribute_key as key;

/// Position counts, from 1. Part of the format: append only.
const KNOWN: [&str; 16] = [
    key::TRACE_REQUEST_ID,
    key::SPAN_TYPE,
    key::LOG_LEVEL,
    key::INPUTS,
    key::OUTPUTS,
    key::FUNCTION_NAME,
    key::START_TIME_NS,
    key::DESCRIPTION,
    key::TOKEN_USAGE,
    key::MODEL,
    key::SPAN_INCOMPLETE,
    "exception.message",
    "exception.type",
    "exception.stacktrace",
    "mlflow.message.format",
    "mlflow.chunk.value",
];

/// The number of a known key.
pub(super) fn number(key: &str) -> Option<u64> {
    KNOWN.iter().position(|known| *known == key).map(|index| index as u64 + 1)
}

/// The known key with this number.
pub(super) fn name(number: u64) -> Option<&'static str> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    KNOWN.get(index).copied()
}
