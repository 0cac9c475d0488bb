//! From drafts to what is stored: limits, redaction, the attributes that every span has, the binary form.
//!
//! Everything that a reader or a destination will ever see passes here, once.

use std::borrow::Cow;

use spanloom_api::packed::unpack;
use spanloom_core::codec::{CHUNK_BYTES, encode_part};
use spanloom_core::{
    EventPart, Limits, LinkPart, PartStart, SpanPart, SpanStatus, StatusPart, attribute_key as key, note_kind, preview,
};

use super::fold::Draft;
use crate::identity::Identities;
use crate::redact::{RedactionCounts, Redactor};

/// What sealing did to values.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) truncated: u64,
    pub(crate) redacted: RedactionCounts,
    /// Spans that a function of the program discarded.
    pub(crate) discarded: u64,
    /// Functions of the program that panicked.
    pub(crate) panics: u64,
}

/// How drafts of one trace become parts.
pub(crate) struct Seal<'s, 'a> {
    /// JSON text of the trace's id.
    pub(crate) request_id: &'a str,
    pub(crate) identities: Identities<'s>,
    pub(crate) limits: &'s Limits,
    pub(crate) redactor: &'s Redactor,
    pub(crate) changes: &'s mut Changes,
    /// The name that was found clean last: neighbours often have the same literal.
    pub(crate) clean_name: &'a str,
}

/// Keys and JSON texts.
pub(crate) type Attributes<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// What was found out about a trace while its spans were encoded.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) chunk_ends: Vec<usize>,
    pub(crate) span_count: u64,
    pub(crate) kinds: Vec<(String, String, bool)>,
    pub(crate) json_lens: Vec<u64>,
}

