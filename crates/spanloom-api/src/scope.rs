//! What the traces that a thread begins begin with, and switching recording off for a stretch of code.
//!
//! A scope is a layer on a list of the thread. Only the start of a root looks at it, and at nothing but whether there is
//! one. A scope that switches recording off puts a frame that does not record on top of what is current, so that the
//! starts below it need not look at all.
//!
//! # Invariants
//! - The frame of a scope that is off hides what is current and does not replace it: [`recording_frame`] sees through it.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt::{self, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use spanloom_core::attribute_key as key;

use crate::context::{self, Frame};
use crate::guard::Entry;
use crate::raw_id::RawId;
use crate::record::Field;
use crate::span::Span;
use crate::trace_update::TraceChange;

/// What the traces begin with that are started in a [`scope`]. Of several values for one key the last counts.
#[derive(Clone, Debug, Default)]
pub struct ScopeDefaults {
    changes: Vec<TraceChange>,
    enabled: Option<bool>,
}

impl ScopeDefaults {
    /// Sets a tag.
    #[must_use]
    pub fn tag(mut self, key: impl Into<Cow<'static, str>>, value: impl Display) -> Self {
        let key = key.into();
        // The name of a trace is that of its root.
        if key != key::TRACE_NAME {
            self.changes.push((Field::Tag, key, value.to_string()));
        }
        self
    }

    /// Sets one entry of the metadata.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<Cow<'static, str>>, value: impl Display) -> Self {
        self.changes.push((Field::Metadata, key.into(), value.to_string()));
        self
    }

    /// Says which conversation they belong to.
    #[must_use]
    pub fn session(self, id: impl Display) -> Self {
        self.metadata(key::TRACE_SESSION, id)
    }

    /// Says who asked.
    #[must_use]
    pub fn user(self, id: impl Display) -> Self {
        self.metadata(key::TRACE_USER, id)
    }

    /// Whether spans that are started here record. Unset, as in the scope around this one; without one they do.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }
}

/// One scope of a thread.
struct Layer {
    id: u64,
    defaults: Arc<ScopeDefaults>,
    /// What is current, if this scope hides it.
    hides: Option<Option<Frame>>,
}

thread_local! {
    /// How many scopes this thread is in. All that the start of a root looks at where there is none.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static LAYERS: RefCell<Vec<Layer>> = const { RefCell::new(Vec::new()) };
    static LAST_ID: Cell<u64> = const { Cell::new(0) };
}

/// Keeps a scope; see [`scope`]. Of its thread, so not `Send`.
#[must_use = "the scope lasts until this drops"]
pub struct Scope {
    id: u64,
    /// What hides or shows the current span.
    _entry: Option<Entry>,
    /// Also of a scope that hides nothing.
    _not_send: std::marker::PhantomData<*const ()>,
}

/// Sets what the traces begin with that are started on this thread until the guard drops. Creates no span, and leaves a
/// trace that runs alone.
///
/// Scopes nest: the inner one wins key by key, what [`update_current_trace`](crate::update_current_trace) says later wins
/// over both. With `enabled(false)` spans that are started here do not record; the current span stays the current one. An
/// inner `enabled(true)` goes on under it. The children of a handle that is at hand are not asked:
/// [`Span::child`](crate::Span::child) records wherever it is called.
///
/// A scope is the thread's: held across an `.await` it would be in force for whatever else the thread polls there, so the
/// guard is not `Send`. Around a future use [`InScope::in_scope`].
///
/// ```
/// let _scope = spanloom_api::scope(|d| d.tag("t", "1").session("S1").user("U1"));
/// {
///     let _quiet = spanloom_api::scope(|d| d.enabled(false));
///     assert!(!spanloom_api::start_span("not recorded").is_recording());
/// }
/// ```
pub fn scope(defaults: impl FnOnce(ScopeDefaults) -> ScopeDefaults) -> Scope {
    Scope::enter(Arc::new(defaults(ScopeDefaults::default())))
}

