//! What an open span weighs: handle, registry, rings and all.

use spanloom::{Span, Spanloom};

use super::figure::{Goal, Reading};
use crate::child::Readings;
use crate::clock::Cost;
use crate::loom::{self, CountingSink, EVERY_SPAN};
use crate::memory::Resident;
use crate::stand_in::StandIn;

const TRACES: u64 = 100;

pub(super) fn readings() -> Vec<Reading> {
    vec![
        Reading::new("bytes", "resident bytes per open span, with its handle", Goal::AtMost(128.0)),
        Reading::new("missing", "spans opened that the engine does not hold as live", Goal::AtMost(0.0)),
        Reading::new("handle", "of these the handle, bytes", Goal::AtMost(32.0)),
        Reading::new("fg", "starting one: foreground CPU, ns", Goal::AtMost(50.0)),
    ]
}

pub(super) fn measure(spans: u64) -> Readings {
    let empty = Resident::read();
    let builder = Spanloom::builder().no_store().sink(CountingSink(StandIn::default())).overflow(EVERY_SPAN);
    let loom = builder.limits(loom::roomy_limits()).start().expect("what was set is valid");
    let mut open: Vec<Span> = Vec::with_capacity(usize::try_from(spans).unwrap_or(0));
    let children = (spans / TRACES).saturating_sub(1);
    let cost = Cost::of(|| {
        for _ in 0..TRACES {
            let root = loom.root_span("root").start();
            open.extend((0..children).map(|_| root.child("child").start()));
            open.push(root);
        }
    });
    loom::flush(&loom);
    let full = Resident::read();
    let live = loom.conservation().spans.live;
    let mut readings = Readings::from([
        ("missing".to_owned(), (open.len() as u64).abs_diff(live) as f64),
        ("handle".to_owned(), size_of::<Span>() as f64),
        ("fg".to_owned(), cost.cpu_ns as f64 / open.len() as f64),
    ]);
    let grown = empty.zip(full).map(|(empty, full)| full.now.saturating_sub(empty.now) as f64);
    readings.extend(grown.map(|bytes| ("bytes".to_owned(), bytes / open.len() as f64)));
    readings
}
