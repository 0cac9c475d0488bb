//! Causal completeness: what ended before the root, on whatever thread, is in the trace.
//!
//! Four workers make children of a shared root and hand a token back; the root ends when all tokens are there. So every
//! child's end happened before the root's, and lies in another ring. A child that starts here and whose last handle
//! drops on a thread that exits is in it too, now and then. The workers' rings are older than that of the thread which
//! ends the roots: a registry that looks at each ring once, in their order, has passed them by when it sees that end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

use spanloom::{Batch, ExportFuture, Sink, Span, Spanloom};

use super::figure::{Goal, Reading};
use crate::child::Readings;
use crate::loom::{self, EVERY_SPAN};
use crate::stand_in::StandIn;

const WORKERS: usize = 4;
/// Children that each worker makes, and as many under those.
const CHILDREN: u64 = 3;
/// The root, what the workers make, and the one that moves.
const SPANS: u64 = 1 + WORKERS as u64 * CHILDREN * 2 + 1;
/// Every so often the moving child's last handle drops on a thread of its own.
const SHORT_THREAD_EVERY: u64 = 64;

pub(super) fn readings() -> Vec<Reading> {
    vec![
        Reading::new("traces", "traces that arrived", Goal::None),
        Reading::new("missing", "traces that did not arrive", Goal::AtMost(0.0)),
        Reading::new("uncounted", "of these the engine does not count as dropped", Goal::AtMost(0.0)),
        Reading::new("incomplete", "traces that were not whole", Goal::AtMost(0.0)),
        Reading::new("amended", "traces that came in more than one piece", Goal::AtMost(0.0)),
    ]
}

/// Counts what arrives.
#[derive(Clone, Debug, Default)]
struct Arrivals {
    traces: Arc<Counts>,
    spans: StandIn,
}

#[derive(Debug, Default)]
struct Counts {
    whole: AtomicU64,
    /// Each worker's first trace; any more have lost their children.
    roots_alone: AtomicU64,
    incomplete: AtomicU64,
    amended: AtomicU64,
}

impl Sink for Arrivals {
    fn name(&self) -> &str {
        "arrivals"
    }

    fn export(&mut self, batch: Batch) -> ExportFuture<'_> {
        for trace in &batch.traces {
            let counter = match (trace.amends, trace.span_count) {
                (true, _) => &self.traces.amended,
                (false, SPANS) => &self.traces.whole,
                (false, 1) => &self.traces.roots_alone,
                (false, _) => &self.traces.incomplete,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        self.spans.receive(batch.traces.iter().map(|trace| trace.new_spans).sum());
        Box::pin(std::future::ready(Ok(())))
    }
}

pub(super) fn measure(traces: u64) -> Readings {
    let arrivals = Arrivals::default();
    let builder = Spanloom::builder().no_store().sink(arrivals.clone()).overflow(EVERY_SPAN);
    let loom = builder.start().expect("what was set is valid");
    std::thread::scope(|scope| record_traces(&loom, scope, traces));
    loom::flush_into(&loom, &arrivals.spans);
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let Counts { whole, roots_alone, incomplete, amended } = &*arrivals.traces;
    let first = WORKERS as u64;
    let incomplete = count(incomplete) + count(roots_alone).saturating_sub(first);
    let arrived = count(whole) + incomplete;
    let missing = traces.saturating_sub(arrived);
    let dropped = loom.conservation().traces.dropped_total();
    Readings::from([
        ("traces".to_owned(), arrived as f64),
        ("missing".to_owned(), missing as f64),
        ("uncounted".to_owned(), missing.saturating_sub(dropped) as f64),
        ("incomplete".to_owned(), incomplete as f64),
        ("amended".to_owned(), count(amended) as f64),
    ])
}

fn record_traces<'scope>(loom: &Spanloom, scope: &'scope Scope<'scope, '_>, traces: u64) {
    let (done, tokens) = channel();
    let workers: Vec<Sender<Span>> = (0..WORKERS).map(|_| spawn_worker(loom, scope, done.clone())).collect();
    wait_for_all(&tokens);
    for trace in 0..traces {
        let root = loom.root_span("root").start();
        for worker in &workers {
            worker.send(root.clone()).expect("workers live as long as their channel");
        }
        let moved = root.child("moved").start();
        if trace.is_multiple_of(SHORT_THREAD_EVERY) {
            scope.spawn(move || drop(moved)).join().expect("a drop does not panic");
        }
        wait_for_all(&tokens);
    }
}

/// `root`, and `moved` unless it has moved, drop in the caller after this: after every worker's last message.
fn wait_for_all(tokens: &Receiver<()>) {
    for _ in 0..WORKERS {
        tokens.recv().expect("workers live as long as their channel");
    }
}

fn spawn_worker<'scope>(loom: &Spanloom, scope: &'scope Scope<'scope, '_>, done: Sender<()>) -> Sender<Span> {
    let (parents, work) = channel::<Span>();
    let loom = loom.clone();
    scope.spawn(move || {
        drop(loom.root_span("first").start());
        done.send(()).expect("the main thread waits for every token");
        for parent in work {
            for _ in 0..CHILDREN {
                let child = parent.child("child").start();
                drop(child.child("grandchild").start());
            }
            drop(parent);
            done.send(()).expect("the main thread waits for every token");
        }
    });
    parents
}