impl<'a> Seal<'_, 'a> {
    /// A draft within the limits, redacted, with the attributes that every span has. `attributes` is a list to fill.
    pub(crate) fn part(&mut self, draft: Draft<'a>, attributes: Attributes<'a>) -> SpanPart<'a> {
        let mut part = SpanPart::new(self.identities.span_id(draft.span));
        part.attributes = self.attributes(&draft, attributes);
        part.start = draft.start.map(|(parent, name, start_unix_nano)| PartStart {
            parent_id: self.identities.parent_id(draft.span, parent),
            name: self.name(name),
            start_unix_nano,
        });
        part.end_unix_nano = draft.end_unix_nano;
        // How a span ends that was closed for its trace is not known yet; OK would be final.
        let has_ended = draft.end_unix_nano.is_some() && draft.attribute(key::SPAN_INCOMPLETE) != Some("true");
        let status = if has_ended { draft.status.at_end() } else { draft.status };
        part.status = self.status(status);
        part.events = self.events(draft.events);
        part.links = self.links(draft.links);
        part
    }

    fn status(&mut self, status: SpanStatus) -> Option<StatusPart<'static>> {
        match status {
            SpanStatus::Unset => None,
            SpanStatus::Ok => Some(StatusPart::Ok),
            SpanStatus::Error(text) => {
                let text = self.redactor.redact_text(&text, &mut self.changes.redacted).into_owned();
                Some(StatusPart::Error(Cow::Owned(text)))
            }
        }
    }

    /// Id and type first, then the user's in their order, the level last.
    fn attributes(&mut self, draft: &Draft<'a>, mut attributes: Attributes<'a>) -> Attributes<'a> {
        attributes.clear();
        if draft.start.is_some() {
            attributes.push((Cow::Borrowed(key::TRACE_REQUEST_ID), Cow::Borrowed(self.request_id)));
            if draft.attribute(key::SPAN_TYPE).is_none() {
                attributes.push((Cow::Borrowed(key::SPAN_TYPE), Cow::Borrowed("\"UNKNOWN\"")));
            }
        }
        let surplus = self.surplus(draft);
        let mut skipped = 0;
        for (name, json) in &draft.attributes {
            if skipped < surplus && !is_reserved(name) {
                skipped += 1;
                continue;
            }
            let value = self.value(name, json.clone());
            attributes.push((self.attribute_key(name), value));
        }
        // A piece without the start does not know the type, on which the level depends.
        let is_whole = draft.start.is_some() && (draft.end_unix_nano.is_some() || draft.paused) && !draft.resumed;
        if is_whole && draft.attribute(key::LOG_LEVEL).is_none() {
            attributes.push((Cow::Borrowed(key::LOG_LEVEL), Cow::Borrowed(level_of(draft))));
        }
        attributes
    }

    /// How many of the user's attributes are too many: the oldest go.
    fn surplus(&mut self, draft: &Draft<'_>) -> usize {
        let own = draft.attributes.iter().filter(|(name, _)| !is_reserved(name)).count();
        let surplus = own.saturating_sub(self.limits.attributes_per_span);
        self.changes.truncated += surplus as u64;
        surplus
    }

    fn value<'v>(&mut self, name: &str, json: Cow<'v, str>) -> Cow<'v, str> {
        let limit = match name {
            key::INPUTS | key::OUTPUTS => self.limits.payload_bytes,
            _ => self.limits.attribute_bytes,
        };
        // Redacted before it is cut: the stump of a secret could not be told from other text.
        let json = match json {
            Cow::Borrowed(json) => self.redactor.redact_json(name, json, &mut self.changes.redacted),
            Cow::Owned(json) => {
                Cow::Owned(self.redactor.redact_json(name, &json, &mut self.changes.redacted).into_owned())
            }
        };
        self.cut_value(json, limit)
    }

    /// A value over its limit becomes a text: the start of what it was, and how long that was.
    fn cut_value<'v>(&mut self, json: Cow<'v, str>, limit: usize) -> Cow<'v, str> {
        if json.len() <= limit {
            return json;
        }
        self.changes.truncated += 1;
        let kept = cut_bytes(&json, limit);
        let note = format!("{kept}… [truncated by spanloom: {} of {} bytes kept]", kept.len(), json.len());
        Cow::Owned(spanloom_core::JsonText::string(&note).as_str().to_owned())
    }

    fn name(&mut self, name: &'a str) -> Cow<'a, str> {
        if std::ptr::eq(name, self.clean_name) {
            return Cow::Borrowed(name);
        }
        let cut = cut_bytes(name, self.limits.name_bytes);
        self.changes.truncated += u64::from(cut.len() < name.len());
        let redacted = self.redactor.redact_text(cut, &mut self.changes.redacted);
        if matches!(redacted, Cow::Borrowed(clean) if clean.len() == name.len()) {
            self.clean_name = name;
        }
        redacted
    }

    fn attribute_key<'v>(&mut self, name: &'v str) -> Cow<'v, str> {
        let cut = cut_bytes(name, self.limits.key_bytes);
        self.changes.truncated += u64::from(cut.len() < name.len());
        Cow::Borrowed(cut)
    }

    fn events(&mut self, events: Vec<(&'a str, u64, Cow<'a, str>)>) -> Vec<EventPart<'a>> {
        let surplus = events.len().saturating_sub(self.limits.events_per_span);
        self.changes.truncated += surplus as u64;
        let kept = events.into_iter().skip(surplus);
        kept.map(|(name, time_unix_nano, packed)| EventPart {
            name: self.name(name),
            time_unix_nano,
            attributes: self.packed(&packed),
        })
        .collect()
    }

    fn links(&mut self, links: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Vec<LinkPart<'a>> {
        let surplus = links.len().saturating_sub(self.limits.links_per_span);
        self.changes.truncated += surplus as u64;
        let kept = links.into_iter().skip(surplus);
        kept.filter_map(|(target, packed)| {
            let (trace, span) = target.split_at_checked(32)?;
            let attributes = self.packed(&packed);
            Some(LinkPart { trace_id: trace.parse().ok()?, span_id: span.parse().ok()?, attributes })
        })
        .collect()
    }

    fn packed(&mut self, packed: &str) -> Vec<(Cow<'static, str>, Cow<'static, str>)> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        unpack(packed)
            .map(|(name, json)| (own(self.attribute_key(name)), own(self.value(name, Cow::Borrowed(json)))))
            .collect()
    }
}

