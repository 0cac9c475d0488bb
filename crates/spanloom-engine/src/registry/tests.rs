//! The machine's promises, with rounds and records given by hand.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use spanloom_api::raw_id::RawId;
use spanloom_api::record::{Record, Text};
use spanloom_core::{DropReason, Limits, TraceId};

use super::log::LogPool;
use super::state::{CompletedTrace, Effect, Registry};
use crate::clock::TickClock;
use crate::names::Names;

mod joining;
mod order;

const TENANT: u8 = 1;

/// A registry, and rings of which each keeps count of its own spans.
struct Bench {
    registry: Registry,
    begun: Instant,
    sequences: [u64; 16],
    ticks: u64,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let begun = Instant::now();
        let mut registry = Registry::new(Names::default(), LogPool::new(), TickClock::start(), begun);
        registry.add_tenant(TENANT, limits);
        Self { registry, begun, sequences: [0; 16], ticks: 1_000 }
    }

    fn next(&mut self, lane: u32) -> (RawId, u64) {
        let sequence = &mut self.sequences[lane as usize];
        *sequence += 1;
        self.ticks += 1;
        (RawId::new(TENANT, lane, *sequence - 1), self.ticks)
    }

    /// The number of the next span of a ring, and the record that starts it.
    fn root(&mut self, lane: u32) -> (RawId, Record<'static>) {
        let (span, ticks) = self.next(lane);
        (span, Record::Root { name: Text::Static("root"), tenant: TENANT, trace_id: [1, span.0], ticks })
    }

    fn child(&mut self, lane: u32, root: RawId, parent: RawId) -> (RawId, Record<'static>) {
        let (span, ticks) = self.next(lane);
        (span, Record::Start { name: Text::Static("child"), root, parent, ticks })
    }

    fn hear(&mut self, lane: u32, span: RawId, record: Record<'_>) {
        self.registry.hear(lane, RawId::new(0, lane, span.sequence()), record);
    }

    fn begin(&mut self, lane: u32) -> RawId {
        let (span, record) = self.root(lane);
        self.hear(lane, span, record);
        span
    }

    fn begin_child(&mut self, lane: u32, root: RawId) -> RawId {
        let (span, record) = self.child(lane, root, root);
        self.hear(lane, span, record);
        span
    }

    fn retain(&mut self, span: RawId) {
        self.registry.hear(0, RawId::NONE, Record::Retain { span });
    }

    fn release(&mut self, span: RawId) {
        self.ticks += 1;
        self.registry.hear(0, RawId::NONE, Record::Release { span, ticks: self.ticks });
    }

    fn end(&mut self, span: RawId) {
        self.ticks += 1;
        self.registry.hear(0, RawId::NONE, Record::End { span, ticks: self.ticks, release: false });
    }

    fn round_at(&mut self, after: Duration) -> Vec<CompletedTrace> {
        self.registry.end_round(self.begun + after, self.ticks);
        let completed = self.registry.take_effects().into_iter().filter_map(|effect| match effect {
            Effect::Complete(_, trace) => Some(trace),
            Effect::Abandon { .. } | Effect::Refuse { .. } => None,
        });
        completed.collect()
    }

    fn round(&mut self) -> Vec<CompletedTrace> {
        self.round_at(Duration::ZERO)
    }

    #[track_caller]
    fn assert_balanced(&self) {
        let book = self.registry.book(TENANT).expect("the engine is there");
        for tally in [&book.spans, &book.traces] {
            let dropped: u64 = tally.dropped.iter().sum();
            assert_eq!(tally.begun, tally.live + tally.completed + dropped, "{tally:?}");
        }
    }

    fn dropped(&self, reason: DropReason) -> (u64, u64) {
        let book = self.registry.book(TENANT).expect("the engine is there");
        (book.spans.dropped[reason.index()], book.traces.dropped[reason.index()])
    }
}

fn bench() -> Bench {
    Bench::new(Limits::default())
}

