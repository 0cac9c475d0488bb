//! The outbox of an engine without a store: completed traces in memory until every destination has them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use spanloom_core::{Cursor, SealedTrace, StoreBatch, StoreError, TraceStore};

/// Completed traces in memory.
///
/// Their bytes count as being on their way, so that new roots wait or are refused while the destinations are behind.
/// Should there be more than the limit all the same, the oldest go, and are counted.
#[derive(Debug)]
pub(crate) struct MemoryOutbox {
    traces: VecDeque<(Cursor, Arc<SealedTrace>)>,
    bytes: usize,
    limit_bytes: usize,
    /// Bytes on their way, of which these are a part.
    in_flight: Arc<AtomicUsize>,
    next: u64,
    /// By destination; what all of them have is let go.
    acknowledged: BTreeMap<String, Cursor>,
    evicted_spans: Arc<AtomicU64>,
}

impl MemoryOutbox {
    /// An outbox for these destinations.
    pub(crate) fn new(
        destinations: impl IntoIterator<Item = String>,
        limit_bytes: usize,
        in_flight: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            traces: VecDeque::new(),
            bytes: 0,
            limit_bytes,
            in_flight,
            next: 1,
            acknowledged: destinations.into_iter().map(|name| (name, Cursor::default())).collect(),
            evicted_spans: Arc::default(),
        }
    }

    /// Spans that were let go before every destination had them.
    pub(crate) fn evicted_spans(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.evicted_spans)
    }

    fn let_go(&mut self) {
        let done = self.acknowledged.values().min().copied().unwrap_or(Cursor(u64::MAX));
        while let Some((cursor, trace)) = self.traces.front() {
            let delivered = *cursor <= done;
            if !delivered && self.bytes <= self.limit_bytes {
                return;
            }
            if !delivered {
                self.evicted_spans.fetch_add(trace.span_count, Ordering::AcqRel);
            }
            let bytes = trace.size_bytes();
            self.bytes -= bytes;
            self.in_flight.fetch_sub(bytes, Ordering::AcqRel);
            self.traces.pop_front();
        }
    }
}

impl TraceStore for MemoryOutbox {
    fn commit(&mut self, batch: &StoreBatch) -> Result<Vec<Cursor>, StoreError> {
        let cursors = batch.completed.iter().map(|trace| {
            let cursor = Cursor(self.next);
            self.next += 1;
            let bytes = trace.size_bytes();
            self.bytes += bytes;
            self.in_flight.fetch_add(bytes, Ordering::AcqRel);
            self.traces.push_back((cursor, Arc::clone(trace)));
            cursor
        });
        let cursors = cursors.collect();
        for (destination, cursor) in &batch.acknowledged {
            self.acknowledged.insert(destination.clone(), *cursor);
        }
        self.let_go();
        Ok(cursors)
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn acknowledged(&mut self, destination: &str) -> Result<Cursor, StoreError> {
        Ok(self.acknowledged.get(destination).copied().unwrap_or_default())
    }

    fn fetch(
        &mut self,
        after: Cursor,
        max_traces: usize,
        max_bytes: usize,
    ) -> Result<Vec<(Cursor, Arc<SealedTrace>)>, StoreError> {
        let mut bytes = 0;
        let first = self.traces.partition_point(|(cursor, _)| *cursor <= after);
        let wanted = self.traces.range(first..).take(max_traces);
        let fetched = wanted.take_while(|(_, trace)| {
            let first = bytes == 0;
            bytes += trace.size_bytes();
            first || bytes <= max_bytes
        });
        Ok(fetched.cloned().collect())
    }

    fn spans_after(&mut self, position: Cursor) -> Result<u64, StoreError> {
        Ok(self.traces.iter().filter(|(cursor, _)| *cursor > position).map(|(_, trace)| trace.span_count).sum())
    }
}

#[cfg(test)]
mod tests {
    use spanloom_core::{TraceId, TraceInfo};

    use super::*;

    fn batch(ids: impl IntoIterator<Item = u128>) -> StoreBatch {
        let trace = |id| {
            let info = TraceInfo::new(TraceId::from_u128(id).expect("not zero"), 0);
            Arc::new(SealedTrace::new(info, vec![0; 1_000], vec![1_000], 1))
        };
        StoreBatch { completed: ids.into_iter().map(trace).collect(), ..StoreBatch::default() }
    }

    #[test]
    fn traces_stay_until_every_destination_has_them() {
        let mut outbox = MemoryOutbox::new(["a".to_owned(), "b".to_owned()], 1 << 20, Arc::default());
        let cursors = outbox.commit(&batch(1..=3)).expect("memory");
        let acknowledge = |name: &str, cursor| StoreBatch {
            acknowledged: [(name.to_owned(), cursor)].into(),
            ..StoreBatch::default()
        };
        outbox.commit(&acknowledge("a", cursors[2])).expect("memory");
        assert_eq!(outbox.fetch(Cursor(0), 10, usize::MAX).expect("memory").len(), 3);
        outbox.commit(&acknowledge("b", cursors[1])).expect("memory");
        assert_eq!(outbox.fetch(Cursor(0), 10, usize::MAX).expect("memory").len(), 1);
        assert_eq!(outbox.spans_after(cursors[1]).expect("memory"), 1);
    }

    #[test]
    fn over_its_size_the_oldest_go_and_are_counted() {
        let mut outbox = MemoryOutbox::new(["a".to_owned()], 4_000, Arc::default());
        outbox.commit(&batch(1..=10)).expect("memory");
        let kept = outbox.fetch(Cursor(0), 100, usize::MAX).expect("memory");
        assert_eq!(kept.len() as u64 + outbox.evicted_spans().load(Ordering::Acquire), 10);
        assert_eq!(kept.last().map(|(cursor, _)| *cursor), Some(Cursor(10)));
    }
}
