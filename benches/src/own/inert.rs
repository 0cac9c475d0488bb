//! What instrumented code costs when nothing is recorded.

use std::hint::black_box;

use spanloom::{Span, SpanEvent, Spanloom};

use super::figure::{Goal, Reading};
use crate::child::Readings;
use crate::clock::Cost;
use crate::loom::CountingSink;
use crate::stand_in::StandIn;

const CALLS: u64 = 1_000_000;

/// Name, description, and what makes so many calls; a root comes from `start_root`.
type Kind = (&'static str, &'static str, fn(&Context, u64));

struct Context {
    start_root: Box<dyn Fn() -> Span>,
    span: Span,
}

const KINDS: &[Kind] = &[
    ("root", "root, start + end, ns", |on, calls| (0..calls).for_each(|_| drop(black_box((on.start_root)())))),
    ("child", "child, start + end, ns", |on, calls| {
        (0..calls).for_each(|_| drop(black_box(on.span.child("child").start())));
    }),
    ("block", "`start_span` guard, ns", |on, calls| {
        let _parent = on.span.enter();
        (0..calls).for_each(|_| drop(black_box(spanloom::start_span("child"))));
    }),
    ("clone", "handle, clone + drop, ns", |on, calls| (0..calls).for_each(|_| drop(black_box(on.span.clone())))),
    ("attr", "attribute, text of 16 B, ns", |on, calls| {
        (0..calls).for_each(|_| on.span.set_attribute("model", black_box("0123456789abcdef")));
    }),
    ("event", "event, ns", |on, calls| (0..calls).for_each(|_| on.span.add_event(SpanEvent::new("first_token")))),
];

pub(super) fn readings() -> Vec<Reading> {
    KINDS.iter().map(|(key, what, _)| Reading::new(key, what, Goal::AtMost(5.0))).collect()
}

pub(super) fn not_installed() -> Readings {
    measure(Box::new(|| spanloom::span("root").start()))
}

pub(super) fn sampled_out() -> Readings {
    let builder = Spanloom::builder().no_store().sink(CountingSink(StandIn::default())).sampling_ratio(0.0);
    let loom = builder.start().expect("what was set is valid");
    measure(Box::new(move || loom.root_span("root").start()))
}

fn measure(start_root: Box<dyn Fn() -> Span>) -> Readings {
    let on = Context { span: start_root(), start_root };
    assert!(!on.span.is_recording(), "nothing records here");
    let per_call = |call: fn(&Context, u64)| Cost::of(|| call(&on, CALLS)).cpu_ns as f64 / CALLS as f64;
    KINDS.iter().map(|(key, _, call)| ((*key).to_owned(), per_call(*call))).collect()
}
