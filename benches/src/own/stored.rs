//! What the store takes: spans with an input of 100 bytes and a number, a hundred in a trace, from four threads.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use spanloom::{Overflow, Spanloom};
use tempfile::TempDir;

use super::figure::{Goal, Reading};
use crate::child::Readings;
use crate::clock;
use crate::loom::{self, FLUSH_DEADLINE};
use crate::memory::Resident;

const THREADS: u64 = 4;
const SPANS_PER_TRACE: u64 = 100;
const INPUT_BYTES: usize = 100;
/// More different inputs than a trace has spans: texts that repeat would compress far better than prompts do.
const INPUTS: usize = 1_009;

static INPUT_TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    const WORDS: [&str; 16] = [
        "river", "capital", "answer", "the", "of", "model", "why", "token", "people", "is", "in", "document", "where",
        "and", "summary", "table",
    ];
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut text = || {
        let mut text = String::new();
        while text.len() < INPUT_BYTES {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text += WORDS[usize::try_from(random >> 60).unwrap_or(0)];
            text += &format!(" {} ", (random >> 40) % 1_000);
        }
        text.truncate(INPUT_BYTES);
        text
    };
    (0..INPUTS).map(|_| text()).collect()
});

/// With goals where no span may be lost; a policy that drops does less work, so its rate and its CPU promise nothing.
pub(super) fn readings(every_span: bool) -> Vec<Reading> {
    let goal = |goal| if every_span { goal } else { Goal::None };
    vec![
        Reading::new("rate", "spans stored per second, until the flush returned", goal(Goal::AtLeast(469_000.0))),
        Reading::new("lost", "spans made that are not in the store, %", goal(Goal::AtMost(0.0))),
        Reading::new("uncounted", "lost spans that the shutdown report does not count", Goal::AtMost(0.0)),
        Reading::new("total", "total CPU per stored span, ns", Goal::None),
        Reading::new("peak", "peak of resident memory, +MiB", Goal::AtMost(256.0)),
        Reading::new("file", "bytes of the store's files per stored span", Goal::None),
    ]
}

pub(super) fn measure(spans: u64, overflow: Overflow) -> Readings {
    let directory = TempDir::new().expect("the directory for temporary files is writable");
    let builder = Spanloom::builder().store(directory.path().join("traces.db")).overflow(overflow);
    let loom = builder.start().expect("what was set is valid");
    let traces_per_thread = spans / SPANS_PER_TRACE / THREADS;
    let spans = traces_per_thread * SPANS_PER_TRACE * THREADS;

    LazyLock::force(&INPUT_TEXTS);
    let (before, cpu, start) = (Resident::read(), clock::process_cpu_ns(), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..traces_per_thread).for_each(|trace| record_trace(&loom, trace)));
        }
    });
    loom::flush(&loom);
    let (took_ns, cpu_ns) = (clock::since(start), clock::process_cpu_ns() - cpu);
    let grown = before.zip(Resident::read()).map(|(before, after)| after.peak.saturating_sub(before.now));

    let report = loom.shutdown_blocking(FLUSH_DEADLINE).expect("the store takes everything before the deadline");
    let lost = spans.saturating_sub(report.stored);
    let counted: u64 = report.lost.values().sum();
    let mut readings = Readings::from([
        ("rate".to_owned(), report.stored as f64 * 1e9 / took_ns as f64),
        ("lost".to_owned(), 100.0 * lost as f64 / spans as f64),
        ("uncounted".to_owned(), lost.abs_diff(counted) as f64),
        ("total".to_owned(), cpu_ns as f64 / report.stored.max(1) as f64),
        ("file".to_owned(), bytes_of_files(directory.path()) as f64 / report.stored.max(1) as f64),
    ]);
    readings.extend(grown.map(|bytes| ("peak".to_owned(), bytes as f64 / f64::from(1 << 20))));
    readings
}

fn record_trace(loom: &Spanloom, trace: u64) {
    let root = loom.root_span("answer").start();
    let inputs = INPUT_TEXTS.iter().cycle().skip(usize::try_from(trace).unwrap_or(0) * 37 % INPUTS);
    for (tokens, input) in (1..SPANS_PER_TRACE).zip(inputs) {
        let child = root.child("step").start();
        child.set_inputs(input);
        child.set_attribute("gen_ai.usage.input_tokens", tokens);
    }
}

/// The database with its journal and whatever else the store keeps beside it.
fn bytes_of_files(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}
