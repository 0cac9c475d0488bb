//! One call of a traced function, and its span.

use std::any::Any;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use serde::Serialize;
use spanloom_core::{JsonText, LogLevel, SpanEvent, SpanStatus, attribute_key as key};

use super::failure::Failure;
use super::future::{Attached, Followed};
use super::value::{Inputs, Receiver};
use crate::Span;
use crate::capture::Target;
use crate::record::{Field, Text, Time, Value};

/// One call of a traced function. Its span ends when this drops, whatever handles to it there are.
#[derive(Debug)]
pub struct Call {
    span: Span,
    /// No engine takes spans: then nothing that the body does can be recorded, and nothing need be current.
    is_idle: bool,
}

impl Call {
    #[inline]
    pub(super) fn new(span: Span) -> Self {
        Self { span, is_idle: false }
    }

    /// A call while no engine takes spans.
    #[inline]
    pub(super) const fn idle() -> Self {
        Self { span: Span::none(), is_idle: true }
    }

    /// Whether anything need be captured.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.span.is_recording()
    }

    /// Receives an attribute.
    #[inline]
    pub fn attribute(&self, key: &'static str) -> Attribute<'_> {
        Attribute { span: &self.span, field: Field::Attribute, key }
    }

    /// Writes the description.
    pub fn description(&self, text: impl Into<Cow<'static, str>>) {
        self.span.set_description(text);
    }

    /// Writes the log level.
    pub fn log_level(&self, level: LogLevel) {
        self.span.set_log_level(level);
    }

    /// Writes the function's own name, which the span's may differ from.
    #[inline]
    pub fn function_name(&self, name: &'static str) {
        let (key, name) = (Text::Static(key::FUNCTION_NAME), Value::Str(Text::Static(name)));
        self.span.say(Field::Attribute, key, name, Time::None);
    }

    /// Writes the inputs.
    pub fn inputs(&self, inputs: Inputs) {
        self.inputs_text(&inputs.into_text());
    }

    /// Receives what the function returned: the outputs, unless its body has set some.
    #[inline]
    pub fn outputs(&self) -> Attribute<'_> {
        Attribute { span: &self.span, field: Field::DefaultOutputs, key: key::OUTPUTS }
    }

    /// Writes an error: the event, and the status with its text.
    pub fn failed(&self, failure: &Failure) {
        self.span.record_exception(&failure.type_name, &failure.message, &failure.stacktrace);
    }

    /// Runs the body with the span current. A panic is written and goes on.
    #[inline]
    pub fn run<T>(&self, body: impl FnOnce() -> T) -> T {
        self.enter(body).unwrap_or_else(|payload| {
            self.failed(&Failure::of_panic(&*payload));
            resume_unwind(payload)
        })
    }

    /// The body's future with the span current whenever it is polled.
    #[inline]
    pub fn follow<F: Future>(&self, body: F) -> Followed<'_, F> {
        Followed::new(self, body)
    }

    /// A future that ends the call when it completes or is dropped; `outcome` writes what it gave.
    pub fn attach<F, C>(self, future: F, outcome: C) -> Attached<F, C>
    where
        F: Future,
        C: FnOnce(&Self, &F::Output),
    {
        Attached::new(self, future, outcome)
    }

    /// Runs a part of the body with the span current; a panic is caught.
    #[inline]
    pub(super) fn enter<T>(&self, part: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
        if self.is_idle {
            return Ok(part());
        }
        self.span.with_entered(|| catch_unwind(AssertUnwindSafe(part)))
    }

    /// Writes inputs that are JSON text already.
    pub(super) fn inputs_text(&self, json: &str) {
        Attribute { span: &self.span, field: Field::Attribute, key: key::INPUTS }.text(json);
    }

    /// Writes outputs of a stream, whatever its body has set.
    pub(super) fn stream_outputs(&self, outputs: &JsonText) {
        Attribute { span: &self.span, field: Field::Attribute, key: key::OUTPUTS }.text(outputs.as_str());
    }

    /// Writes an attribute that is JSON text already.
    pub(super) fn set_text(&self, key: Text<'_>, value: &JsonText) {
        self.span.capture_text(Field::Attribute, key, value);
    }

    /// Writes an attribute of our own.
    pub(super) fn set(&self, key: &'static str, value: impl Serialize) {
        self.span.set_attribute(key, value);
    }

    /// Writes an event.
    pub(super) fn event(&self, event: SpanEvent) {
        self.span.add_event(event);
    }

    /// Writes an event that happened before, at this moment.
    pub(super) fn event_at(&self, event: &SpanEvent, ticks: u64) {
        if self.is_recording() {
            self.span.add_event_at(event, Time::Ticks(ticks));
        }
    }

    /// Writes an error that ended the items: the event, and a status without a text.
    pub(super) fn broken(&self, failure: &Failure) {
        self.span.add_event(SpanEvent::exception(&failure.type_name, &failure.message, &failure.stacktrace));
        self.span.set_status(SpanStatus::error(""));
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if self.span.is_recording() {
            std::mem::replace(&mut self.span, Span::none()).end_and_drop();
        }
    }
}

/// Receives an attribute of a call's span.
#[derive(Debug)]
pub struct Attribute<'a> {
    span: &'a Span,
    field: Field,
    key: &'static str,
}

impl<'a> Attribute<'a> {
    fn text(&self, json: &str) {
        if self.span.is_recording() {
            self.target().json(json);
        }
    }

    #[inline]
    fn target(&self) -> Target<'a> {
        let frame = self.span.frame();
        Target { root: frame.root, span: frame.span, field: self.field, key: Text::Static(self.key) }
    }
}

impl Receiver for Attribute<'_> {
    #[inline]
    fn plain<T: Serialize + ?Sized>(self, value: &T) {
        if self.span.is_recording() {
            self.target().capture(value);
        }
    }

    fn json(self, text: &JsonText) {
        self.text(text.as_str());
    }
}
