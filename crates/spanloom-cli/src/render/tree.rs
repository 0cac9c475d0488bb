//! The tree of a trace with types, durations and a timeline; below each span what went wrong, in and out.
//!
//! Pure: from a trace, a width and a moment to text. Colours are always in it.

use std::borrow::Cow;
use std::collections::HashMap;

use anstyle::Style;
use spanloom::{SpanId, SpanRecord, SpanStatus, Trace};

use crate::render::escape::{columns, escape, fill_left, fill_right, fit};
use crate::render::moment;
use crate::render::outline::{Entry, Line, outline};
use crate::render::style::{self, paint};
use crate::render::timeline::Timeline;

const INPUTS: &str = "mlflow.spanInputs";
const OUTPUTS: &str = "mlflow.spanOutputs";
const TIME_COLUMNS: usize = 8;
const GAP: usize = 2;
/// Narrower timelines say nothing.
const NARROWEST_TIMELINE: usize = 12;
const NARROWEST_NAME: usize = 12;

/// How a tree is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TreeOptions {
    /// Columns of a line.
    pub(crate) width: usize,
    /// The moment up to which open spans ran, in nanoseconds since the Unix epoch.
    pub(crate) now_unix_nano: u64,
    /// Children of one parent that are shown; the rest is counted.
    pub(crate) max_children: usize,
    /// Whether inputs and outputs are shown.
    pub(crate) payloads: bool,
}

/// The tree, line by line, each with its line end.
pub(crate) fn tree(trace: &Trace, options: TreeOptions) -> String {
    let lines = outline(trace, options.max_children);
    let now = last_moment(trace, options.now_unix_nano);
    let layout = Layout::of(trace, &lines, &options, now);
    let mut text = layout.heading();
    for line in &lines {
        text.push_str(&layout.line(line));
        if let Entry::Span(span) = line.entry {
            text.push_str(&layout.notes(span, &line.below, options.payloads));
        }
    }
    text
}

/// The moment up to which open spans ran. Of a trace whose process died that is the last one that is known.
fn last_moment(trace: &Trace, now_unix_nano: u64) -> u64 {
    if trace.info.interrupted { last_known(trace) } else { now_unix_nano }
}

fn last_known(trace: &Trace) -> u64 {
    let of_span = |span: &SpanRecord| {
        let events = span.events.iter().filter_map(|event| event.time_unix_nano).max();
        span.start_time_unix_nano.max(span.end_time_unix_nano.unwrap_or(0)).max(events.unwrap_or(0))
    };
    trace.data.spans.iter().map(of_span).max().unwrap_or(trace.info.request_time_unix_nano)
}

const RUNS: (&str, Style) = ("still running", style::RUNNING);
const INTERRUPTED: (&str, Style) = ("still running when its process ended", style::WARNING);

/// Where the columns are.
struct Layout<'t> {
    width: usize,
    name_columns: usize,
    type_columns: usize,
    timeline: Timeline,
    now_unix_nano: u64,
    /// What is said of a span that has not ended.
    open: (&'static str, Style),
    /// By span: names with a number where several have the same.
    names: HashMap<SpanId, Cow<'t, str>>,
}