#[test]
fn a_trace_is_complete_a_full_round_after_its_last_end_and_not_before() {
    let mut bench = bench();
    let root = bench.begin(1);
    let child = bench.begin_child(2, root);
    bench.release(child);
    bench.release(root);
    assert!(bench.round().is_empty());
    let completed = bench.round();
    assert_eq!(completed.len(), 1);
    assert_eq!((completed[0].spans, completed[0].incomplete, completed[0].amends), (2, false, false));
    bench.assert_balanced();
}

#[test]
fn an_ended_root_waits_for_open_children() {
    let mut bench = bench();
    let root = bench.begin(1);
    let child = bench.begin_child(2, root);
    bench.end(root);
    bench.release(root);
    for _ in 0..5 {
        assert!(bench.round().is_empty());
    }
    bench.release(child);
    bench.round();
    bench.round();
    bench.assert_balanced();
    assert_eq!(bench.registry.book(TENANT).expect("there").traces.completed, 1);
}

#[test]
fn without_any_linger_a_trace_goes_with_its_root_and_rounds_still_end() {
    let mut bench = Bench::new({
        let mut limits = Limits::default();
        limits.linger = Duration::ZERO;
        limits
    });
    let root = bench.begin(1);
    let child = bench.begin_child(2, root);
    bench.end(root);
    let completed = bench.round();
    assert_eq!((completed.len(), completed[0].incomplete), (1, true));
    assert!(bench.round().is_empty());
    bench.end(child);
    bench.round();
    assert!(bench.round()[0].amends);
    bench.assert_balanced();
}

#[test]
fn after_linger_a_trace_goes_incomplete_and_a_later_end_amends_it() {
    let mut bench = Bench::new({
        let mut limits = Limits::default();
        limits.linger = Duration::from_secs(60);
        limits
    });
    let root = bench.begin(1);
    let child = bench.begin_child(2, root);
    bench.release(root);
    bench.round();
    assert!(bench.round_at(Duration::from_secs(59)).is_empty());
    let completed = bench.round_at(Duration::from_secs(61));
    assert_eq!((completed.len(), completed[0].incomplete, completed[0].spans), (1, true, 2));
    bench.assert_balanced();
    bench.release(child);
    bench.round();
    let amendments = bench.round();
    assert_eq!((amendments.len(), amendments[0].amends, amendments[0].spans), (1, true, 0));
    assert!(bench.registry.traces.iter().all(Option::is_none));
    bench.assert_balanced();
}

#[test]
fn a_span_started_under_a_trace_that_was_handed_on_amends_it() {
    let mut bench = bench();
    let root = bench.begin(1);
    bench.end(root);
    bench.round();
    assert_eq!(bench.round().len(), 1);
    let late = bench.begin_child(1, root);
    bench.release(late);
    bench.round();
    let amendments = bench.round();
    assert_eq!((amendments.len(), amendments[0].amends, amendments[0].spans), (1, true, 1));
    bench.release(root);
    bench.round();
    bench.round();
    assert!(bench.registry.traces.iter().all(Option::is_none));
    bench.assert_balanced();
}

#[test]
fn a_lost_message_drops_its_whole_trace_and_counts_it() {
    let mut bench = bench();
    let root = bench.begin(1);
    let child = bench.begin_child(2, root);
    bench.registry.hear_loss(root);
    let late = bench.begin_child(2, root);
    for span in [late, child, root] {
        bench.release(span);
    }
    for _ in 0..3 {
        assert!(bench.round().is_empty());
    }
    assert_eq!(bench.dropped(DropReason::ChannelFull), (3, 1));
    assert!(bench.registry.traces.iter().all(Option::is_none));
    bench.assert_balanced();
}

#[test]
fn a_panic_costs_the_trace_of_its_message_and_no_other() {
    let mut bench = bench();
    let (one, other) = (bench.begin(1), bench.begin(1));
    bench.retain(one);
    bench.registry.hear_panic();
    bench.release(other);
    bench.round();
    assert_eq!(bench.round().len(), 1);
    assert_eq!(bench.dropped(DropReason::Panic), (1, 1));
    bench.assert_balanced();
}

