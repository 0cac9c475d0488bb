//! What makes a span current, and for how long.

use std::marker::PhantomData;
use std::ops::Deref;

use crate::builder::SpanBuilder;
use crate::context::{self, Frame};
use crate::span::Span;

/// Keeps a span current; takes itself back.
pub(crate) struct Entry {
    place: u32,
    /// What is current is the thread's own.
    _not_send: PhantomData<*const ()>,
}

impl Entry {
    #[inline(always)]
    pub(crate) fn new(frame: Frame) -> Self {
        Self { place: context::push(frame), _not_send: PhantomData }
    }
}

impl Drop for Entry {
    #[inline(always)]
    fn drop(&mut self) {
        context::remove(self.place);
    }
}

/// Keeps a span current on this thread; see [`Span::enter`]. Holds a handle of the span, and ends nothing itself.
#[must_use = "the span is current until this drops"]
pub struct Entered {
    _entry: Entry,
    span: Span,
}

impl Entered {
    pub(crate) fn new(span: Span) -> Self {
        Self { _entry: Entry::new(span.frame()), span }
    }
}

/// A span that is current on this thread until this drops, which ends it; see [`start_span`].
///
/// A panic that unwinds through it is recorded as an error. An error that leaves by `?` is not seen: record it with
/// [`Span::record_error`], or use [`try_with_span`](crate::try_with_span).
#[must_use = "the span ends when this drops"]
pub struct ActiveSpan {
    span: Span,
    /// Its place among what is current; 0 when nothing became current.
    place: u32,
    panicking_at_start: bool,
    /// Whether it may move to another thread must not depend on what is installed.
    _not_send: PhantomData<*const ()>,
}

impl ActiveSpan {
    #[inline(always)]
    pub(crate) fn new(span: Span) -> Self {
        let place = context::push(span.frame());
        let panicking_at_start = span.is_recording() && std::thread::panicking();
        Self { span, place, panicking_at_start, _not_send: PhantomData }
    }

    /// Of a span that does not record, under what says so already: nothing becomes current.
    #[inline(always)]
    pub(crate) fn muted(span: Span) -> Self {
        Self { span, place: 0, panicking_at_start: false, _not_send: PhantomData }
    }
}

impl Drop for ActiveSpan {
    #[inline(always)]
    fn drop(&mut self) {
        if self.place != 0 {
            context::remove(self.place);
        }
        if !self.span.is_recording() {
            return;
        }
        if std::thread::panicking() && !self.panicking_at_start {
            record_panic(&self.span);
        }
        std::mem::replace(&mut self.span, Span::none()).end_and_drop();
    }
}

#[cold]
fn record_panic(span: &Span) {
    span.record_exception("panic", "the thread panicked inside this span", "");
}

/// Begins a span and makes it current on this thread until the guard drops, which ends it.
///
/// Takes a name, or what [`span`](crate::span) gives. Its parent is the current span; without one it is the root of a
/// new trace.
#[inline(always)]
pub fn start_span(span: impl Into<SpanBuilder>) -> ActiveSpan {
    span.into().enter()
}

macro_rules! derefs_to_span {
    ($($guard:ident)*) => {$(
        impl Deref for $guard {
            type Target = Span;

            fn deref(&self) -> &Span {
                &self.span
            }
        }

        impl std::fmt::Debug for $guard {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($guard)).field(&self.span).finish()
            }
        }
    )*};
}

derefs_to_span!(Entered ActiveSpan);
