//! The span of an iterator or a stream, from the first pull to the last item.

use std::panic::resume_unwind;
use std::time::Instant;

use spanloom_core::{JsonText, attribute_key as key};

use super::call::Call;
use super::chunks::Chunks;
use super::failure::Failure;
use super::kept::{Kept, Reduced};
use super::opening::Opening;

/// What is recorded of one item.
#[derive(Debug)]
pub enum Observed {
    /// The item.
    Chunk(JsonText),
    /// Nothing, though it is there.
    Unrecorded,
    /// It is an error, and the last that counts.
    Failed(Failure),
}

/// Where the span of the items stands.
#[derive(Debug)]
pub enum Source {
    /// Before the first pull.
    Later(Opening),
    /// Open.
    Running(Call),
    /// Ended; what the body still gives is passed on and nothing else.
    Over,
}

impl From<Opening> for Source {
    fn from(opening: Opening) -> Self {
        Self::Later(opening)
    }
}

impl From<Call> for Source {
    fn from(call: Call) -> Self {
        Self::Running(call)
    }
}

/// Records that a call gave an error in place of items.
pub fn refuse(source: impl Into<Source>, failure: impl FnOnce() -> Failure) {
    let call = match source.into() {
        Source::Later(opening) => opening.start(),
        Source::Running(call) => call,
        Source::Over => return,
    };
    if call.is_recording() {
        call.failed(&failure());
    }
}

/// What follows the items of one call.
///
/// `observe` records an item and may keep something of it; `reduce` makes the outputs of what was kept.
pub(super) struct Items<K, O, R> {
    source: Source,
    kept: Kept<K>,
    chunks: Chunks,
    observe: O,
    reduce: Option<R>,
    count: u64,
    /// When the span started, until the first item is there.
    waiting_since: Option<Instant>,
}

impl<K, O, R: FnOnce(K) -> Reduced> Items<K, O, R> {
    pub(super) fn new(source: Source, kept: Kept<K>, observe: O, reduce: R) -> Self {
        let chunks = Chunks::new(kept.list_bytes());
        let waiting_since = matches!(source, Source::Running(_)).then(Instant::now);
        Self { source, kept, chunks, observe, reduce: Some(reduce), count: 0, waiting_since }
    }

    /// A copy that is followed by no span.
    pub(super) fn unfollowed(&self) -> Self
    where
        O: Clone,
    {
        let (source, kept, chunks) = (Source::Over, Kept::gone(), Chunks::new(0));
        Self { source, kept, chunks, observe: self.observe.clone(), reduce: None, count: 0, waiting_since: None }
    }

    /// Asks the body for more with the span current; the first time, starts it.
    pub(super) fn pull<T>(&mut self, ask: impl FnOnce() -> T) -> T {
        let Some(call) = self.started() else { return ask() };
        match call.enter(ask) {
            Ok(given) => given,
            Err(payload) => {
                self.broken(&Failure::of_panic(&*payload));
                resume_unwind(payload)
            }
        }
    }

    /// Records what the body gave: an item, or that there are no more.
    pub(super) fn gave<I>(&mut self, item: Option<&I>)
    where
        O: FnMut(&mut Kept<K>, &I) -> Observed,
    {
        let Source::Running(call) = &self.source else { return };
        if !call.is_recording() {
            if item.is_none() {
                self.source = Source::Over;
            }
            return;
        }
        match item.map(|item| (self.observe)(&mut self.kept, item)) {
            None => self.exhausted(),
            Some(Observed::Failed(failure)) => self.broken(&failure),
            Some(Observed::Unrecorded) => self.counted(),
            Some(Observed::Chunk(text)) => {
                self.counted();
                if let Source::Running(call) = &self.source {
                    self.chunks.push(call, &text);
                }
            }
        }
    }

    fn started(&mut self) -> Option<&Call> {
        if let Source::Later(_) = self.source
            && let Source::Later(opening) = std::mem::replace(&mut self.source, Source::Over)
        {
            self.source = Source::Running(opening.start());
            self.waiting_since = Some(Instant::now());
        }
        match &self.source {
            Source::Running(call) => Some(call),
            Source::Later(_) | Source::Over => None,
        }
    }

    fn counted(&mut self) {
        self.count += 1;
        if let (Source::Running(call), Some(since)) = (&self.source, self.waiting_since.take()) {
            let waited = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
            call.set(key::STREAM_FIRST_ITEM_NS, waited);
        }
    }

    /// An item is an error, or asking for one panicked.
    fn broken(&mut self, failure: &Failure) {
        if let Some(call) = over(&mut self.source, &mut self.chunks, self.count) {
            call.broken(failure);
        }
    }

    fn exhausted(&mut self) {
        let Some(call) = over(&mut self.source, &mut self.chunks, self.count) else { return };
        let kept = std::mem::replace(&mut self.kept, Kept::gone());
        let reduced = self.reduce.take().map_or(Reduced::List, |reduce| kept.reduce(reduce));
        match reduced {
            Reduced::Outputs(outputs) if outputs.as_str() == "null" => {}
            Reduced::Outputs(outputs) => call.stream_outputs(&outputs),
            Reduced::Nothing => {}
            Reduced::List => call.stream_outputs(&self.chunks.json()),
            Reduced::Failed(failure) => {
                call.set(key::STREAM_REDUCER_ERROR, format!("{}: {}", failure.type_name, failure.message));
                call.stream_outputs(&self.chunks.json());
            }
        }
    }
}

impl<K, O, R> Drop for Items<K, O, R> {
    /// What was begun and not asked for to the end keeps the items so far as outputs, and a mark.
    fn drop(&mut self) {
        let Some(call) = over(&mut self.source, &mut self.chunks, self.count) else { return };
        if call.is_recording() {
            call.set(key::STREAM_ABANDONED, true);
            if !self.chunks.is_empty() {
                call.stream_outputs(&self.chunks.json());
            }
        }
    }
}

/// Ends the items; gives the call, which ends its span when it drops.
fn over(source: &mut Source, chunks: &mut Chunks, count: u64) -> Option<Call> {
    let Source::Running(call) = std::mem::replace(source, Source::Over) else { return None };
    if call.is_recording() {
        chunks.send_rest(&call);
        call.set(key::STREAM_ITEMS, count);
    }
    Some(call)
}
