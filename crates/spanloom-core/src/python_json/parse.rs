//! Reading JSON texts, Python's extensions included.

use std::borrow::Cow;

use serde_json::Value;

use super::relayout::string_end;

/// The value of a JSON text. Text that is no JSON, or nested deeper than `serde_json` reads, comes back as a string with
/// that text; empty text as null; `NaN`, `Infinity` and `-Infinity` as strings of that name, which `Value` has no numbers for.
pub fn parse(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    let strict = serde_json::from_str(text).ok();
    let value = strict.or_else(|| match repair(text) {
        Cow::Owned(repaired) => serde_json::from_str(&repaired).ok(),
        Cow::Borrowed(_) => None,
    });
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The bare words of Python's JSON, and the strings that stand for them in repaired text. The escape makes those
/// recognisable: no writer escapes a letter.
pub(super) const BARE_WORDS: [(&str, &str); 3] =
    [("NaN", r#""\u004eaN""#), ("Infinity", r#""\u0049nfinity""#), ("-Infinity", r#""\u002dInfinity""#)];

/// Makes the JSON that Python writes beyond the standard readable by `serde_json`: bare words become strings, which
/// [`relayout`](super::relayout()) turns back, and halves of surrogate pairs U+FFFD. Borrowed when there is nothing to do.
pub(crate) fn repair(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let (end, replacement) = match bytes[at] {
            b'"' => {
                let end = string_end(text, at);
                (end, repaired_string(&text[at..end]))
            }
            b'N' | b'I' | b'-' => {
                bare_word(&text[at..]).map_or((at + 1, None), |(word, s)| (at + word, Some(s.into())))
            }
            _ => (at + 1, None),
        };
        if let Some(replacement) = replacement {
            out.push_str(&text[copied..at]);
            out.push_str(&replacement);
            copied = end;
        }
        at = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn bare_word(text: &str) -> Option<(usize, &'static str)> {
    BARE_WORDS.iter().find(|(word, _)| text.starts_with(word)).map(|(word, string)| (word.len(), *string))
}

/// A string with the halves of surrogate pairs replaced; `None` when it has none.
fn repaired_string(literal: &str) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = literal[at..].find('\\') {
        at += found;
        match (escaped_unit(literal, at), escaped_unit(literal, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str(&literal[copied..at]);
                out.push_str("\\ufffd");
                at += 6;
                copied = at;
            }
            // The character after the backslash may be one of several bytes in broken text.
            _ => at += 1 + literal[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    (copied > 0).then(|| out + &literal[copied..])
}

/// The number in a `\uXXXX` that stands here.
fn escaped_unit(literal: &str, at: usize) -> Option<u16> {
    let digits = literal.get(at..at + 6)?.strip_prefix("\\u")?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}
