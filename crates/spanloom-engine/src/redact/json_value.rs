//! Where a JSON value ends, found without building it.
//!
//! Nesting is counted on the heap. Beyond JSON the words `NaN`, `Infinity` and `-Infinity` are values, as in Python.

use super::quotes;

/// A value at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// In bytes.
    pub(super) length: usize,
    /// Whether it is a JSON value; else it is what stands in the place of one.
    pub(super) is_valid: bool,
}

/// The value at the start of a text, if there is any.
pub(super) fn extent(text: &str) -> Option<Extent> {
    match text.as_bytes().first()? {
        b'"' => Some(string(text)),
        b'{' | b'[' => Some(match container(text) {
            Some(length) => Extent { length, is_valid: true },
            None => Extent { length: balanced(text), is_valid: false },
        }),
        _ => word(text),
    }
}

/// The position of the first byte at or after `at` that is no white space.
pub(super) fn skip_white_space(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + (rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len())
}

fn string(text: &str) -> Extent {
    match quotes::next_unescaped(text, 1) {
        Some(quote) => Extent { length: quote + 1, is_valid: is_string_content(&text.as_bytes()[1..quote]) },
        None => Extent { length: text.len(), is_valid: false },
    }
}

fn is_string_content(content: &[u8]) -> bool {
    let mut rest = content;
    loop {
        rest = match rest {
            [] => return true,
            [b'\\', b'u', a, b, c, d, rest @ ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_hexdigit()) => rest,
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => rest,
            [b'\\' | 0..=0x1f, ..] => return false,
            [_, rest @ ..] => rest,
        };
    }
}

/// A number or a word, up to what can follow one.
fn word(text: &str) -> Option<Extent> {
    let length = text.find([',', ':', '}', ']', '"', ' ', '\t', '\r', '\n']).unwrap_or(text.len());
    let word = &text[..length];
    let is_valid = matches!(word, "true" | "false" | "null" | "NaN" | "Infinity" | "-Infinity") || is_number(word);
    (length > 0).then_some(Extent { length, is_valid })
}

fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && digits(fraction)
        && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

/// The length of the object or array at the start of a text, if it is a valid one.
fn container(text: &str) -> Option<usize> {
    let mut closers = Vec::new();
    let mut at = 0;
    loop {
        at = skip_white_space(text, at);
        match *text.as_bytes().get(at)? {
            open @ (b'{' | b'[') => {
                let closer = if open == b'{' { b'}' } else { b']' };
                let inside = skip_white_space(text, at + 1);
                if text.as_bytes().get(inside) == Some(&closer) {
                    at = inside + 1;
                } else {
                    closers.push(closer);
                    at = first_value(text, inside, closer)?;
                    continue;
                }
            }
            _ => at += valid_scalar(&text[at..])?,
        }
        match after_value(text, at, &mut closers)? {
            Next::Value(next) => at = next,
            Next::End(end) => return Some(end),
        }
    }
}

enum Next {
    Value(usize),
    End(usize),
}

/// Closes what ends after a value; then there is another value or the end of it all.
fn after_value(text: &str, mut at: usize, closers: &mut Vec<u8>) -> Option<Next> {
    while let Some(closer) = closers.last() {
        at = skip_white_space(text, at);
        match *text.as_bytes().get(at)? {
            b',' => return first_value(text, skip_white_space(text, at + 1), *closer).map(Next::Value),
            byte if byte == *closer => closers.pop(),
            _ => return None,
        };
        at += 1;
    }
    Some(Next::End(at))
}

/// Where the value of an element starts; in an object that is after its key.
fn first_value(text: &str, at: usize, closer: u8) -> Option<usize> {
    if closer == b']' {
        return Some(at);
    }
    let rest = &text[at..];
    let key = if rest.starts_with('"') { valid_scalar(rest)? } else { return None };
    let colon = skip_white_space(text, at + key);
    (text.as_bytes().get(colon) == Some(&b':')).then_some(colon + 1)
}

fn valid_scalar(text: &str) -> Option<usize> {
    let extent = if text.starts_with('"') { Some(string(text)) } else { word(text) };
    extent.filter(|extent| extent.is_valid).map(|extent| extent.length)
}

/// The length up to the bracket that closes the first one, whatever is between; the whole text if none does.
fn balanced(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = text[at..].find(['{', '[', '}', ']', '"']) {
        at += found;
        match text.as_bytes()[at] {
            b'"' => at += string(&text[at..]).length,
            b'{' | b'[' => (depth, at) = (depth + 1, at + 1),
            _ => (depth, at) = (depth - 1, at + 1),
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}
