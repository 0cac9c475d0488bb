//! The batch that is being sent: which of its traces are settled, and how.
//!
//! # Invariants
//! - A trace stays until every trace before it is settled, so what is acknowledged has no gaps.
//! - A settled trace is not sent again.

use std::collections::VecDeque;
use std::sync::Arc;

use spanloom_core::{Batch, Cursor, SealedTrace};

use super::config::ExporterConfig;
use super::links::{Acknowledgement, Outcome, SettledTrace, Stored};
use super::status::DeliveryCounts;

/// The batch that is being sent, or will be sent again.
#[derive(Debug)]
pub(super) struct Lease {
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    cursor: Cursor,
    /// What is still to be sent: the trace, or the part of it that the sink handed back.
    trace: Arc<SealedTrace>,
    /// Spans it stands for in the counters.
    spans: u64,
    /// Once settled: how, and how many of the spans the destination has.
    settled: Option<(Outcome, u64)>,
}

impl Lease {
    /// Takes one batch from the front of the queue; `None` when it is empty.
    pub(super) fn cut(ready: &mut VecDeque<Stored>, config: &ExporterConfig) -> Option<Self> {
        let (mut items, mut spans, mut bytes) = (Vec::new(), 0, 0);
        while let Some((_, trace)) = ready.front() {
            spans += trace.span_count;
            bytes += trace.size_bytes();
            if !items.is_empty() && (spans > config.batch_spans || bytes > config.batch_bytes) {
                break;
            }
            items.extend(ready.pop_front().map(Item::new));
        }
        (!items.is_empty()).then_some(Self { items })
    }

    /// What is to be sent.
    pub(super) fn unsettled(&self) -> Vec<Arc<SealedTrace>> {
        self.items.iter().filter(|item| item.settled.is_none()).map(|item| Arc::clone(&item.trace)).collect()
    }

    /// How many traces are to be sent.
    pub(super) fn unsettled_count(&self) -> usize {
        self.items.iter().filter(|item| item.settled.is_none()).count()
    }

    /// Settles everything but `rest` as delivered.
    pub(super) fn keep_only(&mut self, rest: &Batch, counts: &mut DeliveryCounts) {
        let mut kept = vec![false; self.items.len()];
        let mut at = 0;
        for trace in &rest.traces {
            if let Some(found) = self.find(trace, at, &kept) {
                kept[found] = true;
                self.items[found].trace = Arc::clone(trace);
                at = found + 1;
            }
        }
        for (item, kept) in self.items.iter_mut().zip(kept) {
            if !kept && item.settled.is_none() {
                item.settled = Some((Outcome::Delivered, item.spans));
                counts.delivered += 1;
                counts.delivered_spans += item.spans;
            }
        }
    }

    /// Settles everything as delivered but for so many spans, of which the destination did not say whose they were: they
    /// are counted for the last traces.
    pub(super) fn keep_all_but(&mut self, rejected_spans: u64, counts: &mut DeliveryCounts) {
        let mut rejected = rejected_spans;
        for item in self.items.iter_mut().rev().filter(|item| item.settled.is_none()) {
            let lost = rejected.min(item.spans);
            rejected -= lost;
            let outcome = if lost == 0 { Outcome::Delivered } else { Outcome::Partial };
            item.settled = Some((outcome, item.spans - lost));
            counts.delivered_spans += item.spans - lost;
            counts.partial_rejected_spans += lost;
            counts.partial_rejected += u64::from(lost > 0);
            counts.delivered += u64::from(lost == 0);
        }
    }

    /// Settles what the destination refused. A refused trace that has fewer spans than were sent is a part of it.
    pub(super) fn refuse(&mut self, dropped: &Batch, counts: &mut DeliveryCounts) {
        let mut at = 0;
        for refused in &dropped.traces {
            let Some(found) = self.find(refused, at, &[]) else { continue };
            at = found + 1;
            let item = &mut self.items[found];
            if refused.span_count < item.trace.span_count {
                let lost = refused.span_count.min(item.spans);
                item.settled = Some((Outcome::Partial, item.spans - lost));
                counts.partial_rejected += 1;
                counts.partial_rejected_spans += lost;
                counts.delivered_spans += item.spans - lost;
            } else {
                item.settled = Some((Outcome::Refused, 0));
                counts.dead_lettered += 1;
                counts.dead_lettered_spans += item.spans;
            }
        }
    }

