//! The head of a stored trace: everything that is known of the whole, as one checked JSON text.
//!
//! The columns of `traces` repeat some of it so that it can be searched; what a reader shows comes from here. The spans
//! of a small trace follow the head in the same part: one row less, and they compress together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use spanloom_core::{JsonText, SealedTrace, TraceId, TraceInfo, TraceState, attribute_key};

use crate::error::PayloadError;

/// Kinds of spans: name, type, whether one of them failed.
pub(crate) type SpanKinds = Vec<(String, String, bool)>;

/// What is kept of a trace beside its spans.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) info: TraceInfo,
    pub(crate) span_count: u64,
    pub(crate) span_kinds: SpanKinds,
    /// How many chunks the spans are in; `None` while more may come.
    pub(crate) chunks: Option<u32>,
}

impl Head {
    pub(crate) fn of_sealed(sealed: &SealedTrace) -> Self {
        Self {
            info: sealed.info.clone(),
            span_count: sealed.span_count,
            span_kinds: sealed.span_kinds.clone(),
            chunks: u32::try_from(chunk_ranges(sealed).count()).ok(),
        }
    }

    /// The trace's name: MLflow keeps it as a tag.
    pub(crate) fn name(&self) -> Option<&str> {
        self.info.tags.get(attribute_key::TRACE_NAME).map(String::as_str)
    }

    /// The length of the head, the head, and the spans that are kept with it.
    pub(crate) fn encode(&self, inline: &[u8]) -> Vec<u8> {
        let mut content = vec![0; LENGTH_BYTES];
        serde_json::to_writer(&mut content, &Stored::of(self))
            .expect("strings, numbers and maps with string keys always serialise");
        let length = u32::try_from(content.len() - LENGTH_BYTES).expect("a head is far smaller than 4 GiB");
        content[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
        content.extend_from_slice(inline);
        content
    }

    /// The head, and the spans that are kept with it.
    pub(crate) fn decode(id: TraceId, content: &[u8]) -> Result<(Self, &[u8]), PayloadError> {
        let (length, rest) = content.split_first_chunk::<LENGTH_BYTES>().ok_or(PayloadError::Form(0))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (text, inline) = rest.split_at_checked(length).ok_or(PayloadError::Form(0))?;
        let stored: Stored<'_> = serde_json::from_slice(text).map_err(PayloadError::Head)?;
        Ok((stored.into_head(id), inline))
    }
}

const LENGTH_BYTES: usize = 4;
/// A list decompresses what is kept with the heads, so it must be little.
const INLINE_BYTES: usize = 8 << 10;

/// Whether the spans of a trace are kept with its head.
fn is_inline(sealed: &SealedTrace) -> bool {
    !sealed.body.is_empty() && sealed.body.len() <= INLINE_BYTES && sealed.chunk_ends == [sealed.body.len()]
}

/// The spans that are kept with the head of a trace.
pub(crate) fn inline(sealed: &SealedTrace) -> &[u8] {
    if is_inline(sealed) { &sealed.body } else { &[] }
}

/// Where each chunk of the other spans is in a trace's body. A body whose ends are not sensible is one chunk.
pub(crate) fn chunk_ranges(sealed: &SealedTrace) -> impl Iterator<Item = Range<usize>> {
    let len = sealed.body.len();
    let sensible = sealed.chunk_ends.is_sorted() && sealed.chunk_ends.last() == Some(&len);
    let ends = match (is_inline(sealed), sensible) {
        (true, _) => Vec::new(),
        (false, true) => sealed.chunk_ends.clone(),
        (false, false) => vec![len],
    };
    let mut start = 0;
    ends.into_iter().map(move |end| std::mem::replace(&mut start, end)..end).filter(|range| !range.is_empty())
}

/// The JSON form. Keys are short because a store holds millions of them and few are worth compressing.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    t: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    s: TraceState,
    #[serde(borrow)]
    e: Cow<'a, str>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    c: Option<Cow<'a, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    q: Option<Cow<'a, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    a: Option<Cow<'a, str>>,
    m: Cow<'a, BTreeMap<String, String>>,
    g: Cow<'a, BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    i: bool,
    n: u64,
    k: Cow<'a, [(String, String, bool)]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    x: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Stored<'a> {
    fn of(head: &'a Head) -> Self {
        let info = &head.info;
        Self {
            t: info.request_time_unix_nano,
            ms: info.execution_duration_ms,
            s: info.state,
            e: Cow::Borrowed(&info.experiment_id),
            c: info.client_request_id.as_deref().map(Cow::Borrowed),
            q: info.request_preview.as_deref().map(Cow::Borrowed),
            a: info.response_preview.as_deref().map(Cow::Borrowed),
            m: Cow::Borrowed(&info.trace_metadata),
            g: Cow::Borrowed(&info.tags),
            i: info.interrupted,
            n: head.span_count,
            k: Cow::Borrowed(&head.span_kinds),
            p: head.chunks,
            x: info.extra.iter().map(|(key, text)| (key.as_str().into(), text.as_str().into())).collect(),
        }
    }

    fn into_head(self, id: TraceId) -> Head {
        let mut info = TraceInfo::new(id, self.t);
        info.execution_duration_ms = self.ms;
        info.state = self.s;
        info.experiment_id = self.e.into_owned();
        info.client_request_id = self.c.map(Cow::into_owned);
        info.request_preview = self.q.map(Cow::into_owned);
        info.response_preview = self.a.map(Cow::into_owned);
        info.trace_metadata = self.m.into_owned();
        info.tags = self.g.into_owned();
        info.interrupted = self.i;
        let kept = self.x.into_iter();
        info.extra = kept.map(|(key, text)| (key.into_owned(), JsonText::from_encoded(text.into_owned()))).collect();
        Head { info, span_count: self.n, span_kinds: self.k.into_owned(), chunks: self.p }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_as_it_was() {
        let id = TraceId::from_u128(9).expect("not zero");
        let mut info = TraceInfo::new(id, u64::MAX);
        info.execution_duration_ms = Some(u64::MAX);
        info.state = TraceState::Error;
        info.client_request_id = Some(String::new());
        info.request_preview = Some("größe \u{0} \u{202e}".to_owned());
        info.tags.insert("a \"b\"".to_owned(), "c\nd".to_owned());
        info.interrupted = true;
        info.extra.push(("later \"key\"".to_owned(), JsonText::capture(&[1.5])));
        let span_kinds = vec![("n".to_owned(), "LLM".to_owned(), true)];
        let head = Head { info, span_count: 3, span_kinds, chunks: Some(1) };
        for inline in [&b""[..], b"spans"] {
            assert_eq!(Head::decode(id, &head.encode(inline)).expect("undamaged"), (head.clone(), inline));
        }
    }

    #[test]
    fn a_damaged_head_is_an_error() {
        let id = TraceId::from_u128(9).expect("not zero");
        assert!(matches!(Head::decode(id, b"\x02\0\0\0{]"), Err(PayloadError::Head(_))));
        assert!(matches!(Head::decode(id, b"\x03\0\0\0{}"), Err(PayloadError::Form(0))));
        assert!(matches!(Head::decode(id, b"\x03\0\0"), Err(PayloadError::Form(0))));
    }
}
