//! Something that happened at one moment of a span.

use std::borrow::Cow;

use serde::Serialize;

use crate::JsonText;
use crate::error_text::{causes_of, error_trace, error_type_name};

/// The name of the event that stands for an error.
pub(crate) const EXCEPTION: &str = "exception";

/// Something that happened at one moment of a span.
///
/// Attribute values of events stay native JSON, unlike those of spans, whose JSON text is what MLflow stores.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanEvent {
    /// What happened.
    pub name: Cow<'static, str>,
    /// When, in nanoseconds since the Unix epoch; `None` until the engine stamps the event with the moment it was added.
    pub time_unix_nano: Option<u64>,
    /// In the order in which they were set.
    pub attributes: Vec<(Cow<'static, str>, JsonText)>,
}

impl SpanEvent {
    /// An event that happens when it is added to a span.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), time_unix_nano: None, attributes: Vec::new() }
    }

    /// Sets the moment, in nanoseconds since the Unix epoch. It may lie outside the span's own times.
    #[must_use]
    pub fn at_unix_nanos(mut self, nanos: u64) -> Self {
        self.time_unix_nano = Some(nanos);
        self
    }

    /// Adds an attribute; a value that cannot be serialised is kept as a text that says so.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        self.attributes.push((key.into(), JsonText::capture(&value)));
        self
    }

    /// The `exception` event for an error: its text, its type's name, and as the stack trace both, with the causes where
    /// the text in its alternate form (`{:#}`) tells them, as that of `anyhow::Error` does.
    ///
    /// Of an error with a `source` chain [`from_std_error`](Self::from_std_error) tells the causes. Unlike
    /// [`Span::record_error`], adding the event leaves the span's status alone.
    ///
    /// [`Span::record_error`]: https://docs.rs/spanloom/latest/spanloom/struct.Span.html#method.record_error
    pub fn from_error<E: std::fmt::Display + ?Sized>(error: &E) -> Self {
        let type_name = error_type_name::<E>();
        Self::exception(&type_name, &error.to_string(), &error_trace(&type_name, error))
    }

    /// As [`from_error`](Self::from_error), with the texts of everything that caused the error in the stack trace. Of a
    /// `&dyn Error` the type is `Error`.
    pub fn from_std_error<E: std::error::Error + ?Sized>(error: &E) -> Self {
        let (type_name, message) = (error_type_name::<E>(), error.to_string());
        Self::exception(&type_name, &message, &format!("{type_name}: {message}{}", causes_of(error)))
    }

    /// The `exception` event with these three attributes.
    pub fn exception(type_name: &str, message: &str, stacktrace: &str) -> Self {
        Self::new(EXCEPTION)
            .attribute("exception.message", message)
            .attribute("exception.type", type_name)
            .attribute("exception.stacktrace", stacktrace)
    }

    /// Whether this is the event that stands for an error.
    pub fn is_exception(&self) -> bool {
        self.name == EXCEPTION
    }

    /// The value of an attribute, if there is one of that name.
    pub fn get(&self, key: &str) -> Option<serde_json::Value> {
        self.attributes.iter().rev().find(|(k, _)| k == key).map(|(_, text)| text.to_value())
    }
}
