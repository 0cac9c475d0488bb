//! The bounded queue from the writer thread to one exporter.
//!
//! The writer offers what it has just stored and never waits. What does not fit is not lost, as it is in the store:
//! the queue has a gap there, and the exporter, which takes contiguous runs of positions only, reads the gap back.

use std::collections::VecDeque;
use std::sync::Arc;

use spanloom_core::{Cursor, Evicted, Eviction};

use super::config::ExporterConfig;
use super::links::Stored;
use super::slot::Slot;

/// The writer's end. Clones are the same queue.
#[derive(Clone, Debug)]
pub(crate) struct Handoff(Arc<Slot>);

impl Handoff {
    pub(super) fn new(slot: Arc<Slot>) -> Self {
        Self(slot)
    }

    /// Gives the exporter what a commit has stored, in the order of its positions. Does not wait.
    pub(crate) fn offer(&self, stored: &[Stored]) {
        if !stored.is_empty() {
            self.0.offer(stored);
        }
    }
}

impl Handoff {
    /// The destination's name.
    pub(crate) fn destination(&self) -> &str {
        self.0.name()
    }

    /// Tells the exporter that its destination has lost what it was owed. Does not wait.
    pub(crate) fn lose(&self, eviction: &Eviction) {
        self.0.lose(eviction);
    }

    /// Some of that arrived all the same.
    pub(crate) fn reprieve(&self, reprieved: Evicted) {
        self.0.reprieve(reprieved);
    }
}

/// A run of positions that follows what the exporter has, and how far the store is known to reach without a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Taken {
    /// The run, empty when there is none.
    pub(super) items: Vec<Stored>,
    /// Everything up to here was stored and is not in the queue: read it from the store.
    pub(super) owed_until: Cursor,
}

/// The queue itself.
///
/// # Invariants
/// - Positions rise from front to back.
/// - No more traces and bytes than the limits allow.
#[derive(Debug)]
pub(super) struct HandoffQueue {
    items: VecDeque<Stored>,
    bytes: usize,
    newest: Cursor,
    max_traces: usize,
    max_bytes: usize,
}

impl HandoffQueue {
    pub(super) fn new(config: &ExporterConfig) -> Self {
        Self {
            items: VecDeque::new(),
            bytes: 0,
            newest: Cursor::default(),
            max_traces: config.handoff_traces,
            max_bytes: config.handoff_bytes,
        }
    }

    pub(super) fn offer(&mut self, stored: &[Stored]) {
        for (cursor, trace) in stored {
            if *cursor <= self.newest {
                continue;
            }
            self.newest = *cursor;
            let bytes = trace.size_bytes();
            // Of a trace that goes on with others the store may have made one: that is read back, whole.
            if !trace.continues && self.items.len() < self.max_traces && self.bytes + bytes <= self.max_bytes {
                self.items.push_back((*cursor, Arc::clone(trace)));
                self.bytes += bytes;
            }
        }
    }

    /// Takes the run that starts right after a position, about one batch of it; forgets what is not after it.
    pub(super) fn take(&mut self, after: Cursor, max_spans: u64, max_bytes: usize) -> Taken {
        while self.items.front().is_some_and(|(cursor, _)| *cursor <= after) {
            self.pop();
        }
        let (mut items, mut spans, mut bytes) = (Vec::new(), 0, 0);
        let mut next = after.0 + 1;
        while spans < max_spans
            && bytes < max_bytes
            && self.items.front().is_some_and(|(cursor, _)| cursor.0 == next)
            && let Some(item) = self.pop()
        {
            spans += item.1.span_count;
            bytes += item.1.size_bytes();
            next += 1;
            items.push(item);
        }
        let owed_until = self.items.front().map_or(self.newest, |(cursor, _)| Cursor(cursor.0 - 1));
        Taken { items, owed_until }
    }

    /// The highest position that was ever offered.
    pub(super) fn newest(&self) -> Cursor {
        self.newest
    }

    /// Traces that wait.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    fn pop(&mut self) -> Option<Stored> {
        let item = self.items.pop_front()?;
        self.bytes -= item.1.size_bytes();
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exporter::tests::stored;

    fn queue(max_traces: usize) -> HandoffQueue {
        HandoffQueue::new(&ExporterConfig { handoff_traces: max_traces, ..ExporterConfig::default() })
    }

    #[track_caller]
    fn check_take(queue: &mut HandoffQueue, after: u64, items: &[u64], owed_until: u64) {
        let taken = queue.take(Cursor(after), 512, usize::MAX);
        let cursors: Vec<_> = taken.items.iter().map(|(cursor, _)| cursor.0).collect();
        assert_eq!((cursors.as_slice(), taken.owed_until), (items, Cursor(owed_until)));
    }

    #[test]
    fn what_follows_is_taken_in_order() {
        let mut queue = queue(10);
        queue.offer(&stored(1..=3));
        check_take(&mut queue, 0, &[1, 2, 3], 3);
        check_take(&mut queue, 3, &[], 3);
        queue.offer(&stored(4..=4));
        check_take(&mut queue, 3, &[4], 4);
    }

    #[test]
    fn a_gap_is_owed_and_what_is_behind_it_waits() {
        let mut queue = queue(10);
        queue.offer(&stored(5..=6));
        check_take(&mut queue, 2, &[], 4);
        check_take(&mut queue, 4, &[5, 6], 6);
    }

    #[test]
    fn what_does_not_fit_leaves_a_gap() {
        let mut queue = queue(2);
        queue.offer(&stored(1..=4));
        assert_eq!(queue.len(), 2);
        check_take(&mut queue, 0, &[1, 2], 4);
        queue.offer(&stored(5..=5));
        check_take(&mut queue, 2, &[], 4);
        check_take(&mut queue, 4, &[5], 5);
    }

    #[test]
    fn bytes_are_bounded_too() {
        let one = stored(1..=1)[0].1.size_bytes();
        let mut queue =
            HandoffQueue::new(&ExporterConfig { handoff_bytes: 2 * one + one / 2, ..ExporterConfig::default() });
        queue.offer(&stored(1..=9));
        assert_eq!((queue.len(), queue.newest()), (2, Cursor(9)));
        check_take(&mut queue, 0, &[1, 2], 9);
        queue.offer(&stored(10..=11));
        assert_eq!(queue.len(), 2, "what was taken makes room");
    }

    #[test]
    fn what_the_exporter_has_already_is_forgotten() {
        let mut queue = queue(10);
        queue.offer(&stored(1..=5));
        check_take(&mut queue, 3, &[4, 5], 5);
        check_take(&mut queue, 9, &[], 5);
    }

    #[test]
    fn one_take_is_about_one_batch() {
        let mut queue = queue(10);
        queue.offer(&stored(1..=9));
        assert_eq!(queue.take(Cursor(0), 2, usize::MAX).items.len(), 2);
        assert_eq!(queue.take(Cursor(2), 512, 1).items.len(), 1);
    }
}
