//! A trace as indented text.
//!
//! ```text
//! name TYPE STATUS                     UNKNOWN is not written; `open` follows while it has no end
//!     = inputs JSON                    inputs, outputs and the user's attributes, in their order
//!     ! event {"key": value}           exceptions with `…` for the stack trace
//!     > name {"key": value}            links; to a span of the trace by name, others as `elsewhere`
//!     child …
//! ```
//! Ids and times do not occur, nor do the attributes that every span has.

use std::collections::BTreeMap;
use std::fmt;

use spanloom_core::{JsonText, Link, SpanEvent, SpanId, SpanRecord, SpanStatus, SpanType, Trace, attribute_key as key};

const INDENT: &str = "    ";

/// A trace as indented text; its `Display` ends in a newline unless it is empty.
///
/// Children stand under their parent in the order of the trace. Spans whose parent is not in the trace stand at the end,
/// under a line `(parent unknown)`; so do spans of a cycle, so that every span is written exactly once.
#[derive(Clone, Debug)]
pub struct SpanTree<'t> {
    trace: &'t Trace,
    sorted: bool,
}

impl<'t> SpanTree<'t> {
    /// The tree of a trace.
    pub fn of(trace: &'t Trace) -> Self {
        Self { trace, sorted: false }
    }

    /// Sorts siblings by their text: for spans of several threads, whose order is not given.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.sorted = true;
        self
    }
}

impl fmt::Display for SpanTree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut drawing = Drawing::new(self.trace, self.sorted);
        let roots: Vec<usize> = drawing.places_where(|span| span.parent_id.is_none());
        drawing.blocks(roots, 0).into_iter().try_for_each(|block| f.write_str(&block))?;
        let mut header = "(parent unknown)\n";
        // The rest hangs from no root. Drawing the first of it draws what is below it.
        while let Some(place) = drawing.first_left() {
            f.write_str(std::mem::take(&mut header))?;
            drawing.blocks(vec![place], 1).into_iter().try_for_each(|block| f.write_str(&block))?;
        }
        Ok(())
    }
}

/// A trace while it is drawn.
struct Drawing<'t> {
    spans: &'t [SpanRecord],
    sorted: bool,
    children: BTreeMap<SpanId, Vec<usize>>,
    drawn: Vec<bool>,
}

impl<'t> Drawing<'t> {
    fn new(trace: &'t Trace, sorted: bool) -> Self {
        let spans = &trace.data.spans;
        let mut children: BTreeMap<SpanId, Vec<usize>> = BTreeMap::new();
        for (place, span) in spans.iter().enumerate() {
            if let Some(parent) = span.parent_id {
                children.entry(parent).or_default().push(place);
            }
        }
        Self { spans, sorted, children, drawn: vec![false; spans.len()] }
    }

    fn places_where(&self, fits: impl Fn(&SpanRecord) -> bool) -> Vec<usize> {
        (0..self.spans.len()).filter(|&place| fits(&self.spans[place])).collect()
    }

    /// What is not drawn yet: orphans before spans of cycles.
    fn first_left(&self) -> Option<usize> {
        let is_known = |id| self.spans.iter().any(|span| span.span_id == id);
        let left = self.places_where(|_| true).into_iter().filter(|&place| !self.drawn[place]);
        left.min_by_key(|&place| (self.spans[place].parent_id.is_some_and(is_known), place))
    }

    /// The text of each of these spans with all below it.
    fn blocks(&mut self, places: Vec<usize>, depth: usize) -> Vec<String> {
        let mut blocks = Vec::with_capacity(places.len());
        for place in places {
            if !std::mem::replace(&mut self.drawn[place], true) {
                let span = &self.spans[place];
                let below = self.children.get(&span.span_id).cloned().unwrap_or_default();
                let mut block = self.lines(span, depth);
                block.extend(self.blocks(below, depth + 1));
                blocks.push(block);
            }
        }
        if self.sorted {
            blocks.sort();
        }
        blocks
    }

    fn lines(&self, span: &SpanRecord, depth: usize) -> String {
        let mut lines = vec![head(span)];
        lines.extend(span.attributes.iter().filter_map(|(key, text)| attribute(key, text)));
        lines.extend(span.events.iter().map(event));
        lines.extend(span.links.iter().map(|link| self.link(link)));
        let indent = INDENT.repeat(depth);
        let detail = |(at, line): (usize, String)| format!("{indent}{}{line}\n", if at == 0 { "" } else { INDENT });
        lines.into_iter().enumerate().map(detail).collect()
    }

    fn link(&self, link: &Link) -> String {
        let here = |span: &&SpanRecord| span.trace_id == link.trace_id && span.span_id == link.span_id;
        let target = self.spans.iter().find(here).map_or("elsewhere", |span| &span.name);
        format!("> {target}{}", native(&link.attributes))
    }
}

fn head(span: &SpanRecord) -> String {
    let kind = match &span.span_type {
        SpanType::Unknown => String::new(),
        known => format!(" {}", known.as_str()),
    };
    let status = match &span.status {
        SpanStatus::Unset => " UNSET".to_owned(),
        SpanStatus::Ok => " OK".to_owned(),
        SpanStatus::Error(text) if text.is_empty() => " ERROR".to_owned(),
        SpanStatus::Error(text) => format!(" ERROR {text:?}"),
    };
    let open = if span.end_time_unix_nano.is_none() { " open" } else { "" };
    format!("{}{kind}{status}{open}", span.name)
}

/// The line of an attribute, unless it is one that every span has.
fn attribute(name: &str, text: &JsonText) -> Option<String> {
    match name {
        key::TRACE_REQUEST_ID | key::SPAN_TYPE | key::LOG_LEVEL | key::FUNCTION_NAME | key::START_TIME_NS => None,
        key::STREAM_FIRST_ITEM_NS => None,
        key::INPUTS => Some(format!("= inputs {text}")),
        key::OUTPUTS => Some(format!("= outputs {text}")),
        name => Some(format!("= {name} {text}")),
    }
}

fn event(event: &SpanEvent) -> String {
    let mut event = event.clone();
    for (key, text) in &mut event.attributes {
        if key == "exception.stacktrace" {
            *text = JsonText::string("…");
        }
    }
    format!("! {}{}", event.name, native(&event.attributes))
}

fn native<K: AsRef<str>>(attributes: &[(K, JsonText)]) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let pairs = attributes.iter().map(|(key, text)| format!("{}: {text}", JsonText::string(key.as_ref())));
    format!(" {{{}}}", pairs.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
