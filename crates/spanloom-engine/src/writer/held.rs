//! What was committed since the last good sync, kept in memory.
//!
//! After a failed sync nothing since then can be trusted to be on the disk, however good the next one looks. So it is
//! committed once more before the next sync; what the store still has is not written twice.

use std::sync::Arc;

use spanloom_core::{Cursor, SealedTrace, StoreBatch, StoreError};

use super::thread::Running;

/// With more than this a sync is due at once.
const MOST_BYTES: usize = 32 << 20;
/// How often a sync that fails is tried before whoever waits is told.
pub(super) const SYNC_ATTEMPTS: u32 = 3;

/// What was committed since the last good sync.
#[derive(Debug, Default)]
pub(super) struct Held {
    batches: Vec<StoreBatch>,
    bytes: usize,
    /// Something has failed since.
    is_suspect: bool,
}

impl Held {
    /// Keeps what was committed; sums and positions are in the store's own hands.
    pub(super) fn keep(&mut self, batch: StoreBatch) {
        let StoreBatch { completed, journal, abandoned, .. } = batch;
        let chunks = journal.iter().map(|chunk| chunk.body.len()).sum::<usize>();
        self.bytes += completed.iter().map(|trace| trace.size_bytes()).sum::<usize>() + chunks;
        if !completed.is_empty() || !journal.is_empty() || !abandoned.is_empty() {
            self.batches.push(StoreBatch { completed, journal, abandoned, ..StoreBatch::default() });
        }
    }

    /// Whether so much is kept that a sync should not wait for its time.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > MOST_BYTES
    }

    /// Looks at an error: one of reading or writing means that nothing since the last good sync is trusted.
    pub(super) fn hear(&mut self, error: &StoreError) {
        self.is_suspect |= matches!(error, StoreError::Io { .. });
    }

    /// Everything is on the disk.
    pub(super) fn synced(&mut self) {
        *self = Self::default();
    }
}

impl Running {
    /// Everything that was committed is on the disk when this returns `Ok`, and not otherwise.
    pub(super) fn sync(&mut self) -> Result<(), StoreError> {
        let mut attempt = 1;
        loop {
            let outcome = self.commit_again().and_then(|()| self.writer.store.sync());
            match outcome {
                Ok(()) => {
                    self.dirty_since = None;
                    self.held.synced();
                    self.writer.ledger.with_writer(|book| book.synced_spans = book.stored_spans);
                    return Ok(());
                }
                Err(error) => {
                    self.held.hear(&error);
                    if attempt == SYNC_ATTEMPTS || !error.is_retryable() {
                        return Err(error);
                    }
                    attempt += 1;
                }
            }
        }
    }

    /// Commits what is held once more, if something has failed since.
    fn commit_again(&mut self) -> Result<(), StoreError> {
        if !self.held.is_suspect {
            return Ok(());
        }
        let batches = std::mem::take(&mut self.held.batches);
        let outcome = batches.iter().try_for_each(|batch| {
            let cursors = self.writer.store.commit(batch)?;
            // What had been lost has a new position, which exporters have not seen.
            let stored: Vec<(Cursor, Arc<SealedTrace>)> =
                cursors.into_iter().zip(batch.completed.iter().cloned()).collect();
            self.writer.handoffs.iter().for_each(|handoff| handoff.offer(&stored));
            Ok(())
        });
        self.held.batches = batches;
        self.held.is_suspect = outcome.is_err();
        outcome
    }
}

#[cfg(test)]
mod tests {
    use spanloom_core::{TraceId, TraceInfo};

    use super::*;

    fn batch(bytes: usize) -> StoreBatch {
        let info = TraceInfo::new(TraceId::from_u128(1).expect("not zero"), 0);
        let trace = SealedTrace::new(info, vec![0; bytes], vec![bytes], 1);
        StoreBatch { completed: vec![Arc::new(trace)], ..StoreBatch::default() }
    }

    #[test]
    fn it_is_full_above_its_size_and_empty_after_a_sync() {
        let mut held = Held::default();
        held.keep(batch(MOST_BYTES));
        assert!(held.is_full());
        held.synced();
        held.keep(StoreBatch::default());
        assert!(!held.is_full() && held.batches.is_empty());
    }

    #[test]
    fn only_a_failure_to_read_or_write_makes_it_suspect() {
        let mut held = Held::default();
        let path = || "p".to_owned();
        held.hear(&StoreError::Busy { path: path(), source: "s".into() });
        held.hear(&StoreError::Full { path: path(), source: "s".into() });
        assert!(!held.is_suspect);
        held.hear(&StoreError::Io { path: path(), source: "s".into() });
        assert!(held.is_suspect);
    }
}
