//! Strings: escaping as Python does, with and without `ensure_ascii`.

/// Appends a JSON string with this content; non-ASCII stays as it is.
pub fn append_string(out: &mut Vec<u8>, content: &str) {
    put_string(out, content);
}

/// Appends a JSON string with this content; non-ASCII stays as it is.
pub fn write_string(out: &mut String, content: &str) {
    put_string(out, content);
}

/// A JSON text in ASCII: everything beyond it, and U+007F, as `\uXXXX`, beyond U+FFFF as a surrogate pair.
pub fn escape_ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.bytes().position(|b| b >= 0x7f) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        if let Some(c) = chars.next() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                push_unit(&mut out, *unit);
            }
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

/// Length of a JSON text once [`escape_ascii`] was applied to it.
pub(crate) fn ascii_len(json: &str) -> usize {
    json.bytes().map(|byte| usize::from(JSON_WIDTHS[usize::from(byte)])).sum()
}

/// Length of the JSON string with this content, quotes included, once [`escape_ascii`] was applied to it.
pub(crate) fn ascii_string_len(content: &str) -> usize {
    2 + content.bytes().map(|byte| usize::from(CONTENT_WIDTHS[usize::from(byte)])).sum::<usize>()
}

/// What each byte of UTF-8 adds to the ASCII form; a character of several bytes is accounted to its first.
const JSON_WIDTHS: [u8; 256] = {
    let mut widths = [1; 256];
    let mut byte = 0x7f;
    while byte < 256 {
        widths[byte] = match byte {
            0x80..=0xbf => 0,
            0xf0.. => 12,
            _ => 6,
        };
        byte += 1;
    }
    widths
};

/// The same for what is to be escaped first.
const CONTENT_WIDTHS: [u8; 256] = {
    let mut widths = JSON_WIDTHS;
    let mut byte = 0;
    while byte < 256 {
        if let Some(escape) = escape_of(byte as u8) {
            widths[byte] = escape.len() as u8;
        }
        byte += 1;
    }
    widths
};

fn push_unit(out: &mut String, unit: u16) {
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        let digit = u32::from(unit >> shift) & 0xf;
        out.push(char::from_digit(digit, 16).expect("a nibble is a hex digit"));
    }
}

pub(super) trait Out {
    fn put(&mut self, text: &str);
}

impl Out for Vec<u8> {
    fn put(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}

impl Out for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }
}

fn put_string(out: &mut impl Out, content: &str) {
    out.put("\"");
    put_escaped(out, content);
    out.put("\"");
}

/// What stands between the quotes.
pub(super) fn put_escaped(out: &mut impl Out, content: &str) {
    let bytes = content.as_bytes();
    let mut start = 0;
    let mut at = next_escape(bytes, 0);
    while at < bytes.len() {
        out.put(&content[start..at]);
        out.put(escape_of(bytes[at]).unwrap_or_default());
        start = at + 1;
        at = next_escape(bytes, start);
    }
    out.put(&content[start..]);
}

/// Position of the next byte that must be escaped, or the length. Eight bytes at a time: prompts are long and mostly plain.
fn next_escape(bytes: &[u8], from: usize) -> usize {
    let (words, tail) = bytes[from..].as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let hits = escapes_in(u64::from_le_bytes(*word));
        if hits != 0 {
            return from + index * 8 + hits.trailing_zeros() as usize / 8;
        }
    }
    let tail_at = bytes.len() - tail.len();
    tail.iter().position(|b| escape_of(*b).is_some()).map_or(bytes.len(), |i| tail_at + i)
}

/// Sets the top bit of each byte below U+0020, and of each `"` and `\\`. Only the lowest bit set is exact: subtraction
/// borrows upwards, so a byte after a hit may be marked too.
const fn escapes_in(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let zero = (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash);
    (control | zero) & (ONES * 0x80)
}

/// How a byte is written inside a string; `None` for as it is.
const fn escape_of(byte: u8) -> Option<&'static str> {
    match byte {
        b'"' => Some("\\\""),
        b'\\' => Some("\\\\"),
        control @ 0..=0x1f => Some(CONTROLS[control as usize]),
        _ => None,
    }
}

const CONTROLS: [&str; 32] = [
    "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007", "\\b", "\\t", "\\n",
    "\\u000b", "\\f", "\\r", "\\u000e", "\\u000f", "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014", "\\u0015",
    "\\u0016", "\\u0017", "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f",
];
