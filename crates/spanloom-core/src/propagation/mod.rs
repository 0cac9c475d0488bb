//! Context across processes, in the headers of W3C Trace Context and W3C Baggage.
//!
//! What comes in was written by someone else, so it is read strictly: a `traceparent` that is not of its form, or is there
//! twice, gives no context at all, and the receiver begins a trace of its own; a `tracestate` or `baggage` that is not of
//! its form or over its limit is left out. Nothing here panics, and no work is done beyond the limits.
//!
//! | header | limit | content |
//! |---|---|---|
//! | `traceparent` | 55 bytes; 512 from a later version | trace id, span id of the caller, flags |
//! | `tracestate` | 512 bytes, 32 members | what tracing systems along the way keep for themselves; passed on as it is |
//! | `baggage` | 8,192 bytes, 64 members | keys and values of the application; passed on as they are |

mod baggage;
mod carrier;
mod context;
mod traceparent;
mod tracestate;

pub use carrier::Carrier;
pub use context::SpanContext;

/// White space that HTTP allows around a field's value and around commas.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !is_space(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_space(byte)).map_or(start, |at| at + 1);
    &bytes[start..end]
}

/// The values of several fields of one name, as one: HTTP says that they are joined by commas. `None` when they are longer
/// than `limit`, or not in ASCII.
fn joined(values: &[&[u8]], limit: usize) -> Option<String> {
    let length: usize = values.iter().map(|value| value.len() + 1).sum();
    if length > limit + 1 || !values.iter().all(|value| value.is_ascii()) {
        return None;
    }
    let values: Vec<_> = values.iter().map(|value| trimmed(value)).filter(|value| !value.is_empty()).collect();
    String::from_utf8(values.join(&b',')).ok()
}

#[cfg(test)]
mod tests;
