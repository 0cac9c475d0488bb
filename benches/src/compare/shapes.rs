//! The traces that the workloads consist of.

use std::sync::{Barrier, OnceLock};
use std::time::Instant;

use super::engine::Engine;
use super::workload::Workload;
use crate::clock::{self, Cost};

/// Children of a root in the workloads with a hundred.
const CHILDREN: u64 = 100;
/// Children with attributes or payloads under one root.
const HEAVY_CHILDREN: u64 = 10;
/// Children that the threads of `f1`, `f2` and `f4` share.
const CROSS_CHILDREN: u64 = 1_000;

/// What one sample was, and what it cost in the foreground.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Spans started and ended.
    pub(super) spans: u64,
    /// On the threads that did it.
    pub(super) cost: Cost,
}

/// Does a workload once; `runtime` is for `g`.
pub(super) fn sample<E: Engine>(engine: &E, workload: Workload, runtime: Option<&tokio::runtime::Runtime>) -> Sample {
    let spans = workload.spans_per_sample();
    match workload {
        Workload::A | Workload::ABig | Workload::J | Workload::JOff => {
            traces(engine, spans, 1, |parent| engine.leaf(parent))
        }
        Workload::B | Workload::BBig | Workload::H | Workload::H2 | Workload::HSlow | Workload::I => {
            traces(engine, spans, CHILDREN, |parent| (0..CHILDREN).for_each(|_| engine.leaf(parent)))
        }
        Workload::C => traces(engine, spans, CHILDREN, |parent| nest(engine, parent, CHILDREN)),
        Workload::D => traces(engine, spans, HEAVY_CHILDREN, |parent| {
            (0..HEAVY_CHILDREN).for_each(|i| engine.leaf_with_attributes(parent, i.cast_signed()));
        }),
        Workload::E => traces(engine, spans, HEAVY_CHILDREN, |parent| {
            (0..HEAVY_CHILDREN).for_each(|_| engine.leaf_with_payload(parent, payload(), payload()));
        }),
        Workload::F1 => across_threads(engine, spans, 1),
        Workload::F2 => across_threads(engine, spans, 2),
        Workload::F4 => across_threads(engine, spans, 4),
        Workload::G => tasks(engine, spans, runtime.expect("the cell makes a runtime for this workload")),
    }
}

/// Traces of a root and so many descendants, about `spans` in all.
pub(super) fn traces<E: Engine>(engine: &E, spans: u64, descendants: u64, body: impl Fn(&E::Scope)) -> Sample {
    let traces = (spans / (descendants + 1)).max(1);
    let cost = Cost::of(|| {
        for _ in 0..traces {
            let root = engine.root();
            engine.within(&root, &body);
            engine.end(root);
        }
    });
    Sample { spans: traces * (descendants + 1), cost }
}

fn nest<E: Engine>(engine: &E, parent: &E::Scope, depth: u64) {
    if depth > 0 {
        engine.nested(parent, |child| nest(engine, child, depth - 1));
    }
}

/// Each root is shared by all threads; roots start before and end after what is measured.
fn across_threads<E: Engine>(engine: &E, spans: u64, threads: u64) -> Sample {
    let traces = (spans / (CROSS_CHILDREN + 1)).max(1);
    let roots: Vec<E::Shared> = (0..traces).map(|_| engine.root()).collect();
    let start_line = Barrier::new(usize::try_from(threads).map_or(1, |threads| threads + 1));
    let work = || {
        start_line.wait();
        Cost::of(|| {
            for root in &roots {
                engine.within(root, |parent| (0..CROSS_CHILDREN / threads).for_each(|_| engine.leaf(parent)));
            }
        })
    };
    let cost = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        start_line.wait();
        let start = Instant::now();
        let cpu_ns = workers.into_iter().map(|worker| worker.join().expect("a worker does not panic").cpu_ns).sum();
        Cost { cpu_ns, wall_ns: clock::since(start) }
    });
    roots.into_iter().for_each(|root| engine.end(root));
    Sample { spans: traces * (CROSS_CHILDREN + 1), cost }
}

/// The tasks run on the runtime's threads, so the CPU here is that of the process.
fn tasks<E: Engine>(engine: &E, spans: u64, runtime: &tokio::runtime::Runtime) -> Sample {
    let traces = (spans / (CHILDREN + 1)).max(1);
    let cpu = clock::process_cpu_ns();
    let Cost { wall_ns, .. } = Cost::of(|| {
        runtime.block_on(async {
            for _ in 0..traces {
                trace_of_tasks(engine).await;
            }
        });
    });
    let cpu_ns = clock::process_cpu_ns() - cpu;
    Sample { spans: traces * (CHILDREN + 1), cost: Cost { cpu_ns, wall_ns } }
}

async fn trace_of_tasks<E: Engine>(engine: &E) {
    let root = engine.root();
    let spawn = |_| tokio::spawn(E::instrument(engine.shared_child(&root), tokio::task::yield_now()));
    for task in (0..CHILDREN).map(spawn).collect::<Vec<_>>() {
        task.await.expect("a task does not panic");
    }
    engine.end(root);
}

/// A prompt of 2 KiB, as JSON text.
fn payload() -> &'static str {
    static PAYLOAD: OnceLock<String> = OnceLock::new();
    PAYLOAD.get_or_init(|| {
        let message = r#"{"role":"user","content":"What is the capital of France, and how many people live there?"}"#;
        let messages = vec![message; 2_000 / message.len()].join(",");
        format!("{:<2048}", format!(r#"{{"messages":[{messages}]}}"#))
    })
}
