//! JSON of other writers in our layout, by moving its tokens: no number or key is touched.

use super::parse::BARE_WORDS;
use super::write_string;

/// The same JSON in our layout. Numbers keep their digits, strings lose needless escapes, and what
/// [`repair`](super::repair) made strings are bare words again. Text that is no JSON gives some text, without panic.
pub(crate) fn relayout(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 8);
    let mut at = 0;
    while let Some(byte) = json.as_bytes().get(at) {
        let end = match byte {
            b'"' => string_end(json, at),
            _ => token_end(json, at),
        };
        let token = &json[at..end];
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b',' => out.push_str(", "),
            b':' => out.push_str(": "),
            b'"' => push_string(&mut out, token),
            _ => out.push_str(token),
        }
        at = end;
    }
    out
}

/// How many lists and maps lie around the innermost place of a JSON text.
pub(super) fn nesting(json: &str) -> usize {
    let (mut at, mut depth, mut deepest) = (0, 0_usize, 0);
    while let Some(byte) = json.as_bytes().get(at) {
        at = match byte {
            b'"' => string_end(json, at),
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
                at + 1
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            _ => at + 1,
        };
    }
    deepest
}

/// Where the string ends that begins here with its quote: after the closing one, or at the end of the text.
pub(super) fn string_end(json: &str, start: usize) -> usize {
    let bytes = json.as_bytes();
    let mut at = start + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| matches!(b, b'"' | b'\\'))) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        // A backslash and what it escapes; of a longer character only the first byte, the rest are no quotes.
        at += 2;
    }
    bytes.len()
}

/// A punctuation mark or white space is a token of one byte; a number or word goes to the next of those, or quote.
fn token_end(json: &str, start: usize) -> usize {
    let is_mark = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'"' | b'[' | b']' | b'{' | b'}');
    let rest = &json.as_bytes()[start..];
    match rest.iter().position(is_mark) {
        Some(0) => start + 1,
        Some(len) => start + len,
        None => json.len(),
    }
}

fn push_string(out: &mut String, literal: &str) {
    if !literal.contains('\\') {
        out.push_str(literal);
    } else if let Some((word, _)) = BARE_WORDS.iter().find(|(_, string)| *string == literal) {
        out.push_str(word);
    } else if let Ok(content) = serde_json::from_str::<String>(literal) {
        write_string(out, &content);
    } else {
        out.push_str(literal);
    }
}
