//! What is said about a trace as a whole.

use std::borrow::Cow;
use std::fmt::Display;

use spanloom_core::{JsonText, TraceState, attribute_key as key};

use crate::context::Frame;
use crate::lane;
use crate::record::{Field, Record, Text};
use crate::scope;
use crate::span::Span;

/// Changes to the trace of the current span; see [`update_current_trace`]. The last one of each kind counts.
#[derive(Debug, Default)]
pub struct TraceUpdate {
    changes: Vec<TraceChange>,
}

/// What kind of thing, its key if it has one, and the value.
pub(crate) type TraceChange = (Field, Cow<'static, str>, String);

impl TraceUpdate {
    /// Sets a tag.
    #[must_use]
    pub fn tag(self, key: impl Into<Cow<'static, str>>, value: impl Display) -> Self {
        self.change(Field::Tag, key.into(), value)
    }

    /// Sets one entry of the metadata.
    #[must_use]
    pub fn metadata(self, key: impl Into<Cow<'static, str>>, value: impl Display) -> Self {
        self.change(Field::Metadata, key.into(), value)
    }

    /// Says which conversation it belongs to.
    #[must_use]
    pub fn session(self, id: impl Display) -> Self {
        self.metadata(key::TRACE_SESSION, id)
    }

    /// Says who asked.
    #[must_use]
    pub fn user(self, id: impl Display) -> Self {
        self.metadata(key::TRACE_USER, id)
    }

    /// Says which model is under test.
    #[must_use]
    pub fn model_id(self, id: impl Display) -> Self {
        self.metadata(key::MODEL_ID, id)
    }

    /// Sets the id that the caller gave the request.
    #[must_use]
    pub fn client_request_id(self, id: impl Display) -> Self {
        self.change(Field::ClientRequestId, Cow::Borrowed(""), id)
    }

    /// Sets the preview of the request, kept as it is. An empty one is ignored.
    #[must_use]
    pub fn request_preview(self, text: impl Display) -> Self {
        self.change(Field::RequestPreview, Cow::Borrowed(""), text)
    }

    /// Sets the preview of the response, kept as it is. An empty one is ignored.
    #[must_use]
    pub fn response_preview(self, text: impl Display) -> Self {
        self.change(Field::ResponsePreview, Cow::Borrowed(""), text)
    }

    /// Fixes the state, whatever the root's status will be. Only OK and ERROR have an effect.
    #[must_use]
    pub fn state(self, state: TraceState) -> Self {
        match state {
            TraceState::Ok | TraceState::Error => self.change(Field::State, Cow::Borrowed(""), state.as_str()),
            _ => self,
        }
    }

    fn change(mut self, field: Field, key: Cow<'static, str>, value: impl Display) -> Self {
        self.changes.push((field, key, value.to_string()));
        self
    }
}

/// Changes the trace of the current span, from any depth. Without a current span that records it does nothing, and the
/// closure is not called.
pub fn update_current_trace(update: impl FnOnce(TraceUpdate) -> TraceUpdate) {
    let Some(frame) = scope::recording_frame() else { return };
    // Counted like any handle, so that the span lives while the messages are written.
    if lane::with(|lane| lane.control(Record::Retain { span: frame.span })).is_none() {
        return;
    }
    Span::from_frame(Frame { root: frame.root.cloned(), ..frame }).update_trace(update);
}

impl Span {
    /// Changes the trace that it belongs to, on any thread. When it does not record, the closure is not called.
    pub fn update_trace(&self, update: impl FnOnce(TraceUpdate) -> TraceUpdate) {
        if self.is_recording() {
            self.apply(&update(TraceUpdate::default()).changes);
        }
    }

    /// Says what is to be said about its trace.
    pub(crate) fn apply(&self, changes: &[TraceChange]) {
        for (field, key, value) in changes {
            self.capture_text(*field, Text::from(key), &JsonText::string(value));
        }
    }
}