    /// Gives up the settled traces at the front.
    pub(super) fn release_settled(&mut self) -> Option<Acknowledgement> {
        let count = self.items.iter().take_while(|item| item.settled.is_some()).count();
        let upto = self.items[..count].last()?.cursor;
        let settled = self.items.drain(..count).filter_map(|item| {
            let (outcome, delivered) = item.settled?;
            Some(SettledTrace { cursor: item.cursor, outcome, spans: item.spans, delivered })
        });
        Some(Acknowledgement { upto, settled: settled.collect() })
    }

    /// Forgets what is not settled up to a position: the destination is not owed it any more.
    pub(super) fn lose(&mut self, upto: Cursor) {
        self.items.retain(|item| item.settled.is_some() || item.cursor > upto);
    }

    /// Whether every trace was settled and released.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The unsettled item that a sink means by a trace: the same one, or a part of it, which has its id. Sinks keep the
    /// order, so the search starts after the one found before.
    fn find(&self, trace: &Arc<SealedTrace>, start: usize, taken: &[bool]) -> Option<usize> {
        let open = |at: &usize| self.items[*at].settled.is_none() && !taken.get(*at).is_some_and(|taken| *taken);
        let order = || (start..self.items.len()).chain(0..start.min(self.items.len())).filter(open);
        order().find(|at| Arc::ptr_eq(&self.items[*at].trace, trace)).or_else(|| {
            order().find(|at| {
                let own = &self.items[*at].trace;
                own.info.trace_id == trace.info.trace_id && own.amends == trace.amends
            })
        })
    }
}

