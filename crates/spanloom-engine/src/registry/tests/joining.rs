//! Roots that go on with a trace, in whatever order the rings are read.

use std::sync::Arc;

use spanloom_api::carried::{self, Carried};
use spanloom_core::SpanId;
use spanloom_core::propagation::SpanContext;

use super::*;

impl Bench {
    /// A root with the trace id `[1, low]`.
    fn root_of(&mut self, lane: u32, low: u64) -> (RawId, Record<'static>) {
        let (span, ticks) = self.next(lane);
        (span, Record::Root { name: Text::Static("root"), tenant: TENANT, trace_id: [1, low], ticks })
    }

    /// A root that goes on with that trace.
    fn continuing(&mut self, lane: u32, low: u64) -> (RawId, Record<'static>) {
        let (span, record) = self.root_of(lane, low);
        let trace_id = TraceId::from_u128(1 << 64 | u128::from(low)).expect("not zero");
        let caller = SpanContext::new(trace_id, SpanId::from_u64(5).expect("not zero"));
        carried::note(span, Arc::new(Carried { caller: Some(caller), ..Carried::default() }));
        (span, record)
    }
}

/// The tests share the table of the process: each has lanes of its own.
fn lanes(test: u32) -> (u32, u32) {
    (2 * test, 2 * test + 1)
}

#[test]
fn whichever_root_is_heard_first_they_are_one_trace_whose_root_is_the_callers() {
    for (order, test) in [([0, 1], 1), ([1, 0], 2)] {
        let (mut bench, (one, other)) = (bench(), lanes(test));
        let roots = [bench.root_of(one, 77), bench.continuing(other, 77)];
        let [caller, handler] = [roots[0].0, roots[1].0];
        let mut roots = roots.map(Some);
        for at in order {
            let (span, record) = roots[at].take().expect("each once");
            bench.hear(span.lane(), span, record);
        }
        let child = bench.begin_child(other, handler);
        [caller, handler].into_iter().for_each(|span| bench.release(span));
        assert!(bench.round().is_empty() && bench.round().is_empty(), "the child is open");
        bench.release(child);
        bench.round();
        let completed = bench.round();
        assert_eq!(completed.iter().map(|trace| (trace.root, trace.spans)).collect::<Vec<_>>(), [(caller, 3)]);
        assert_eq!(completed[0].carried.iter().map(|(root, _)| *root).collect::<Vec<_>>(), [handler]);
        bench.assert_balanced();
        assert_eq!(bench.registry.book(TENANT).map(|book| (book.traces.begun, book.spans.begun)), Some((1, 3)));
        assert!(bench.registry.traces.iter().all(Option::is_none), "nothing is kept");
        assert!(carried::of(handler).is_none());
    }
}

#[test]
fn what_joins_a_dropped_trace_is_dropped_with_it_and_counted() {
    let (mut bench, (one, other)) = (bench(), lanes(3));
    let (caller, root) = bench.root_of(one, 78);
    bench.hear(one, caller, root);
    bench.registry.hear_loss(caller);
    let (handler, root) = bench.continuing(other, 78);
    bench.hear(other, handler, root);
    let child = bench.begin_child(other, handler);
    for span in [child, handler, caller] {
        bench.release(span);
    }
    for _ in 0..3 {
        assert!(bench.round().is_empty());
    }
    assert_eq!(bench.dropped(DropReason::ChannelFull), (3, 1));
    bench.assert_balanced();
    assert!(bench.registry.traces.iter().all(Option::is_none) && carried::of(handler).is_none());
}

#[test]
fn a_handle_of_a_joined_root_keeps_it_so_that_what_begins_under_it_amends_the_trace() {
    let (mut bench, (one, other)) = (bench(), lanes(4));
    let (caller, root) = bench.root_of(one, 79);
    bench.hear(one, caller, root);
    let (handler, root) = bench.continuing(other, 79);
    bench.hear(other, handler, root);
    bench.retain(handler);
    bench.end(handler);
    bench.release(handler);
    bench.release(caller);
    bench.round();
    assert_eq!(bench.round().len(), 1);
    let late = bench.begin_child(other, handler);
    bench.release(late);
    bench.round();
    let completed = bench.round();
    assert_eq!(completed.iter().map(|trace| (trace.amends, trace.spans)).collect::<Vec<_>>(), [(true, 1)]);
    bench.release(handler);
    bench.round();
    bench.round();
    assert!(bench.registry.traces.iter().all(Option::is_none) && carried::of(handler).is_none());
    bench.assert_balanced();
}

#[test]
fn a_trace_that_was_handed_on_is_not_joined_any_more() {
    let (mut bench, (one, other)) = (bench(), lanes(5));
    let (caller, root) = bench.root_of(one, 80);
    bench.hear(one, caller, root);
    bench.retain(caller);
    bench.end(caller);
    bench.release(caller);
    bench.round();
    assert_eq!(bench.round().len(), 1);
    let (handler, root) = bench.continuing(other, 80);
    bench.hear(other, handler, root);
    bench.release(handler);
    bench.round();
    let completed = bench.round();
    assert_eq!(completed.iter().map(|trace| (trace.root, trace.amends)).collect::<Vec<_>>(), [(handler, false)]);
    bench.release(caller);
    bench.round();
    bench.round();
    assert!(
        bench.registry.traces.iter().all(Option::is_none)
            && bench.registry.by_id.as_ref().is_some_and(|i| i.is_empty())
    );
}
