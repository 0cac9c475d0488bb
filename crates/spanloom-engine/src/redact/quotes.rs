//! The quotes that delimit the strings of a JSON text, and the escapes in them.

/// The next quote at or after `from` that is not escaped.
pub(super) fn next_unescaped(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += text[at..].find('"')?;
        if !is_escaped(text, at) {
            return Some(at);
        }
        at += 1;
    }
}

/// The last quote between `floor` and `before` that is not escaped.
pub(super) fn last_unescaped(text: &str, floor: usize, before: usize) -> Option<usize> {
    let mut end = before;
    loop {
        end = floor + text[floor..end].rfind('"')?;
        if !is_escaped(text, end) {
            return Some(end);
        }
    }
}

/// The start of the escape that a position lies within.
pub(super) fn escape_around(text: &str, at: usize) -> Option<usize> {
    if is_escaped(text, at) && text[at..].starts_with(['b', 'f', 'n', 'r', 't', 'u']) {
        return Some(at - 1);
    }
    // The position may be one of the four digits of `\uXXXX`.
    (2..=5).filter_map(|back| at.checked_sub(back)).find(|start| {
        let escape = &text.as_bytes()[*start..at];
        escape.starts_with(b"\\u") && escape[2..].iter().all(u8::is_ascii_hexdigit) && !is_escaped(text, *start)
    })
}

/// Whether an odd number of backslashes stands before a position.
fn is_escaped(text: &str, at: usize) -> bool {
    text.as_bytes()[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}