#[test]
fn spans_over_the_limit_are_dropped_and_the_trace_says_how_many() {
    let mut bench = Bench::new({
        let mut limits = Limits::default();
        limits.spans_per_trace = 3;
        limits
    });
    let root = bench.begin(1);
    for _ in 0..5 {
        let child = bench.begin_child(1, root);
        bench.release(child);
    }
    bench.release(root);
    bench.round();
    let completed = bench.round();
    assert_eq!((completed[0].spans, completed[0].dropped_spans), (3, 3));
    assert_eq!(bench.dropped(DropReason::TraceTooLarge), (3, 0));
    bench.assert_balanced();
}

#[test]
fn spans_over_the_limit_are_forgotten_with_their_handles_while_their_trace_lives_on() {
    let mut bench = Bench::new({
        let mut limits = Limits::default();
        limits.spans_per_trace = 3;
        limits
    });
    let root = bench.begin(1);
    for n in 0..5_000_u32 {
        let child = bench.begin_child(2, root);
        bench.release(child);
        if n % 100 == 0 {
            assert!(bench.round().is_empty());
        }
    }
    bench.round();
    bench.round();
    assert_eq!(bench.registry.leaving.len(), 0);
    // Of the root's ring, and that of the children: its first page has two that are kept, its last is to be filled.
    assert!(bench.registry.spans.pages <= 3, "{} pages for 3 spans", bench.registry.spans.pages);
    let kept = bench.registry.traces.iter().flatten().map(|trace| trace.members.len()).sum::<usize>();
    assert_eq!(kept, 3);
    bench.release(root);
    bench.round();
    assert_eq!(bench.round()[0].spans, 3);
    bench.assert_balanced();
}

#[test]
fn handles_that_are_kept_after_the_end_are_remnants_and_nothing_open() {
    let mut bench = bench();
    let root = bench.begin(1);
    assert!(bench.registry.has_open());
    bench.end(root);
    bench.round();
    assert_eq!(bench.round().len(), 1);
    assert!(!bench.registry.has_open() && bench.registry.has_remnants());
    bench.release(root);
    bench.round();
    bench.round();
    assert!(!bench.registry.has_open() && !bench.registry.has_remnants());
}

#[test]
fn roots_over_the_limit_of_live_traces_are_dropped_whole() {
    let mut bench = Bench::new({
        let mut limits = Limits::default();
        limits.live_traces = 2;
        limits
    });
    let roots: Vec<_> = (0..4).map(|_| bench.begin(1)).collect();
    roots.into_iter().for_each(|root| bench.release(root));
    bench.round();
    assert_eq!(bench.round().len(), 2);
    assert_eq!(bench.dropped(DropReason::RegistryFull), (2, 2));
    bench.assert_balanced();
}

#[test]
fn an_engine_that_leaves_hands_on_what_it_has() {
    let mut bench = bench();
    let root = bench.begin(1);
    let child = bench.begin_child(1, root);
    let book = bench.registry.remove_tenant(TENANT, bench.ticks).expect("the engine was there");
    assert_eq!((book.spans.completed, book.spans.live), (2, 0));
    let effects = bench.registry.take_effects();
    assert!(matches!(&effects[..], [Effect::Complete(TENANT, trace)] if trace.incomplete));
    // What its handles still do finds nothing to change.
    bench.release(child);
    bench.release(root);
    bench.round();
    bench.round();
    assert!(bench.registry.traces.iter().all(Option::is_none));
}

#[test]
fn a_second_end_changes_nothing_and_is_counted() {
    let mut bench = bench();
    let root = bench.begin(1);
    bench.end(root);
    bench.end(root);
    bench.release(root);
    bench.round();
    assert_eq!(bench.round()[0].log.ops().count(), 2);
    assert_eq!(bench.registry.book(TENANT).expect("there").late, 1);
}