impl Scope {
    fn enter(defaults: Arc<ScopeDefaults>) -> Self {
        let id = LAST_ID.get() + 1;
        LAST_ID.set(id);
        let is_hidden = is_hidden();
        let current = current_behind_scopes();
        let (hides, shown) = match defaults.enabled {
            Some(false) => (Some(current), Some(silent(RawId::OFF))),
            Some(true) if is_hidden => (None, Some(current.unwrap_or(silent(RawId::CLEAR)))),
            _ => (None, None),
        };
        with_layers(|layers| layers.push(Layer { id, defaults, hides }));
        Self { id, _entry: shown.map(Entry::new), _not_send: std::marker::PhantomData }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        with_layers(|layers| layers.retain(|layer| layer.id != self.id));
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("id", &self.id).finish_non_exhaustive()
    }
}

/// After the thread's destructors there are no scopes, and nothing that would need them.
fn with_layers<R: Default>(f: impl FnOnce(&mut Vec<Layer>) -> R) -> R {
    let done = LAYERS.try_with(|layers| {
        let mut layers = layers.borrow_mut();
        let result = f(&mut layers);
        DEPTH.set(layers.len());
        result
    });
    done.unwrap_or_default()
}

const fn silent(root: RawId) -> Frame {
    Frame { root, span: RawId::NONE, trace_id: [0; 2] }
}

fn is_hidden() -> bool {
    context::top().is_some_and(|frame| frame.root == RawId::OFF)
}

/// What would be current if no scope were off, recording or not.
fn current_behind_scopes() -> Option<Frame> {
    match context::top() {
        Some(frame) if frame.root == RawId::OFF => {
            with_layers(|layers| layers.iter().rev().find_map(|layer| layer.hides)).flatten()
        }
        other => other.filter(|frame| !frame.root.leaves_room()),
    }
}

/// The current span, if it records; a scope that is off does not hide it.
#[inline(always)]
pub(crate) fn recording_frame() -> Option<Frame> {
    let frame = context::top()?;
    if frame.span != RawId::NONE { Some(frame) } else { hidden_frame() }
}

#[cold]
fn hidden_frame() -> Option<Frame> {
    current_behind_scopes().filter(|frame| frame.span != RawId::NONE)
}

/// Whether this thread is in a scope.
#[inline(always)]
pub(crate) fn is_used() -> bool {
    DEPTH.get() != 0
}

/// Whether the scopes of this thread have switched recording off.
#[cold]
pub(crate) fn is_off() -> bool {
    with_layers(|layers| layers.iter().rev().find_map(|layer| layer.defaults.enabled)) == Some(false)
}

/// Says about the trace of a new root what the scopes of this thread say about all of them.
#[cold]
pub(crate) fn apply(root: &Span) {
    let all: Vec<_> = with_layers(|layers| layers.iter().map(|layer| Arc::clone(&layer.defaults)).collect());
    if root.is_recording() {
        all.iter().for_each(|defaults| root.apply(&defaults.changes));
    }
}

pin_project! {
    /// A future inside a scope; see [`InScope::in_scope`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Scoped<F> {
        #[pin]
        future: F,
        defaults: Arc<ScopeDefaults>,
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _scope = Scope::enter(Arc::clone(this.defaults));
        this.future.poll(cx)
    }
}

/// Puts a future inside a scope.
pub trait InScope: Future + Sized {
    /// As [`scope`], in force whenever this future is polled, and only then, on whatever thread. Tasks that it spawns are
    /// futures of their own and not in it.
    fn in_scope(self, defaults: impl FnOnce(ScopeDefaults) -> ScopeDefaults) -> Scoped<Self> {
        Scoped { future: self, defaults: Arc::new(defaults(ScopeDefaults::default())) }
    }
}

impl<F: Future> InScope for F {}