impl<'t> Layout<'t> {
    fn of(trace: &'t Trace, lines: &[Line<'_>], options: &TreeOptions, now_unix_nano: u64) -> Self {
        let spans = || {
            lines.iter().filter_map(|line| match line.entry {
                Entry::Span(span) => Some((line, span)),
                Entry::Fold { .. } => None,
            })
        };
        let widest_type = spans().map(|(_, span)| columns(&escape(span.span_type.as_str()))).max().unwrap_or(0).min(12);
        let type_columns = widest_type.max(4);
        let names: HashMap<_, _> =
            trace.data.spans.iter().map(|span| span.span_id).zip(trace.display_names()).collect();
        let width = |span: &SpanRecord| columns(&fit(shown(&names, span), 60));
        let widest_name = spans().map(|(line, span)| columns(&line.branch) + width(span)).max().unwrap_or(0);
        let name_columns = widest_name.clamp(NARROWEST_NAME, (options.width * 2 / 5).max(NARROWEST_NAME));
        let taken = name_columns + type_columns + TIME_COLUMNS + 3 * GAP;
        let timeline_columns = options.width.saturating_sub(taken);
        let timeline_columns = if timeline_columns < NARROWEST_TIMELINE { 0 } else { timeline_columns };
        let start = trace.data.spans.iter().map(|span| span.start_time_unix_nano).min().unwrap_or(0);
        let end = |span: &SpanRecord| span.end_time_unix_nano.unwrap_or(now_unix_nano);
        let end = trace.data.spans.iter().map(end).max().unwrap_or(start);
        let timeline = Timeline::new(start, end, timeline_columns);
        let open = if trace.info.interrupted { INTERRUPTED } else { RUNS };
        Self { width: options.width, name_columns, type_columns, timeline, now_unix_nano, open, names }
    }

    /// Names of the columns, and the scale of the timeline.
    fn heading(&self) -> String {
        let heads = self.row(&fill_right("SPAN", self.name_columns), &fill_right("TYPE", self.type_columns), "TIME");
        let columns = self.timeline.columns();
        if columns == 0 {
            return paint(style::FAINT, heads.trim_end()) + "\n";
        }
        let total = moment::duration(i64::try_from(self.timeline.total_ns()).unwrap_or(i64::MAX));
        let rule = columns.saturating_sub(total.chars().count() + 3);
        paint(style::FAINT, format!("{heads}0 {} {total}", "─".repeat(rule))) + "\n"
    }

    fn row(&self, name: &str, span_type: &str, time: &str) -> String {
        let gap = " ".repeat(GAP);
        format!("{name}{gap}{span_type}{gap}{}{gap}", fill_left(time, TIME_COLUMNS))
    }

    fn line(&self, line: &Line<'_>) -> String {
        match line.entry {
            Entry::Span(span) => self.span(span, &line.branch),
            Entry::Fold { spans, failed } => {
                let failed = if failed == 0 { String::new() } else { format!(", {failed} of them failed") };
                let text = format!("… {spans} more spans{failed}: --all shows them");
                paint(style::FAINT, fit(&format!("{}{text}", line.branch), self.width)) + "\n"
            }
        }
    }

    fn span(&self, span: &SpanRecord, branch: &str) -> String {
        let name_style = if span.status.is_error() { style::BAD_STRONG } else { style::STRONG };
        let name = fill_right(shown(&self.names, span), self.name_columns.saturating_sub(columns(branch)));
        let name = format!("{}{}", paint(style::FAINT, branch), paint(name_style, name));
        let type_style = style::of_type(&span.span_type);
        let span_type = paint(type_style, fill_right(span.span_type.as_str(), self.type_columns));
        let row = self.row(&name, &span_type, &self.time(span));
        let end = span.end_time_unix_nano.unwrap_or(self.now_unix_nano);
        let bar = self.timeline.bar(span.start_time_unix_nano, end);
        let bar = paint(bar_style(span, type_style), bar.trim_end());
        format!("{}{bar}", row).trim_end().to_owned() + "\n"
    }

    fn time(&self, span: &SpanRecord) -> String {
        match span.duration_ns() {
            Some(ns) => moment::duration(ns),
            None => {
                let ns = self.now_unix_nano.saturating_sub(span.start_time_unix_nano);
                moment::duration(i64::try_from(ns).unwrap_or(i64::MAX)) + "…"
            }
        }
    }

    /// What stands below a span.
    fn notes(&self, span: &SpanRecord, below: &str, payloads: bool) -> String {
        let mut notes = String::new();
        if let Some(message) = failure(span) {
            notes.push_str(&self.note(below, "✗", &message, style::BAD));
        }
        if span.end_time_unix_nano.is_none() {
            let (text, note_style) = self.open;
            notes.push_str(&self.note(below, "…", text, note_style));
        }
        for (label, key) in [("in ", INPUTS), ("out", OUTPUTS)] {
            if let Some(text) = span.attribute_text(key).filter(|_| payloads) {
                notes.push_str(&self.note(below, label, text.as_str(), style::FAINT));
            }
        }
        notes
    }

    fn note(&self, below: &str, label: &str, text: &str, note_style: Style) -> String {
        let taken = columns(below) + columns(label) + 1;
        let text = fit(text, self.width.saturating_sub(taken));
        format!("{}{}\n", paint(style::FAINT, below), paint(note_style, format!("{label} {text}")))
    }
}

fn shown<'n>(names: &'n HashMap<SpanId, Cow<'_, str>>, span: &'n SpanRecord) -> &'n str {
    names.get(&span.span_id).map_or(&span.name, |name| name)
}

fn bar_style(span: &SpanRecord, type_style: Style) -> Style {
    match &span.status {
        status if status.is_error() => style::BAD,
        _ if span.end_time_unix_nano.is_none() => style::RUNNING,
        _ => type_style,
    }
}

/// What a span says went wrong, with the type of the error where one is known.
fn failure(span: &SpanRecord) -> Option<String> {
    let SpanStatus::Error(message) = &span.status else { return None };
    let exception = span.events.iter().rev().find(|event| event.is_exception());
    let text = |key| exception.and_then(|event| event.get(key)).and_then(|value| value.as_str().map(str::to_owned));
    let message = if message.is_empty() { text("exception.message").unwrap_or_default() } else { message.to_string() };
    let message = if message.is_empty() { "failed".to_owned() } else { message };
    Some(match text("exception.type") {
        Some(kind) if !message.starts_with(&kind) => format!("{kind}: {message}"),
        _ => message,
    })
}

#[cfg(test)]
mod tests;
