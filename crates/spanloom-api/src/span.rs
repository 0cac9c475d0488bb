//! The handle of a span.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::Serialize;
use spanloom_core::{JsonText, Link, LogLevel, SpanEvent, SpanId, SpanStatus, SpanType, TraceId, attribute_key as key};

use crate::builder::SpanBuilder;
use crate::capture::Target;
use crate::capture_mode;
use crate::carried;
use crate::context::Frame;
use crate::guard::Entered;
use crate::lane;
use crate::packed::pack;
use crate::raw_id::RawId;
use crate::record::{Deferred, Field, Payload, Record, Text, Time, Value};
use crate::ring::ticks;
use crate::tenant::Tenant;

/// A handle of a live span: `Clone + Send + Sync + 'static`, 32 bytes, no lock and no shared counter inside.
///
/// A clone is the same span. The span ends at [`end`](Self::end), when the block that opened it is left, or when its
/// last handle drops, whichever comes first; what is written afterwards is ignored. Every method returns at once (under
/// [`Overflow::Block`](crate::Overflow::Block) at most after its deadline), never fails, and does nothing on a span
/// that does not record.
pub struct Span {
    /// With the flag of a cloned handle; a tenant alone when the span was shed, so that what would be under it is counted.
    root: RawId,
    span: RawId,
    trace_id: [u64; 2],
}

impl Span {
    /// A span that does not record; it ignores everything.
    pub const fn none() -> Self {
        Self { root: RawId::NONE, span: RawId::NONE, trace_id: [0; 2] }
    }

    #[inline(always)]
    pub(crate) const fn from_frame(frame: Frame) -> Self {
        Self { root: frame.root, span: frame.span, trace_id: frame.trace_id }
    }

    #[inline(always)]
    pub(crate) const fn frame(&self) -> Frame {
        Frame { root: self.root.plain(), span: self.span, trace_id: self.trace_id }
    }

    /// Begins a span under this one, on any thread. It is not made current.
    #[inline(always)]
    pub fn child(&self, name: impl Into<Cow<'static, str>>) -> SpanBuilder {
        SpanBuilder::under_span(self.frame(), name.into())
    }

    /// The trace it belongs to; [`TraceId::INVALID`] when it does not record.
    pub fn trace_id(&self) -> TraceId {
        trace_id(self.trace_id)
    }

    /// Its identity; [`SpanId::INVALID`] when it does not record.
    pub fn span_id(&self) -> SpanId {
        if !self.is_recording() {
            return SpanId::INVALID;
        }
        carried::alias(self.span).unwrap_or_else(|| self.span.span_id())
    }

    /// Whether anything is recorded: false when no engine is installed, or the trace was sampled out or shed.
    #[inline(always)]
    pub const fn is_recording(&self) -> bool {
        self.span.0 != 0
    }

    /// Sets what went in: any `Serialize`, by value or by reference.
    #[inline]
    pub fn set_inputs(&self, value: impl Serialize) {
        self.content(Field::Attribute, Text::Static(key::INPUTS), &value);
    }

    /// Sets what came out.
    #[inline]
    pub fn set_outputs(&self, value: impl Serialize) {
        self.content(Field::Attribute, Text::Static(key::OUTPUTS), &value);
    }

    /// Sets what came out, unless something that is not null was set before: what a traced function does with its result.
    #[doc(hidden)]
    #[inline]
    pub fn set_default_outputs(&self, value: impl Serialize) {
        self.content(Field::DefaultOutputs, Text::Static(key::OUTPUTS), &value);
    }

