//! Rings are read one after the other: what happened first may be seen last.

use spanloom_api::raw_id::RawId;
use spanloom_api::record::{Field, Record, Text, Time, Value};

use super::super::log::Op;
use super::{Bench, bench};

#[test]
fn a_child_whose_start_is_seen_a_round_after_the_roots_end_is_in_the_trace() {
    let mut bench = bench();
    let root = bench.begin(1);
    let (child, start) = bench.child(2, root, root);
    bench.release(root);
    assert!(bench.round().is_empty());
    bench.hear(2, child, start);
    bench.release(child);
    assert!(bench.round().is_empty());
    assert_eq!(bench.round()[0].spans, 2);
    bench.assert_balanced();
}

#[test]
fn messages_that_are_seen_before_the_start_of_their_span_wait_for_it() {
    let mut bench = bench();
    let (root, begin_root) = bench.root(1);
    let (child, start) = bench.child(2, root, root);
    bench.hear(2, child, start);
    let data = Record::Data {
        span: child,
        field: Field::Attribute,
        key: Text::Static("k"),
        value: Value::Str(Text::Copied("v")),
        time: Time::None,
    };
    bench.registry.hear(3, RawId::NONE, data);
    bench.release(child);
    bench.release(root);
    assert!(bench.round().is_empty());
    bench.hear(1, root, begin_root);
    assert!(bench.round().is_empty());
    let completed = bench.round();
    assert_eq!((completed.len(), completed[0].spans), (1, 2));
    assert_eq!(completed[0].log.ops().count(), 5);
    bench.assert_balanced();
}

#[test]
fn what_was_said_before_an_end_is_logged_before_it_whatever_was_seen_first() {
    let mut bench = bench();
    let (root, begin_root) = bench.root(3);
    let (child, begin_child) = bench.child(2, root, root);
    let said = Text::Static("said");
    // The rings are read from 1 to 3; what is in them happened in the other order.
    let data = Record::Data { span: child, field: Field::Attribute, key: said, value: Value::U64(1), time: Time::None };
    bench.registry.hear(1, RawId::NONE, data);
    bench.hear(2, child, begin_child);
    bench.hear(3, root, begin_root);
    assert!(bench.round().is_empty());
    bench.registry.hear(1, RawId::NONE, Record::End { span: child, ticks: 9_000, release: true });
    bench.release(root);
    assert!(bench.round().is_empty());
    let completed = bench.round();
    let place = |wanted: fn(&Op<'_>) -> bool| completed[0].log.ops().position(|op| wanted(&op));
    let (said, ended) = (place(|op| matches!(op, Op::Data { .. })), place(|op| matches!(op, Op::End { .. })));
    assert!(said.is_some() && said < ended, "{said:?} {ended:?}");
}

#[test]
fn a_handle_that_is_dropped_before_its_clone_was_seen_keeps_the_span_open() {
    let mut bench = bench();
    let root = bench.begin(1);
    // A clone was made on ring 1 and dropped on ring 2, which is read first.
    bench.release(root);
    assert!(bench.round().is_empty());
    bench.retain(root);
    assert!(bench.round().is_empty());
    assert!(bench.round().is_empty());
    bench.release(root);
    assert!(bench.round().is_empty());
    assert_eq!(bench.round().len(), 1);
}

#[test]
fn what_was_said_before_a_late_span_ended_is_in_the_amendment_whatever_is_seen_first() {
    let mut bench = bench();
    let root = bench.begin(1);
    bench.end(root);
    bench.round();
    assert_eq!(bench.round().len(), 1);
    let late = bench.begin_child(1, root);
    bench.release(late);
    let say = |bench: &mut Bench, span| {
        let (field, key) = (Field::Attribute, Text::Static("said"));
        bench.registry.hear(2, RawId::NONE, Record::Data { span, field, key, value: Value::U64(1), time: Time::None });
    };
    say(&mut bench, late);
    say(&mut bench, root);
    bench.round();
    let amendments = bench.round();
    let said = amendments[0].log.ops().filter(|op| matches!(op, Op::Data { span, .. } if *span == late)).count();
    assert_eq!((amendments[0].log.ops().count(), said), (3, 1), "the root was handed on before");
    bench.release(root);
    bench.assert_balanced();
}
