//! Spans that the low-level client keeps open for the program, by trace and identity.
//!
//! ```text
//!  reserved ──root──► running ──all its spans ended──► at rest ──stored──► gone
//!                        ▲                                │
//!                        └────────── a span starts ───────┘
//! ```
//! A trace that the client began is *anchored*: a handle of its root is held until it is stored, so that a span that is
//! started here is never too late. A trace that was begun otherwise is held by the client's open spans alone, and leaves
//! with the last of them.
//!
//! # Invariants
//! - What is held of a trace changes under that trace's lock; no code of the program runs under it.
//! - The writer takes a trace out only when none of its kept spans is open. It may wait for the lock while the holder waits
//!   for room in its ring, which the registry makes without the writer. The registry never waits for it.
//! - A trace that has left is never used again: whoever still has it looks anew.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use spanloom_api::reference::SpanRef;
use spanloom_api::{Span, SpanBuilder};
use spanloom_core::codec::decode_parts;
use spanloom_core::{SealedTrace, SpanId, TraceId, attribute_key as key};

/// All traces of which the client keeps something.
#[derive(Debug, Default)]
pub struct KeptSpans {
    traces: DashMap<TraceId, Arc<Shared>>,
    /// How many there are, for those who need not look when there is none.
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Shared {
    /// It was dropped: nothing more will be heard of it. Not under the lock, which the engine's thread does not wait for.
    dropped: AtomicBool,
    trace: Mutex<KeptTrace>,
}

/// What the client keeps of one trace.
#[derive(Debug, Default)]
pub struct KeptTrace {
    spans: HashMap<SpanId, Kept>,
    open: usize,
    /// The root, when the client began the trace.
    root: Option<SpanId>,
    /// A handle of that root after it has ended.
    anchor: Option<Span>,
    /// The id is taken, the root is about to begin.
    reserved: bool,
    left: bool,
}

#[derive(Debug)]
enum Kept {
    Open(Span),
    Ended(SpanRef),
}

/// What became of an attempt to end a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It has ended now.
    Ended,
    /// It had ended before.
    Twice(SpanId),
    /// It is not kept here.
    NotKept,
}

/// A trace id that no one else gets as long as this lives; filled with a root it is a trace.
#[derive(Debug)]
pub struct Reservation<'a> {
    kept: &'a KeptSpans,
    id: TraceId,
}

