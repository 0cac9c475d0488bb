//! JSON texts that any receiver can store and read again.
//!
//! Whole numbers beyond 64 bits, `NaN`, the infinities and deep nesting are JSON, or nearly, but receivers refuse them or,
//! worse, take them and cannot give them back. Each becomes a string that says the same.

use std::borrow::Cow;

/// Levels of nesting that are kept; what lies deeper becomes a string of its JSON text. MLflow 3.17 refuses 32 levels of
/// objects and 48 of arrays.
const MAX_DEPTH: usize = 20;

/// The text, with what receivers cannot hold turned into strings. Linear, and without recursion.
pub(crate) fn for_receivers(json: &str) -> Cow<'_, str> {
    let mut edited = Edited { text: json, out: String::new(), copied: 0 };
    let bytes = json.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = string_end(bytes, at),
            b'{' | b'[' if depth == MAX_DEPTH => {
                let end = container_end(bytes, at);
                edited.quote(at, end);
                at = end;
            }
            b'{' | b'[' => (depth, at) = (depth + 1, at + 1),
            b'}' | b']' => (depth, at) = (depth.saturating_sub(1), at + 1),
            b'-' | b'0'..=b'9' | b'N' | b'I' => {
                let end = word_end(bytes, at);
                if !is_storable(&json[at..end]) {
                    edited.quote(at, end);
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    edited.finish()
}

/// Whether a receiver can hold a number: a whole one within 64 bits, or a finite one.
pub(crate) fn is_storable(word: &str) -> bool {
    if word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return word.parse::<i64>().is_ok();
    }
    word.parse::<f64>().is_ok_and(f64::is_finite)
}

struct Edited<'a> {
    text: &'a str,
    out: String,
    copied: usize,
}

impl<'a> Edited<'a> {
    fn quote(&mut self, start: usize, end: usize) {
        self.out.push_str(&self.text[self.copied..start]);
        spanloom_core::python_json::write_string(&mut self.out, &self.text[start..end]);
        self.copied = end;
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.copied..]);
        Cow::Owned(self.out)
    }
}

/// The position after the string that starts here.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The position after the object or array that starts here.
fn container_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
    start + length.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        assert_eq!(for_receivers(json), expected);
        assert_eq!(for_receivers(expected), expected, "what was written stays");
    }

    #[test]
    fn what_receivers_hold_is_left_alone() {
        for json in [r#"{"a": [1, -2.5, 1e-07], "b": "9999999999999999999999 NaN {[", "c": null}"#, "[]", ""] {
            assert!(matches!(for_receivers(json), Cow::Borrowed(_)), "{json}");
        }
        check("[9223372036854775807, -9223372036854775808]", "[9223372036854775807, -9223372036854775808]");
    }

    #[test]
    fn numbers_beyond_64_bits_and_bare_words_become_strings() {
        check("[9223372036854775808]", r#"["9223372036854775808"]"#);
        check(r#"{"x": NaN, "y": -Infinity}"#, r#"{"x": "NaN", "y": "-Infinity"}"#);
        check("[1e999, 1.5]", r#"["1e999", 1.5]"#);
    }

    #[test]
    fn what_lies_too_deep_becomes_the_text_of_it() {
        let deep = format!("{}\"]\"{}", "[".repeat(22), "]".repeat(22));
        let expected = format!("{}{}{}", "[".repeat(20), r#""[[\"]\"]]""#, "]".repeat(20));
        check(&deep, &expected);
        let endless = "[".repeat(100_000);
        assert!(for_receivers(&endless).starts_with(&"[".repeat(20)));
    }
}
