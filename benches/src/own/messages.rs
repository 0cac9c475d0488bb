//! What each kind of message costs, on the thread that sends it and in all.
//!
//! The engine is flushed after every batch of calls, and a batch fits into the ring of the thread, so that a message is
//! measured and not the wait for room.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use serde::Serialize;
use spanloom::{Span, SpanEvent, Spanloom};

use super::figure::{Goal, Reading};
use crate::child::Readings;
use crate::clock::{self, Cost};
use crate::loom::{self, CountingSink, EVERY_SPAN};
use crate::spread::Spread;
use crate::stand_in::StandIn;

const BATCHES: usize = 31;

/// A kind of message.
struct Kind {
    key: &'static str,
    what: &'static str,
    foreground_goal: Goal,
    /// Calls between two flushes.
    calls: u64,
    /// Makes so many calls.
    call: fn(&Span, u64),
}

const KINDS: &[Kind] = &[
    Kind {
        key: "child",
        what: "child, start + end",
        foreground_goal: Goal::AtMost(50.0),
        calls: 2_000,
        call: |span, calls| (0..calls).for_each(|_| drop(span.child("child").start())),
    },
    Kind {
        key: "block",
        what: "child, `start_span` guard",
        foreground_goal: Goal::AtMost(60.0),
        calls: 2_000,
        call: |span, calls| {
            let _parent = span.enter();
            (0..calls).for_each(|_| drop(spanloom::start_span("child")));
        },
    },
    Kind {
        key: "traced",
        what: "`#[trace]` function, 2 integers in, 1 out",
        foreground_goal: Goal::None,
        calls: 500,
        call: |span, calls| {
            let _parent = span.enter();
            (0..calls).for_each(|i| _ = black_box(add(i, 1)));
        },
    },
    Kind {
        key: "clone",
        what: "handle, clone + drop",
        foreground_goal: Goal::AtMost(50.0),
        calls: 2_000,
        call: |span, calls| (0..calls).for_each(|_| drop(black_box(span.clone()))),
    },
    Kind {
        key: "event",
        what: "event, no attributes",
        foreground_goal: Goal::None,
        calls: 1_000,
        call: |span, calls| (0..calls).for_each(|_| span.add_event(SpanEvent::new("first_token"))),
    },
    Kind {
        key: "attr_int",
        what: "attribute, integer",
        foreground_goal: Goal::None,
        calls: 1_000,
        call: |span, calls| (0..calls).for_each(|i| span.set_attribute("tokens", i)),
    },
    Kind {
        key: "attr_text16",
        what: "attribute, text of 16 B",
        foreground_goal: Goal::None,
        calls: 1_000,
        call: |span, calls| (0..calls).for_each(|_| span.set_attribute("model", black_box("0123456789abcdef"))),
    },
    Kind {
        key: "attr_text2k",
        what: "attribute, text of 2 KiB",
        foreground_goal: Goal::None,
        calls: 100,
        call: |span, calls| (0..calls).for_each(|_| span.set_attribute("prompt", TEXT_2K.as_str())),
    },
    Kind {
        key: "inputs_struct",
        what: "inputs, `Serialize` struct, 1 KiB of JSON",
        foreground_goal: Goal::AtMost(2_250.0),
        calls: 200,
        call: |span, calls| (0..calls).for_each(|_| span.set_inputs(&**REQUEST)),
    },
    Kind {
        key: "inputs_owned",
        what: "the same struct moved in an `Arc`",
        foreground_goal: Goal::None,
        calls: 200,
        call: |span, calls| (0..calls).for_each(|_| span.set_inputs_owned(Arc::clone(&REQUEST))),
    },
];

static TEXT_2K: LazyLock<String> = LazyLock::new(|| "What is the capital? ".repeat(100)[..2_048].to_owned());
static REQUEST: LazyLock<Arc<ChatRequest>> = LazyLock::new(|| Arc::new(ChatRequest::of_1_kib()));

/// What a model is asked; serde's structs are the usual inputs.
#[derive(Clone, Debug, Serialize)]
struct ChatRequest {
    model: &'static str,
    temperature: f64,
    max_tokens: u32,
    messages: Vec<ChatMessage>,
}

#[derive(Clone, Debug, Serialize)]
struct ChatMessage {
    role: &'static str,
    content: String,
}

impl ChatRequest {
    fn of_1_kib() -> Self {
        let content = "What is the capital of France, and how many people live there?";
        let message = ChatMessage { role: "user", content: content.to_owned() };
        Self { model: "gpt-4o-mini", temperature: 0.25, max_tokens: 512, messages: vec![message; 10] }
    }
}

#[spanloom::trace]
fn add(a: u64, b: u64) -> u64 {
    a + b
}

pub(super) fn readings() -> Vec<Reading> {
    let lines = KINDS.iter().flat_map(|kind| {
        [
            Reading::new(&fg(kind), &format!("{}: foreground CPU, ns", kind.what), kind.foreground_goal),
            Reading::new(&total(kind), &format!("{}: total CPU, ns", kind.what), Goal::None),
        ]
    });
    lines.collect()
}

pub(super) fn measure() -> Readings {
    let sink = StandIn::default();
    let builder = Spanloom::builder().no_store().sink(CountingSink(sink.clone())).overflow(EVERY_SPAN);
    let loom = builder.start().expect("what was set is valid");
    KINDS.iter().flat_map(|kind| measure_kind(&loom, &sink, kind)).collect()
}

fn measure_kind(loom: &Spanloom, sink: &StandIn, kind: &Kind) -> Readings {
    let (mut fg_ns, mut total_ns) = (Vec::new(), Vec::new());
    for _ in 0..BATCHES {
        let root = loom.root_span("root").start();
        loom::flush(loom);
        let before = clock::process_cpu_ns();
        let cost = Cost::of(|| (kind.call)(&root, kind.calls));
        drop(root);
        loom::flush_into(loom, sink);
        fg_ns.push(cost.cpu_ns as f64 / kind.calls as f64);
        total_ns.push((clock::process_cpu_ns() - before) as f64 / kind.calls as f64);
    }
    let median = |samples| Spread::of(samples).map_or(f64::NAN, |spread| spread.median);
    Readings::from([(fg(kind), median(fg_ns)), (total(kind), median(total_ns))])
}

fn fg(kind: &Kind) -> String {
    format!("{}_fg", kind.key)
}

fn total(kind: &Kind) -> String {
    format!("{}_total", kind.key)
}
