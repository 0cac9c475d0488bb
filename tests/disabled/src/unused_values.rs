//! Values that are given to inert spans are not looked at.

use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Serialize, Serializer};
use spanloom::{SpanEvent, start_span, trace};

static SERIALISED: AtomicU32 = AtomicU32::new(0);

#[derive(Clone, Copy)]
struct Counted;

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SERIALISED.fetch_add(1, Ordering::Relaxed);
        serializer.serialize_unit()
    }
}

#[trace(attributes(given = argument))]
fn passes_on(argument: Counted) -> Counted {
    argument
}

pub(crate) fn check() {
    let span = start_span("inert");
    span.set_inputs(Counted);
    span.set_outputs(Counted);
    span.set_inputs_owned(Counted);
    span.set_attribute("key", Counted);
    span.child("child").inputs(Counted).attribute("key", Counted).start().end();
    passes_on(Counted);
    assert_eq!(SERIALISED.load(Ordering::Relaxed), 0, "no value was serialised");
    // An event is made by the caller, before any span sees it.
    span.add_event(SpanEvent::new("event").attribute("key", Counted));
    assert_eq!(SERIALISED.load(Ordering::Relaxed), 1);
}