/// One thread's view of one trace: what it does, in order, on its own ring.
#[derive(Clone, Debug)]
enum Act {
    Child,
    Clone,
    Drop,
    EndChild,
}

fn acts() -> impl Strategy<Value = Vec<Vec<Act>>> {
    let act = prop_oneof![Just(Act::Child), Just(Act::Clone), Just(Act::Drop), Just(Act::EndChild)];
    prop::collection::vec(prop::collection::vec(act, 0..12), 1..5)
}

proptest! {
    /// Threads that have a handle of the root, make children and clones, drop and end them; the registry reads their
    /// rings in any portions and any order. Whatever it sees first: every trace is handed on once, whole, and only after
    /// the last handle is gone; nothing stays behind.
    #[test]
    fn a_trace_is_whole_in_whatever_order_the_rings_are_read(
        threads in acts(),
        portions in prop::collection::vec((0..5usize, 1..6usize), 0..60),
    ) {
        let mut bench = bench();
        let (root, begin_root) = bench.root(0);
        let mut rings: Vec<Vec<(RawId, Record<'static>)>> = vec![vec![(root, begin_root)]];
        for _ in &threads {
            rings[0].push((RawId::NONE, Record::Retain { span: root }));
        }
        rings[0].push((RawId::NONE, Record::Release { span: root, ticks: 1 }));
        let mut expected = 1;
        for (i, acts) in threads.iter().enumerate() {
            let lane = i as u32 + 1;
            let mut ring = Vec::new();
            let mut handles: Vec<RawId> = vec![root];
            for act in acts {
                match act {
                    Act::Child if !handles.is_empty() => {
                        let parent = handles[handles.len() - 1];
                        let (child, start) = bench.child(lane, root, parent);
                        ring.push((child, start));
                        handles.push(child);
                        expected += 1;
                    }
                    Act::Clone => {
                        if let Some(&span) = handles.last() {
                            ring.push((RawId::NONE, Record::Retain { span }));
                            handles.push(span);
                        }
                    }
                    Act::Drop => {
                        if let Some(span) = handles.pop() {
                            ring.push((RawId::NONE, Record::Release { span, ticks: bench.ticks }));
                        }
                    }
                    Act::EndChild if handles.last().is_some_and(|span| *span != root) => {
                        let span = handles[handles.len() - 1];
                        ring.push((RawId::NONE, Record::End { span, ticks: bench.ticks, release: false }));
                    }
                    Act::Child | Act::EndChild => {}
                }
            }
            for span in handles.into_iter().rev() {
                ring.push((RawId::NONE, Record::Release { span, ticks: bench.ticks }));
            }
            rings.push(ring);
        }
        let mut rings: Vec<_> = rings.into_iter().map(|ring| ring.into_iter()).collect();
        let mut completed = Vec::new();
        // Within a round the rings are read one after another; what a thread did before another is seen a round later at
        // the latest. Ring 0 holds what happened before everything else: it is read whole in the first or second round.
        for (ring, count) in portions {
            let count = if ring == 0 { usize::MAX } else { count };
            if let Some(records) = rings.get_mut(ring) {
                for (span, record) in records.take(count) {
                    bench.hear(ring as u32, span, record);
                }
            }
            if ring == 0 {
                completed.extend(bench.round());
            }
        }
        for (lane, records) in rings.iter_mut().enumerate().rev() {
            for (span, record) in records {
                bench.hear(lane as u32, span, record);
            }
        }
        for _ in 0..4 {
            completed.extend(bench.round());
        }
        let spans: u64 = completed.iter().map(|trace| trace.spans).sum();
        prop_assert_eq!(spans, expected);
        prop_assert_eq!(completed.iter().filter(|trace| !trace.amends).count(), 1);
        prop_assert!(bench.registry.traces.iter().all(Option::is_none));
        bench.assert_balanced();
    }
}
