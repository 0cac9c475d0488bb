//! How the span of a call opens: at once, or later and then with what was known at the call.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use spanloom_core::{JsonText, LogLevel, SpanType, attribute_key as key};

use super::call::Call;
use super::failure::Failure;
use super::value::{Inputs, Receiver};
use crate::context::{self, Frame};
use crate::raw_id::RawId;
use crate::record::Text;
use crate::tenant::Tenant;

/// The span of a call that has not started.
///
/// Holds what was captured at the call until the span starts, for iterators and streams with the first pull.
#[derive(Debug)]
pub struct Opening {
    name: Cow<'static, str>,
    span_type: Option<SpanType>,
    sampling_ratio: Option<f64>,
    kept: Option<Box<Kept>>,
}

/// What was captured at the call. Apart, so that a call that starts at once does not carry it.
#[derive(Debug, Default)]
struct Kept {
    attributes: Vec<(Cow<'static, str>, JsonText)>,
    function_name: Option<Cow<'static, str>>,
    description: Option<Cow<'static, str>>,
    log_level: Option<LogLevel>,
    inputs: Option<String>,
}

impl Opening {
    /// A call of this name.
    #[inline]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), span_type: None, sampling_ratio: None, kept: None }
    }

    /// Of this type.
    #[inline]
    #[must_use]
    pub fn span_type(mut self, span_type: impl Into<SpanType>) -> Self {
        self.span_type = Some(span_type.into());
        self
    }

    /// Should it begin a trace, this share of the traces is kept.
    #[inline]
    #[must_use]
    pub fn sampling_ratio(mut self, ratio: f64) -> Self {
        self.sampling_ratio = Some(ratio);
        self
    }

    /// Starts the span under the current one.
    #[inline(always)]
    pub fn start(self) -> Call {
        if Tenant::any_active() { self.start_active() } else { Call::idle() }
    }

    #[inline]
    fn start_active(self) -> Call {
        let mut builder = crate::span(self.name);
        if let Some(ratio) = self.sampling_ratio {
            builder = builder.sampling_ratio(ratio);
        }
        let span = builder.start();
        if let Some(span_type) = self.span_type {
            span.set_span_type(span_type);
        }
        let call = Call::new(span);
        if let Some(kept) = self.kept.filter(|_| call.is_recording()) {
            kept.write(&call);
        }
        call
    }

    /// Runs the body that makes the items, before the span starts. A panic has a span all the same, and goes on.
    pub fn build<T>(&mut self, body: impl FnOnce() -> T) -> T {
        catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
            let call = std::mem::replace(self, Self::new("")).start();
            if call.is_recording() {
                call.failed(&Failure::of_panic(&*payload));
            }
            drop(call);
            resume_unwind(payload)
        })
    }

    /// Whether a span that starts later may record, as far as that can be known: where nothing is current now, something
    /// may be then.
    pub fn is_recording(&self) -> bool {
        let may_record = |frame: Frame| frame.span != RawId::NONE || frame.root.leaves_room();
        Tenant::any_active() && context::top().is_none_or(may_record)
    }

    /// Receives an attribute, and keeps it.
    pub fn attribute(&mut self, key: &'static str) -> KeptAttribute<'_> {
        KeptAttribute(self, key)
    }

    /// Keeps the description.
    pub fn description(&mut self, text: impl Into<Cow<'static, str>>) {
        self.kept().description = Some(text.into());
    }

    /// Keeps the log level.
    pub fn log_level(&mut self, level: LogLevel) {
        self.kept().log_level = Some(level);
    }

    /// Keeps the function's own name.
    pub(crate) fn function_name(&mut self, name: Cow<'static, str>) {
        self.kept().function_name = Some(name);
    }

    /// Keeps an attribute.
    pub(crate) fn keep(&mut self, key: Cow<'static, str>, value: JsonText) {
        self.kept().attributes.push((key, value));
    }

    /// Keeps the inputs.
    pub fn inputs(&mut self, inputs: Inputs) {
        self.kept().inputs = Some(inputs.into_text());
    }

    fn kept(&mut self) -> &mut Kept {
        self.kept.get_or_insert_default()
    }
}

impl Kept {
    fn write(self, call: &Call) {
        self.attributes.iter().for_each(|(key, value)| call.set_text(Text::from(key), value));
        self.description.into_iter().for_each(|text| call.description(text));
        self.log_level.into_iter().for_each(|level| call.log_level(level));
        self.function_name
            .iter()
            .for_each(|name| call.set_text(Text::Static(key::FUNCTION_NAME), &JsonText::string(name)));
        self.inputs.iter().for_each(|text| call.inputs_text(text));
    }
}

/// Receives an attribute of a span that has not started.
#[derive(Debug)]
pub struct KeptAttribute<'a>(&'a mut Opening, &'static str);

impl Receiver for KeptAttribute<'_> {
    fn json(self, text: &JsonText) {
        self.0.keep(Cow::Borrowed(self.1), text.clone());
    }
}
