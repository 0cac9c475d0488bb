//! `baggage`: keys and values of the application, on their way through services.

use std::borrow::Cow;

use super::{joined, trimmed};

const LONGEST: usize = 8_192;
const MOST_MEMBERS: usize = 64;

/// The value to pass on; `None` when there is none of the standard's form.
pub(super) fn parse(values: &[&[u8]]) -> Option<String> {
    let baggage = joined(values, LONGEST)?;
    let mut members = baggage.split(',');
    let is_fine = !baggage.is_empty() && members.clone().count() <= MOST_MEMBERS && members.all(is_member);
    is_fine.then_some(baggage)
}

/// The decoded value of a key in a baggage of the standard's form. The first one counts.
pub(super) fn value(baggage: &str, key: &str) -> Option<String> {
    let member = baggage.split(',').find_map(|member| {
        let (name, value) = member.split(';').next()?.split_once('=')?;
        (trim(name) == key).then(|| trim(value))
    });
    member.map(|value| decoded(value).into_owned())
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// `key = value ; property ; property = value`
fn is_member(member: &str) -> bool {
    let mut parts = member.split(';');
    let has_pair = parts.next().is_some_and(|pair| is_pair(pair, true));
    has_pair && parts.all(|property| is_pair(property, false))
}

fn is_pair(pair: &str, needs_value: bool) -> bool {
    match pair.split_once('=') {
        Some((key, value)) => is_token(trimmed(key.as_bytes())) && is_value(trimmed(value.as_bytes())),
        None => !needs_value && is_token(trimmed(pair.as_bytes())),
    }
}

/// A token of RFC 7230.
fn is_token(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

fn is_value(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b'!'..=b'~') && !matches!(byte, b'"' | b',' | b';' | b'\\'))
}

/// Without its percent escapes. What is not UTF-8 afterwards is replaced, as the standard says.
fn decoded(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let bytes = value.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        match digits.filter(|_| bytes[at] == b'%').and_then(|digits| std::str::from_utf8(digits).ok()) {
            Some(digits) => {
                plain.push(u8::from_str_radix(digits, 16).unwrap_or(b'%'));
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}