impl Body {
    /// For about this many spans, whose log has this many bytes.
    pub(crate) fn with_capacity(spans: u64, log_bytes: usize) -> Self {
        let spans = usize::try_from(spans).unwrap_or(0);
        // What a span's part has beside what was logged: ids, sums, and the three attributes that every span gets.
        const PART_BYTES: usize = 96;
        let bytes = Vec::with_capacity(log_bytes + spans * PART_BYTES);
        Self { bytes, json_lens: Vec::with_capacity(spans), ..Self::default() }
    }

    /// Adds a span.
    pub(crate) fn add(&mut self, part: &SpanPart<'_>) {
        let start = self.chunk_ends.last().copied().unwrap_or(0);
        encode_part(part, &mut self.bytes);
        if self.bytes.len() - start >= CHUNK_BYTES {
            self.chunk_ends.push(self.bytes.len());
        }
        self.span_count += u64::from(part.start.is_some());
        self.json_lens.push(spanloom_core::trace_json::span_json_len(part));
        if let Some(begun) = &part.start {
            let span_type = part.attributes.iter().rev().find(|(k, _)| k == key::SPAN_TYPE);
            let span_type = span_type.map_or("UNKNOWN", |(_, json)| json.trim_matches('"'));
            note_kind(&mut self.kinds, &begun.name, span_type, matches!(part.status, Some(StatusPart::Error(_))));
        }
    }

    /// Closes the last chunk.
    pub(crate) fn finish(&mut self) {
        if self.chunk_ends.last().copied().unwrap_or(0) < self.bytes.len() {
            self.chunk_ends.push(self.bytes.len());
        }
    }
}

/// Marks a span that is still open as closed for its trace.
pub(crate) fn close_open(draft: &mut Draft<'_>, closed_at_unix_nano: u64) {
    if draft.end_unix_nano.is_none() && draft.start.is_some() && !draft.paused {
        draft.end_unix_nano = Some(closed_at_unix_nano);
        draft.set_attribute(key::SPAN_INCOMPLETE, Cow::Borrowed("true"));
    }
}

fn is_reserved(name: &str) -> bool {
    name.starts_with("mlflow.") || name.starts_with("spanloom.")
}

/// MLflow's rule for spans that were given no level.
fn level_of(draft: &Draft<'_>) -> &'static str {
    let json = draft.attribute(key::SPAN_TYPE).unwrap_or("");
    let by_type = match json.trim_matches('"') {
        "LLM" | "CHAT_MODEL" | "TOOL" | "RETRIEVER" | "AGENT" | "EMBEDDING" => "20",
        _ => "10",
    };
    if draft.events.iter().any(|(name, ..)| *name == "exception") { "40" } else { by_type }
}

/// Says that a span which was closed for its trace has ended after all. Parts cannot take an attribute back.
pub(crate) fn amend_closed(draft: &mut Draft<'_>) {
    if draft.start.is_none() && draft.end_unix_nano.is_some() {
        draft.set_attribute(key::SPAN_INCOMPLETE, Cow::Borrowed("false"));
    }
}

/// At most this many bytes, cut between characters.
pub(super) fn cut_bytes(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    &text[..end]
}

/// The two previews and the two metadata entries that are cut from a root's inputs and outputs.
pub(crate) fn root_texts(root: &SpanPart<'_>) -> ([Option<String>; 2], [String; 2]) {
    let find = |name| root.attributes.iter().find(|(k, _)| k == name).map(|(_, json)| &**json);
    let (inputs, outputs) = (find(key::INPUTS), find(key::OUTPUTS));
    let previews = [preview::request_preview(inputs), preview::response_preview(outputs)];
    (previews, [preview::metadata_cut(inputs), preview::metadata_cut(outputs)])
}