impl KeptSpans {
    /// Takes an id for a trace that is about to begin. `None` when it is in use here.
    pub fn reserve(&self, id: TraceId) -> Option<Reservation<'_>> {
        let trace = KeptTrace { reserved: true, ..KeptTrace::default() };
        match self.traces.entry(id) {
            Entry::Occupied(_) => None,
            Entry::Vacant(vacant) => {
                self.count.fetch_add(1, Ordering::AcqRel);
                vacant.insert(Arc::new(Shared { dropped: AtomicBool::new(false), trace: Mutex::new(trace) }));
                Some(Reservation { kept: self, id })
            }
        }
    }

    /// Whether something of this trace is kept.
    pub fn contains(&self, id: TraceId) -> bool {
        self.with(id, |trace| !trace.reserved).unwrap_or(false)
    }

    /// Calls `f` with a trace, if something of it is kept; with the last open span of a trace that needs no keeping any
    /// more, it leaves.
    pub fn with<R>(&self, id: TraceId, f: impl FnOnce(&mut KeptTrace) -> R) -> Option<R> {
        let shared = self.find(id)?;
        let mut trace = shared.lock();
        if trace.left {
            return None;
        }
        let result = f(&mut trace);
        if trace.is_at_rest() && trace.root.is_none() {
            self.take_out(id, trace);
        } else {
            drop(trace);
            self.let_go_if_dropped(id, &shared);
        }
        Some(result)
    }

    fn find(&self, id: TraceId) -> Option<Arc<Shared>> {
        self.traces.get(&id).map(|entry| Arc::clone(&entry))
    }

    /// Whoever has the lock while a trace is dropped looks once more after it. Never waits.
    fn let_go_if_dropped(&self, id: TraceId, shared: &Shared) {
        if !shared.dropped.load(Ordering::SeqCst) {
            return;
        }
        let trace = match shared.trace.try_lock() {
            Ok(trace) => trace,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if trace.is_at_rest() {
            self.take_out(id, trace);
        }
    }

    /// Keeps a span that was started outside of what is kept. Gives a handle for the program.
    pub fn keep(&self, span: Span) -> Span {
        let id = span.trace_id();
        let kept = span.into_kept();
        let given = kept.clone();
        let mut kept = Some(kept);
        while kept.is_some() {
            let shared = match self.traces.entry(id) {
                Entry::Occupied(occupied) => Arc::clone(occupied.get()),
                Entry::Vacant(vacant) => {
                    self.count.fetch_add(1, Ordering::AcqRel);
                    Arc::clone(&vacant.insert(Arc::default()))
                }
            };
            let mut trace = shared.lock();
            if !trace.left {
                kept.take().into_iter().for_each(|span| trace.add(span));
            }
        }
        given
    }

    /// Hears that a trace, or an amendment of one, was sealed and will not change before another one is.
    pub(crate) fn sealed(&self, sealed: &SealedTrace) {
        if self.is_empty() {
            return;
        }
        let id = sealed.info.trace_id;
        let Some(shared) = self.find(id) else { return };
        let mut trace = shared.lock();
        if trace.open > 0 {
            // Some were ended by a handle that the program has.
            trace.end_all(&ended_in(sealed));
        }
        if trace.is_at_rest() {
            self.take_out(id, trace);
        } else {
            drop(trace);
            self.let_go_if_dropped(id, &shared);
        }
    }

    /// Hears that a trace was dropped. Does not wait.
    pub(crate) fn dropped(&self, id: TraceId) {
        if self.is_empty() {
            return;
        }
        if let Some(shared) = self.find(id) {
            shared.dropped.store(true, Ordering::SeqCst);
            self.let_go_if_dropped(id, &shared);
        }
    }

    /// Lets go of everything, when the engine has ended.
    pub(crate) fn clear(&self) {
        let ids: Vec<_> = self.traces.iter().map(|entry| *entry.key()).collect();
        for id in ids {
            let Some(shared) = self.find(id) else { continue };
            let trace = shared.lock();
            if !trace.left {
                self.take_out(id, trace);
            }
        }
    }

    /// How many traces are kept.
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn take_out(&self, id: TraceId, mut trace: MutexGuard<'_, KeptTrace>) {
        trace.left = true;
        let content = (std::mem::take(&mut trace.spans), trace.anchor.take());
        self.traces.remove(&id);
        self.count.fetch_sub(1, Ordering::AcqRel);
        drop(trace);
        // Dropping handles sends messages, for which no one else should wait.
        drop(content);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, KeptTrace> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Spans that have ended by themselves, as opposed to being closed with their trace.
fn ended_in(sealed: &SealedTrace) -> HashSet<SpanId> {
    let closed = |key: &str, json: &str| key == key::SPAN_INCOMPLETE && json == "true";
    let parts = decode_parts(&sealed.body).filter_map(Result::ok);
    let ended = parts
        .filter(|part| part.end_unix_nano.is_some() && !part.attributes.iter().any(|(key, json)| closed(key, json)));
    ended.map(|part| part.span_id).collect()
}

impl KeptTrace {
    /// Whether nothing of it has to be kept open.
    fn is_at_rest(&self) -> bool {
        self.open == 0 && !self.reserved && !self.left
    }

    /// Begins a span under one that is kept, open or ended. The builder comes back when it cannot be known here whether
    /// that is still possible.
    pub fn start(&mut self, parent: SpanId, builder: SpanBuilder) -> Result<Span, Box<SpanBuilder>> {
        let is_anchored = self.open > 0 || self.anchor.is_some();
        let parent = match self.spans.get(&parent) {
            Some(Kept::Open(span)) => SpanRef::of(span),
            Some(Kept::Ended(span)) if is_anchored => *span,
            _ => return Err(Box::new(builder)),
        };
        let span = parent.place(builder).start();
        if !span.is_recording() {
            return Ok(span);
        }
        let kept = span.into_kept();
        let given = kept.clone();
        self.add(kept);
        Ok(given)
    }

    /// Ends a span. `finish` says what is last to be said about it, and ends it.
    pub fn end(&mut self, id: SpanId, finish: impl FnOnce(&Span)) -> Ending {
        match self.spans.remove(&id) {
            None => Ending::NotKept,
            Some(Kept::Ended(span)) => {
                self.spans.insert(id, Kept::Ended(span));
                Ending::Twice(id)
            }
            Some(Kept::Open(span)) => {
                finish(&span);
                self.note_ended(id, span);
                Ending::Ended
            }
        }
    }

    /// Ends the root, if the client began the trace.
    pub fn end_root(&mut self, finish: impl FnOnce(&Span)) -> Ending {
        self.root.map_or(Ending::NotKept, |root| self.end(root, finish))
    }

    fn add(&mut self, span: Span) {
        if SpanRef::of(&span).is_root() {
            self.root = Some(span.span_id());
        }
        self.open += 1;
        self.spans.insert(span.span_id(), Kept::Open(span));
    }

    fn note_ended(&mut self, id: SpanId, span: Span) {
        self.open -= 1;
        self.spans.insert(id, Kept::Ended(SpanRef::of(&span)));
        if self.root == Some(id) {
            self.anchor = Some(span);
        }
    }

    fn end_all(&mut self, ended: &HashSet<SpanId>) {
        let open = |(id, kept): (&SpanId, &Kept)| (ended.contains(id) && matches!(kept, Kept::Open(_))).then_some(*id);
        let over: Vec<_> = self.spans.iter().filter_map(open).collect();
        for id in over {
            if let Some(Kept::Open(span)) = self.spans.remove(&id) {
                self.note_ended(id, span);
            }
        }
    }
}

impl Reservation<'_> {
    /// Keeps the root of the trace. Gives a handle for the program; of a root that does not record nothing is kept.
    pub fn fill(self, root: Span) -> Span {
        if !root.is_recording() {
            return root;
        }
        let kept = root.into_kept();
        let given = kept.clone();
        self.kept.with(self.id, |trace| {
            trace.add(kept);
            trace.reserved = false;
        });
        given
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let Some(shared) = self.kept.find(self.id) else { return };
        let trace = shared.lock();
        if trace.reserved && !trace.left {
            self.kept.take_out(self.id, trace);
        }
    }
}

#[cfg(test)]
mod tests;
