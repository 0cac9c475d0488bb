//! The text of a span that `trace.text` and `span.content` look into.
//!
//! MLflow looks into the span's JSON, where a text stands as JSON in JSON and every quote has three backslashes before
//! it. Here it is what one sees: one line for the name, the status message, and each key and value of attributes and
//! events, values as their JSON text with escapes undone. Keys that MLflow or Spanloom reserve are left out.

use std::borrow::Cow;

use crate::{SpanRecord, SpanStatus};

/// The whole text of a span.
pub fn of(span: &SpanRecord) -> String {
    let mut text = String::new();
    line(&mut text, &span.name);
    if let SpanStatus::Error(message) = &span.status {
        line(&mut text, message);
    }
    for (key, value) in &span.attributes {
        pair(&mut text, key, value.as_str());
    }
    for event in &span.events {
        line(&mut text, &event.name);
        for (key, value) in &event.attributes {
            pair(&mut text, key, value.as_str());
        }
    }
    text
}

fn line(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

fn pair(text: &mut String, key: &str, value: &str) {
    if !is_reserved(key) {
        line(text, key);
    }
    line(text, &unescaped(value));
}

fn is_reserved(key: &str) -> bool {
    ["mlflow.", "spanloom.", "exception."].iter().any(|prefix| key.starts_with(prefix))
}

/// JSON text without its escapes. It is no JSON any more; for finding things in it that is no loss.
fn unescaped(json: &str) -> Cow<'_, str> {
    if !json.contains('\\') {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (c, length) = escape(&rest[at..]);
        text.push(c);
        rest = &rest[at + length..];
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// What the escape at the beginning stands for, and its length. What is none stands for its backslash.
fn escape(text: &str) -> (char, usize) {
    match text.as_bytes().get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(c @ (b'"' | b'\\' | b'/')) => (char::from(*c), 2),
        Some(b'u') => unicode(text).unwrap_or(('\\', 1)),
        _ => ('\\', 1),
    }
}

/// `\u00e9`, or a pair such as `\ud83d\ude00`; half a pair stands for the replacement character.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at + 4)?, 16).ok();
    let first = unit(2)?;
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Some((c, 6));
    }
    let second = if text.get(6..8) == Some("\\u") { unit(8) } else { None };
    match char::decode_utf16([first].into_iter().chain(second)).next() {
        Some(Ok(c)) => Some((c, 12)),
        _ => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpanEvent, SpanId, TraceId};

    #[test]
    fn a_text_is_found_as_one_sees_it() {
        let id = TraceId::from_u128(1).expect("not zero");
        let mut span = SpanRecord::new(id, SpanId::from_u64(1).expect("not zero"), "search", 0);
        span.set_inputs(serde_json::json!({"q": "it's \"größe\"\n"}));
        span.set_attribute("region", "eu");
        span.status = SpanStatus::error("timed out");
        span.events.push(SpanEvent::new("exc").attribute("m", 5));
        assert_eq!(of(&span), "search\ntimed out\n{\"q\": \"it's \"größe\"\n\"}\nregion\n\"eu\"\nexc\nm\n5");
    }

    #[test]
    fn escapes_of_every_form_are_undone() {
        for (json, expected) in [
            (r#""a\u00e9\ud83d\ude00""#, "\"aé😀\""),
            (r"\ud83d x", "\u{fffd} x"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\u12", r"\u12"),
            (r"a\\n\/", r"a\n/"),
            ("\\", "\\"),
            ("\\ué", "\\ué"),
        ] {
            assert_eq!(unescaped(json), expected, "{json}");
        }
    }
}
