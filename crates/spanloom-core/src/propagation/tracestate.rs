//! `tracestate`: what tracing systems along the way keep for themselves.

use super::{joined, trimmed};

const LONGEST: usize = 512;
const MOST_MEMBERS: usize = 32;

/// The value to pass on; `None` when there is none of the standard's form.
pub(super) fn parse(values: &[&[u8]]) -> Option<String> {
    let state = joined(values, LONGEST)?;
    let mut keys = Vec::new();
    for member in state.split(',').map(|member| trimmed(member.as_bytes())).filter(|member| !member.is_empty()) {
        let equals = member.iter().position(|byte| *byte == b'=')?;
        let (key, value) = (&member[..equals], &member[equals + 1..]);
        if !is_key(key) || !is_value(value) || keys.contains(&key) || keys.len() == MOST_MEMBERS {
            return None;
        }
        keys.push(key);
    }
    (!keys.is_empty()).then(|| state.clone())
}

/// `name`, or `tenant@system`.
fn is_key(key: &[u8]) -> bool {
    let rest_is_fine =
        |part: &[u8]| part.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/'));
    let is_name = |part: &[u8], longest: usize, may_start_with_digit: bool| {
        let starts_well = part
            .first()
            .is_some_and(|first| first.is_ascii_lowercase() || may_start_with_digit && first.is_ascii_digit());
        starts_well && part.len() <= longest && rest_is_fine(part)
    };
    match key.iter().position(|byte| *byte == b'@') {
        None => is_name(key, 256, false),
        Some(at) => is_name(&key[..at], 241, true) && is_name(&key[at + 1..], 14, false),
    }
}

/// Up to 256 printable characters but for the comma and the equals sign; the last is no space, as that is trimmed.
fn is_value(value: &[u8]) -> bool {
    let fits = (1..=256).contains(&value.len());
    fits && value.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'='))
}
