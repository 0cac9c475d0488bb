//! The content of a JSON string, with the way back to where each part of it stands.

use std::iter;

/// A string without its escapes.
///
/// What is no valid escape stays as it is; half a surrogate pair becomes U+FFFD. Neither matters to the result of
/// a redaction, which only takes positions from here and cuts the raw text.
#[derive(Debug)]
pub(super) struct Unescaped {
    pub(super) text: String,
    /// After each escape: position in `text`, position in the raw text. Between them both advance alike.
    steps: Vec<(usize, usize)>,
}

impl Unescaped {
    pub(super) fn new(raw: &str) -> Self {
        let mut text = String::with_capacity(raw.len());
        let mut steps = Vec::new();
        let mut at = 0;
        while let Some(plain) = raw[at..].find('\\') {
            text.push_str(&raw[at..at + plain]);
            at += plain;
            match escape(&raw[at..]) {
                Some((content, length)) => {
                    text.push(content);
                    at += length;
                    steps.push((text.len(), at));
                }
                None => {
                    text.push('\\');
                    at += 1;
                }
            }
        }
        text.push_str(&raw[at..]);
        Self { text, steps }
    }

    /// Whether there was no escape.
    pub(super) fn is_unchanged(&self) -> bool {
        self.steps.is_empty()
    }

    /// Where the character at this position of `text` starts in the raw text.
    pub(super) fn raw_position(&self, at: usize) -> usize {
        let after = self.steps.partition_point(|(position, _)| *position <= at);
        let (position, raw) = after.checked_sub(1).map_or((0, 0), |index| self.steps[index]);
        raw + (at - position)
    }
}

/// What the escape at the start of `raw` stands for, and its length.
fn escape(raw: &str) -> Option<(char, usize)> {
    let content = match raw.as_bytes().get(1)? {
        b'u' => return unicode_escape(raw),
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        plain @ (b'"' | b'\\' | b'/') => char::from(*plain),
        _ => return None,
    };
    Some((content, 2))
}

fn unicode_escape(raw: &str) -> Option<(char, usize)> {
    let first = code_unit(raw)?;
    let units = iter::once(first).chain(raw.get(6..).and_then(code_unit));
    match char::decode_utf16(units).next() {
        Some(Ok(content)) => Some((content, 6 * content.len_utf16())),
        _ => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

fn code_unit(raw: &str) -> Option<u16> {
    let digits = raw.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}