    /// As [`set_inputs`](Self::set_inputs), but moves the value and serialises it in the background, and only when the
    /// trace is kept. An `Arc<T>` will do.
    pub fn set_inputs_owned<T: Serialize + Send + 'static>(&self, value: T) {
        self.deferred(key::INPUTS, value);
    }

    /// As [`set_outputs`](Self::set_outputs), but moves the value and serialises it in the background.
    pub fn set_outputs_owned<T: Serialize + Send + 'static>(&self, value: T) {
        self.deferred(key::OUTPUTS, value);
    }

    /// Sets an attribute. One of the same key is replaced.
    #[inline]
    pub fn set_attribute(&self, key: impl Into<Cow<'static, str>>, value: impl Serialize) {
        if self.is_recording() {
            let key = key.into();
            self.capture(Field::Attribute, Text::from(&key), &value);
        }
    }

    /// Sets several attributes, in order.
    pub fn set_attributes<K: Into<Cow<'static, str>>, V: Serialize>(
        &self,
        attributes: impl IntoIterator<Item = (K, V)>,
    ) {
        if self.is_recording() {
            for (key, value) in attributes {
                self.set_attribute(key, value);
            }
        }
    }

    /// Sets what the span stands for.
    pub fn set_span_type(&self, span_type: impl Into<SpanType>) {
        if self.is_recording() {
            self.capture(Field::Attribute, Text::Static(key::SPAN_TYPE), span_type.into().as_str());
        }
    }

    /// Sets how important it is; unset, that follows from its type and events.
    pub fn set_log_level(&self, level: LogLevel) {
        self.capture(Field::Attribute, Text::Static(key::LOG_LEVEL), &level.as_u8());
    }

    /// Says in words what it is for.
    pub fn set_description(&self, description: impl Into<Cow<'static, str>>) {
        if self.is_recording() {
            self.capture(Field::Attribute, Text::Static(key::DESCRIPTION), &*description.into());
        }
    }

    /// Sets the status. OK is final; an error can be replaced; `Unset` changes nothing.
    pub fn set_status(&self, status: impl Into<SpanStatus>) {
        if !self.is_recording() {
            return;
        }
        match status.into() {
            SpanStatus::Unset => {}
            SpanStatus::Ok => self.say(Field::StatusOk, Text::Static(""), Value::None, Time::None),
            SpanStatus::Error(description) => self.target(Field::StatusError, Text::Static("")).capture(&*description),
        }
    }

    /// Adds an event.
    pub fn add_event(&self, event: SpanEvent) {
        if !self.is_recording() {
            return;
        }
        let time = event.time_unix_nano.map_or_else(|| Time::Ticks(ticks::now()), Time::UnixNanos);
        self.add_event_at(&event, time);
    }

    /// Adds an event that happened at this moment, whatever it says itself. The span records.
    pub(crate) fn add_event_at(&self, event: &SpanEvent, time: Time) {
        let name = Text::from(&event.name);
        if event.attributes.is_empty() {
            return self.say(Field::Event, name, Value::None, time);
        }
        let packed = pack(&event.attributes);
        lane::with(|lane| {
            if packed.len() <= lane.inline_limit() {
                lane.data(self.root.plain(), self.span, Field::Event, name, Value::Json(&packed), time);
            } else {
                lane.owned_event(self.root.plain(), self.span, name, Payload::Json(packed), time);
            }
        });
    }

    /// Adds a reference to another span.
    pub fn add_link(&self, link: Link) {
        if self.is_recording() {
            let target = format!("{}{}", link.trace_id.to_hex(), link.span_id);
            self.target(Field::Link, Text::Copied(&target)).json(&pack(&link.attributes));
        }
    }

    /// Records an error: an `exception` event, and status ERROR with the error's type and text.
    pub fn record_error<E: Display + ?Sized>(&self, error: &E) {
        if self.is_recording() {
            let type_name = spanloom_core::error_type_name::<E>();
            let trace = spanloom_core::error_trace(&type_name, error);
            self.record_exception(&type_name, &error.to_string(), &trace);
        }
    }

    /// As [`record_error`](Self::record_error), with the texts of everything that caused the error in the event.
    pub fn record_std_error<E: std::error::Error + ?Sized>(&self, error: &E) {
        if self.is_recording() {
            let (type_name, message) = (spanloom_core::error_type_name::<E>(), error.to_string());
            let trace = format!("{type_name}: {message}{}", spanloom_core::causes_of(error));
            self.record_exception(&type_name, &message, &trace);
        }
    }

    /// Records an error that is given as texts.
    #[doc(hidden)]
    pub fn record_exception(&self, type_name: &str, message: &str, stacktrace: &str) {
        if self.is_recording() {
            self.add_event(SpanEvent::exception(type_name, message, stacktrace));
            self.set_status(SpanStatus::Error(format!("{type_name}: {message}")));
        }
    }

    /// Ends the span now, whatever other handles there are. The first end counts.
    #[inline]
    pub fn end(&self) {
        self.end_with(false);
    }

    /// Ends the span at this moment, in nanoseconds since the Unix epoch. It may lie before the start.
    pub fn end_at_unix_nanos(&self, nanos: u64) {
        if self.is_recording() {
            self.say(Field::EndTime, Text::Static(""), Value::U64(nanos), Time::None);
            self.end();
        }
    }

    #[inline(always)]
    fn end_with(&self, release: bool) {
        if !self.is_recording() {
            return;
        }
        let ticks = ticks::now();
        lane::with(|lane| {
            lane.control(Record::End { span: self.span, ticks, release });
            if self.span == self.root.plain() {
                lane.note_root_ended(self.trace_id, ticks);
            }
        });
    }

    /// Ends the span and gives up this handle in one message.
    #[inline(always)]
    pub(crate) fn end_and_drop(self) {
        self.end_with(true);
        std::mem::forget(self);
    }

    /// Makes the span current on this thread until the guard drops. Ends nothing.
    pub fn enter(&self) -> Entered {
        Entered::new(self.clone())
    }

    /// A closure that runs with this span current, wherever it is called: `std::thread::spawn(part.bind(work))`. It holds a
    /// handle, so that a span without another one ends with the work.
    pub fn bind<R, F: FnOnce() -> R>(&self, work: F) -> impl FnOnce() -> R + use<R, F> {
        let span = self.clone();
        move || {
            let _entered = span.enter();
            work()
        }
    }

    /// Makes the span current for one call, without taking a handle.
    #[doc(hidden)]
    #[inline]
    pub fn with_entered<R>(&self, f: impl FnOnce() -> R) -> R {
        let _entry = crate::guard::Entry::new(self.frame());
        f()
    }

    #[inline(always)]
    fn target<'a>(&self, field: Field, key: Text<'a>) -> Target<'a> {
        Target { root: self.root.plain(), span: self.span, field, key }
    }

    #[inline(always)]
    fn capture<T: Serialize + ?Sized>(&self, field: Field, key: Text<'_>, value: &T) {
        if self.is_recording() {
            self.target(field, key).capture(value);
        }
    }

    /// What the engine may leave out, in which case it is not even serialised.
    #[inline(always)]
    fn content<T: Serialize + ?Sized>(&self, field: Field, key: Text<'_>, value: &T) {
        if capture_mode::keeps_content(self.root) {
            self.capture(field, key, value);
        }
    }

    pub(crate) fn capture_text(&self, field: Field, key: Text<'_>, text: &JsonText) {
        if self.is_recording() {
            self.target(field, key).json(text.as_str());
        }
    }

    pub(crate) fn say(&self, field: Field, key: Text<'_>, value: Value<'_>, time: Time) {
        lane::with(|lane| lane.data(self.root.plain(), self.span, field, key, value, time));
    }

    fn deferred<T: Serialize + Send + 'static>(&self, key: &'static str, value: T) {
        if self.is_recording() && capture_mode::keeps_content(self.root) {
            let payload = Payload::Deferred(Deferred::new(move || JsonText::capture(&value).as_str().to_owned()));
            let (root, span) = (self.root.plain(), self.span);
            lane::with(|lane| lane.owned_data(root, span, Field::Attribute, Text::Static(key), payload));
        }
    }
}