impl Item {
    /// An amendment repeats spans that were counted with its trace, so only the new ones count.
    fn new((cursor, trace): Stored) -> Self {
        Self { cursor, spans: trace.new_spans, trace, settled: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exporter::tests::{batch_of, stored, with_spans};

    fn lease(cursors: std::ops::RangeInclusive<u64>) -> (Lease, Vec<Stored>) {
        let all = stored(cursors);
        let lease = Lease::cut(&mut all.clone().into(), &ExporterConfig::default()).unwrap();
        (lease, all)
    }

    /// How far, and how many spans the destination has.
    fn released(lease: &mut Lease) -> Option<(u64, u64)> {
        lease.release_settled().map(|released| (released.upto.0, released.delivered_spans()))
    }

    #[test]
    fn what_the_destination_has_lost_is_not_sent_any_more_and_what_is_settled_is_told() {
        let (mut lease, all) = lease(1..=4);
        let mut counts = DeliveryCounts::default();
        lease.keep_only(&batch_of(&[all[0].clone(), all[3].clone()]), &mut counts);
        assert_eq!(released(&mut lease), None);
        lease.lose(Cursor(2));
        assert_eq!(lease.unsettled(), vec![all[3].1.clone()]);
        let told = lease.release_settled().unwrap();
        let cursors: Vec<_> = told.settled.iter().map(|trace| (trace.cursor.0, trace.outcome)).collect();
        assert_eq!(cursors, [(2, Outcome::Delivered), (3, Outcome::Delivered)]);
    }

    #[test]
    fn a_batch_has_at_most_its_spans_and_bytes_but_one_trace_at_least() {
        let small = ExporterConfig { batch_spans: 5, ..ExporterConfig::default() };
        let mut ready: VecDeque<_> = stored(1..=4).into_iter().map(|(at, t)| (at, with_spans(&t, 2))).collect();
        assert_eq!(Lease::cut(&mut ready, &small).unwrap().unsettled_count(), 2);
        let tiny = ExporterConfig { batch_bytes: 1, ..ExporterConfig::default() };
        assert_eq!(Lease::cut(&mut ready, &tiny).unwrap().unsettled_count(), 1);
        assert_eq!(ready.len(), 1);
        assert!(Lease::cut(&mut VecDeque::new(), &tiny).is_none());
    }

    #[test]
    fn only_a_contiguous_run_is_released() {
        let (mut lease, all) = lease(1..=4);
        let mut counts = DeliveryCounts::default();
        lease.keep_only(&batch_of(&all[1..2]), &mut counts);
        assert_eq!(released(&mut lease), Some((1, 1)));
        assert_eq!((counts.delivered, lease.unsettled()), (3, vec![all[1].1.clone()]));
        lease.keep_only(&Batch::default(), &mut counts);
        assert_eq!(released(&mut lease), Some((4, 3)));
        assert!(lease.is_empty());
        assert_eq!((counts.delivered, counts.delivered_spans), (4, 4));
    }

    #[test]
    fn a_part_that_a_sink_made_anew_is_known_by_its_id_and_sent_in_place_of_the_trace() {
        let (mut lease, all) = lease(1..=2);
        let mut counts = DeliveryCounts::default();
        let part = with_spans(&all[0].1, 0);
        lease.keep_only(&Batch { traces: vec![part.clone()] }, &mut counts);
        assert_eq!(lease.unsettled(), vec![part]);
        assert_eq!(lease.release_settled(), None);
    }

    #[test]
    fn traces_that_were_not_sent_change_nothing() {
        let (mut lease, _) = lease(1..=2);
        let mut counts = DeliveryCounts::default();
        lease.refuse(&batch_of(&stored(7..=7)), &mut counts);
        assert_eq!((lease.unsettled_count(), counts), (2, DeliveryCounts::default()));
    }

    #[test]
    fn refused_traces_pass_without_being_delivered() {
        let (mut lease, all) = lease(1..=3);
        let mut counts = DeliveryCounts::default();
        lease.refuse(&batch_of(&all[0..1]), &mut counts);
        lease.keep_only(&batch_of(&all[2..3]), &mut counts);
        assert_eq!(released(&mut lease), Some((2, 1)));
        assert_eq!((counts.dead_lettered, counts.dead_lettered_spans, counts.delivered), (1, 1, 1));
    }

    #[test]
    fn a_trace_of_which_a_part_was_refused_counts_as_partial() {
        let trace = with_spans(&stored(1..=1)[0].1, 5);
        let mut lease = Lease::cut(&mut [(Cursor(1), trace.clone())].into(), &ExporterConfig::default()).unwrap();
        let mut counts = DeliveryCounts::default();
        lease.refuse(&Batch { traces: vec![with_spans(&trace, 2)] }, &mut counts);
        assert_eq!(released(&mut lease), Some((1, 3)));
        assert_eq!((counts.partial_rejected, counts.partial_rejected_spans, counts.delivered_spans), (1, 2, 3));
    }

    #[test]
    fn spans_that_were_rejected_without_a_name_are_counted_and_not_sent_again() {
        let (mut lease, _) = lease(1..=3);
        let mut counts = DeliveryCounts::default();
        lease.keep_all_but(1, &mut counts);
        assert!(lease.unsettled().is_empty());
        assert_eq!((counts.delivered, counts.delivered_spans), (2, 2));
        assert_eq!((counts.partial_rejected, counts.partial_rejected_spans), (1, 1));
        assert_eq!(released(&mut lease), Some((3, 2)));
    }

    #[test]
    fn of_an_amendment_only_new_spans_are_counted() {
        let mut amendment = SealedTrace::clone(&with_spans(&stored(1..=1)[0].1, 5));
        (amendment.amends, amendment.new_spans) = (true, 1);
        let mut lease = Lease::cut(&mut [(Cursor(1), Arc::new(amendment))].into(), &ExporterConfig::default()).unwrap();
        lease.keep_only(&Batch::default(), &mut DeliveryCounts::default());
        assert_eq!(released(&mut lease), Some((1, 1)));
    }
}
