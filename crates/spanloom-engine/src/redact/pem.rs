//! What follows the first line of a PEM private key.

use super::quotes;

const DASHES: &str = "-----";
/// Runs of letters shorter than this are words of a sentence, not a line of the key.
const SHORTEST_LINE: usize = 16;

/// The length of what belongs to the key, given the text after its `-----BEGIN … PRIVATE KEY-----`.
///
/// A block ends with its `-----END …-----`. Of one that was cut off the lines that look like key material are taken:
/// half a key is still a secret. Neither goes past the string the block stands in, nor into another block, so
/// that a thousand first lines cost no more than their own length.
pub(super) fn rest_of_block(text: &str) -> usize {
    let dashes = text.find(DASHES);
    let body = &text[..dashes.unwrap_or(text.len())];
    if let Some(quote) = quotes::next_unescaped(body, 0) {
        return lines_of_key(&body[..quote]);
    }
    match dashes.and_then(|at| last_line(&text[at..])) {
        Some(length) => body.len() + length,
        None => lines_of_key(body),
    }
}

/// The length of `-----END … PRIVATE KEY-----`; the dashes at its end may be cut off.
fn last_line(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches('-').strip_prefix("END ")?;
    let label = rest.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != ' ').unwrap_or(rest.len());
    let rest = &rest[label..];
    let rest = rest.strip_prefix(DASHES).unwrap_or(rest);
    Some(text.len() - rest.len())
}

/// The length of the lines of base64, each after white space, plain or escaped.
fn lines_of_key(text: &str) -> usize {
    let mut rest = text;
    loop {
        let line = after_white_space(rest);
        let length = line.find(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)).unwrap_or(line.len());
        if length < SHORTEST_LINE {
            return text.len() - rest.len();
        }
        rest = &line[length..];
    }
}

fn after_white_space(text: &str) -> &str {
    let mut rest = text;
    loop {
        let plain = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let escaped = plain.trim_start_matches('\\');
        let is_escape = escaped.len() < plain.len() && escaped.starts_with(['n', 'r', 't']);
        rest = if is_escape { &escaped[1..] } else { plain };
        if !is_escape {
            return rest;
        }
    }
}
