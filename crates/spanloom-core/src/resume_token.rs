//! What stands for a span while no process has it: a text that is carried in a job table, an e-mail, a queue.
//!
//! The text is base64url of a version, the ids, what is needed to name the span where no store knows it, and a checksum. It
//! holds no inputs, outputs or attributes. The checksum finds damage; it is no signature: whoever can change the text can
//! make another, so a token is taken back from whom it was given to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{SpanId, TraceId};

/// What stands for a span while no process has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResumeToken {
    /// Its trace; [`TraceId::INVALID`] when the span did not record, in which case the one that goes on with it does not
    /// either.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// What else is known of it.
    pub known: Option<PausedSpan>,
}

/// What is known of a span that was detached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PausedSpan {
    /// The span above it.
    pub parent_id: Option<SpanId>,
    /// Its name.
    pub name: String,
    /// What it stands for; empty when that was not said.
    pub span_type: String,
    /// When it began, in nanoseconds since the Unix epoch.
    pub start_unix_nano: u64,
    /// How often it was resumed before.
    pub times_resumed: u64,
}

/// A text that is no token of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidToken {
    /// It was not made by `detach`, or was cut or changed on its way.
    #[error("the token is not one that `Span::detach` gave, or was changed on its way; pass on the whole text")]
    Damaged,
    /// It was made by a later version of this library.
    #[error("the token is of version `{version}`, and this program knows version 1; update the program that resumes")]
    Version {
        /// The version.
        version: u8,
    },
}

const VERSION: u8 = 1;
/// A longer name is cut in the token; the store keeps all of it.
const NAME_BYTES: usize = 256;
const LONGEST: usize = 1_024;

impl ResumeToken {
    /// A token of these ids.
    pub const fn new(trace_id: TraceId, span_id: SpanId, known: Option<PausedSpan>) -> Self {
        Self { trace_id, span_id, known }
    }

    /// Whether there is anything to go on with.
    pub fn is_recording(&self) -> bool {
        self.trace_id != TraceId::INVALID && self.span_id != SpanId::INVALID
    }

    /// The text.
    pub fn encode(&self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.trace_id.to_u128().to_be_bytes());
        bytes.extend_from_slice(&self.span_id.to_u64().to_be_bytes());
        if let Some(known) = &self.known {
            bytes.extend_from_slice(&known.parent_id.map_or(0, SpanId::to_u64).to_be_bytes());
            bytes.extend_from_slice(&known.start_unix_nano.to_be_bytes());
            bytes.extend_from_slice(&known.times_resumed.to_be_bytes());
            for text in [&known.span_type, &known.name] {
                let text = cut(text);
                bytes.extend_from_slice(&u16::try_from(text.len()).unwrap_or(0).to_be_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Back from the text. White space around it does not matter.
    ///
    /// # Errors
    /// When it is no token, or was changed.
    pub fn decode(text: &str) -> Result<Self, InvalidToken> {
        let text = text.trim();
        let bytes = Some(text).filter(|text| text.len() <= LONGEST).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let bytes = bytes.ok_or(InvalidToken::Damaged)?;
        let (content, sum) = bytes.split_last_chunk::<4>().ok_or(InvalidToken::Damaged)?;
        if crc32c::crc32c(content) != u32::from_be_bytes(*sum) {
            return Err(InvalidToken::Damaged);
        }
        match content.split_first() {
            Some((&VERSION, content)) => Self::read(content).ok_or(InvalidToken::Damaged),
            Some((&version, _)) => Err(InvalidToken::Version { version }),
            None => Err(InvalidToken::Damaged),
        }
    }

    fn read(content: &[u8]) -> Option<Self> {
        let (trace, rest) = content.split_first_chunk()?;
        let (span, rest) = number(rest)?;
        let trace_id = TraceId::from_u128(u128::from_be_bytes(*trace)).unwrap_or(TraceId::INVALID);
        let span_id = SpanId::from_u64(span).unwrap_or(SpanId::INVALID);
        if rest.is_empty() {
            return Some(Self { trace_id, span_id, known: None });
        }
        let (parent, rest) = number(rest)?;
        let (start_unix_nano, rest) = number(rest)?;
        let (times_resumed, rest) = number(rest)?;
        let (span_type, rest) = text(rest)?;
        let (name, rest) = text(rest)?;
        let parent_id = SpanId::from_u64(parent);
        let known = PausedSpan { parent_id, name, span_type, start_unix_nano, times_resumed };
        rest.is_empty().then_some(Self { trace_id, span_id, known: Some(known) })
    }
}

/// At most what a token takes of a text, cut between characters.
fn cut(text: &str) -> &str {
    let end = (0..=NAME_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((std::str::from_utf8(text).ok()?.to_owned(), rest))
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u64::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(name: &str) -> ResumeToken {
        let known = PausedSpan {
            parent_id: SpanId::from_u64(3),
            name: name.to_owned(),
            start_unix_nano: 9,
            times_resumed: 2,
            span_type: "TOOL".to_owned(),
        };
        let (trace, span) = (TraceId::from_u128(1 << 100).expect("not zero"), SpanId::from_u64(7).expect("not zero"));
        ResumeToken::new(trace, span, Some(known))
    }

    #[test]
    fn a_token_is_text_for_urls_and_comes_back() {
        for token in [token("größe"), token(""), ResumeToken { known: None, ..token("") }] {
            let text = token.encode();
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
            assert_eq!(ResumeToken::decode(&format!(" {text}\n")), Ok(token));
        }
        let long = ResumeToken::decode(&token(&"é".repeat(500)).encode()).expect("a token");
        assert_eq!(long.known.map(|known| known.name.len()), Some(256));
    }

    #[test]
    fn a_later_version_is_named() {
        let mut bytes = URL_SAFE_NO_PAD.decode(token("x").encode()).expect("base64");
        let end = bytes.len() - 4;
        bytes[0] = 9;
        let sum = crc32c::crc32c(&bytes[..end]).to_be_bytes();
        bytes[end..].copy_from_slice(&sum);
        assert_eq!(ResumeToken::decode(&URL_SAFE_NO_PAD.encode(bytes)), Err(InvalidToken::Version { version: 9 }));
    }

    proptest! {
        #[test]
        fn whatever_was_changed_is_found(at in 0_usize..70, to in "[A-Za-z0-9_.=-]", cut in 0_usize..70, junk in ".{0,60}") {
            let text = token("a name").encode();
            let at = at % text.len();
            let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            if changed != text {
                prop_assert_eq!(ResumeToken::decode(&changed), Err(InvalidToken::Damaged));
            }
            prop_assert_eq!(ResumeToken::decode(&text[..cut % text.len()]), Err(InvalidToken::Damaged));
            prop_assert!(ResumeToken::decode(&junk).is_err());
        }
    }
}