pub(crate) fn trace_id([high, low]: [u64; 2]) -> TraceId {
    TraceId::from_u128(u128::from(high) << 64 | u128::from(low)).unwrap_or(TraceId::INVALID)
}

impl Clone for Span {
    #[inline]
    fn clone(&self) -> Self {
        if self.is_recording() {
            lane::with(|lane| lane.control(Record::Retain { span: self.span }));
        }
        Self { root: self.root.cloned_if(self.is_recording()), span: self.span, trace_id: self.trace_id }
    }
}

impl Drop for Span {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.is_recording() {
            return;
        }
        let ticks = ticks::now();
        lane::with(|lane| {
            lane.control(Record::Release { span: self.span, ticks });
            if self.span == self.root {
                // The first handle of a root: with guards and moved handles that is its end.
                lane.note_root_ended(self.trace_id, ticks);
            }
        });
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Span")
            .field("trace_id", &self.trace_id())
            .field("span_id", &self.span_id())
            .field("recording", &self.is_recording())
            .finish()
    }
}

/// The span that is current on this thread, as one more handle; `None` when there is none that records.
pub fn current_span() -> Option<Span> {
    let frame = crate::scope::recording_frame()?;
    // The entry on the stack is kept alive by whoever made it; this handle is counted for itself.
    lane::with(|lane| lane.control(Record::Retain { span: frame.span }))?;
    Some(Span { root: frame.root.cloned_if(true), span: frame.span, trace_id: frame.trace_id })
}

/// The trace whose root ended last in this process; `None` before the first.
///
/// Roots end with their guard, function or block, at `end()`, or with their first handle.
pub fn last_active_trace_id() -> Option<TraceId> {
    let newest = crate::plane::lanes().iter().filter_map(|lane| lane.last_root()).max_by_key(|(ticks, _)| *ticks);
    newest.map(|(_, id)| trace_id(id))
}

pub(crate) fn count_shed(root: RawId) {
    if root != RawId::NONE {
        Tenant::get(root.tenant()).count_shed_span();
    }
}
