//! A store in memory that does as it is told before it takes traces.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::Receiver;
use spanloom_core::{Cursor, SealedTrace, StoreBatch, StoreError, TraceStore};

/// What becomes of a commit that has traces.
#[derive(Debug)]
pub(crate) enum Act {
    /// It is taken.
    Take,
    /// It is refused for good.
    Fail,
    /// It takes until the other end sends or is dropped.
    Block(Receiver<()>),
}

/// A store in memory.
#[derive(Debug)]
pub(crate) struct Shelf {
    script: VecDeque<Act>,
    traces: Vec<(Cursor, Arc<SealedTrace>)>,
    commits: Arc<AtomicU64>,
}

impl Shelf {
    /// A store with a script, and how many commits of traces it has begun.
    pub(crate) fn new(script: impl IntoIterator<Item = Act>) -> (Box<Self>, Arc<AtomicU64>) {
        let commits = Arc::<AtomicU64>::default();
        let script = script.into_iter().collect();
        (Box::new(Self { script, traces: Vec::new(), commits: Arc::clone(&commits) }), commits)
    }
}

impl TraceStore for Shelf {
    fn commit(&mut self, batch: &StoreBatch) -> Result<Vec<Cursor>, StoreError> {
        if batch.completed.is_empty() {
            return Ok(Vec::new());
        }
        self.commits.fetch_add(1, Ordering::AcqRel);
        match self.script.pop_front() {
            Some(Act::Fail) => {
                return Err(StoreError::Corrupt { path: "a shelf".to_owned(), what: "it was told to fail".to_owned() });
            }
            Some(Act::Block(released)) => drop(released.recv()),
            Some(Act::Take) | None => {}
        }
        let first = self.traces.len() as u64 + 1;
        let placed = batch.completed.iter().zip(first..).map(|(trace, n)| (Cursor(n), Arc::clone(trace)));
        self.traces.extend(placed);
        Ok((first..).take(batch.completed.len()).map(Cursor).collect())
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn acknowledged(&mut self, _: &str) -> Result<Cursor, StoreError> {
        Ok(Cursor::default())
    }

    fn fetch(
        &mut self,
        after: Cursor,
        max_traces: usize,
        _: usize,
    ) -> Result<Vec<(Cursor, Arc<SealedTrace>)>, StoreError> {
        Ok(self.traces.iter().filter(|(cursor, _)| *cursor > after).take(max_traces).cloned().collect())
    }

    fn spans_after(&mut self, position: Cursor) -> Result<u64, StoreError> {
        Ok(self.traces.iter().filter(|(cursor, _)| *cursor > position).map(|(_, trace)| trace.span_count).sum())
    }
}
