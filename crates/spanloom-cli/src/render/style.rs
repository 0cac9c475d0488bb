//! The colours of everything that is printed, in one place.
//!
//! Renderers always write them; the output stream takes them away where the terminal or `NO_COLOR` does not want them.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use spanloom::{SpanType, TraceState};

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const BAD_STRONG: Style = AnsiColor::Red.on_default().bold();
pub(crate) const RUNNING: Style = AnsiColor::Cyan.on_default();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();

/// The text in a style. The text must be escaped already.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    if style == PLAIN { text.to_string() } else { format!("{style}{text}{style:#}") }
}

/// The colour of a span type, the same in every column that shows it.
pub(crate) fn of_type(span_type: &SpanType) -> Style {
    match span_type {
        SpanType::Agent | SpanType::Workflow => AnsiColor::Magenta.on_default(),
        SpanType::Llm | SpanType::ChatModel => AnsiColor::Green.on_default(),
        SpanType::Retriever | SpanType::Embedding | SpanType::Memory => AnsiColor::Blue.on_default(),
        SpanType::Reranker | SpanType::Evaluator => AnsiColor::Cyan.on_default(),
        SpanType::Tool | SpanType::Parser => AnsiColor::Yellow.on_default(),
        _ => PLAIN,
    }
}

/// How a trace went, as a word and its colour.
pub(crate) fn of_state(state: TraceState, interrupted: bool) -> (&'static str, Style) {
    match state {
        _ if interrupted => ("interrupted", WARNING),
        TraceState::Ok => ("OK", GOOD),
        TraceState::Error => ("ERROR", BAD_STRONG),
        TraceState::InProgress => ("running", RUNNING),
        _ => ("unknown", FAINT),
    }
}
