//! One workload with one engine, measured in this process.

use std::time::{Duration, Instant};

use super::args::CellOptions;
use super::column::Column;
use super::engine::{Engine, Queue, Recording, Setup};
use super::shapes::{self, Sample};
use super::workload::Workload;
use crate::child::Readings;
use crate::clock::{self, Cost};
use crate::memory::Resident;
use crate::spread::Spread;
use crate::stand_in::StandIn;

/// Samples that warm up and do not count.
const WARM_UP: usize = 2;
const MIN_SAMPLES: usize = 5;
/// Spans that are open and end again before live ones are weighed.
const WARM_UP_SPANS: u64 = 1_000;
/// How long an engine that could not flush everything gets before its spans count as lost.
const GRACE: Duration = Duration::from_millis(100);

/// An engine in the list of all.
#[derive(Clone, Copy)]
pub(super) struct Cells {
    /// [`Engine::NAME`].
    pub(super) name: &'static str,
    measure: fn(Workload, &CellOptions) -> Readings,
}

impl Cells {
    pub(super) const fn of<E: Engine>() -> Self {
        Self { name: E::NAME, measure: measure::<E> }
    }

    /// Measures one workload in this process; empty when the engine cannot do it.
    pub(super) fn measure(self, workload: Workload, options: &CellOptions) -> Readings {
        (self.measure)(workload, options)
    }
}

fn measure<E: Engine>(workload: Workload, options: &CellOptions) -> Readings {
    if !E::supports(workload) {
        return Readings::new();
    }
    let setup = set_up(workload, options);
    let engine = E::set_up(&setup);
    let mut readings = match workload {
        Workload::H => flat_out(&engine, 1, 1_000_000),
        Workload::H2 => flat_out(&engine, 2, 1_000_000),
        Workload::HSlow => flat_out(&engine, 1, 500_000),
        Workload::I => live(&engine, options.live),
        _ => samples(&engine, workload, Duration::from_millis(options.ms)),
    };
    if setup.recording != Recording::On {
        readings.remove(Column::Lost.key());
    }
    readings
}

fn set_up(workload: Workload, options: &CellOptions) -> Setup {
    let queue = match workload {
        Workload::H | Workload::H2 | Workload::HSlow => Queue::Default,
        _ => Queue::Sample,
    };
    let recording = match workload {
        Workload::J => Recording::SampledOut,
        Workload::JOff => Recording::NotInstalled,
        _ => Recording::On,
    };
    let burn_ns = if workload == Workload::HSlow { options.slow_ns } else { 0 };
    Setup { sink: StandIn::burning(burn_ns), queue, recording }
}

/// Repeats a sample with a flush after each, and takes the median of them.
fn samples<E: Engine>(engine: &E, workload: Workload, budget: Duration) -> Readings {
    let runtime = (workload == Workload::G).then(two_workers);
    let (mut taken, mut total_ns) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while taken.len() < MIN_SAMPLES || start.elapsed() < budget {
        let before = clock::process_cpu_ns();
        let sample = shapes::sample(engine, workload, runtime.as_ref());
        engine.flush();
        total_ns.push((clock::process_cpu_ns() - before) as f64 / sample.spans as f64);
        taken.push(sample);
    }
    let produced = taken.iter().map(|sample| sample.spans).sum();
    let median = |value: fn(&Sample) -> u64| {
        let counted = taken.iter().skip(WARM_UP).map(|sample| value(sample) as f64 / sample.spans as f64);
        Spread::of(counted).map_or(f64::NAN, |spread| spread.median)
    };
    let counted = &total_ns[WARM_UP..];
    let mut readings = readings([
        (Column::Foreground, median(|sample| sample.cost.cpu_ns)),
        (Column::Wall, median(|sample| sample.cost.wall_ns)),
        // The mean: background work of one sample may well be done during the next.
        (Column::Total, counted.iter().sum::<f64>() / counted.len() as f64),
    ]);
    add(&mut readings, Column::Lost, lost_percent(engine, produced));
    readings
}

/// As many spans as the threads can make, in traces of a hundred.
fn flat_out<E: Engine>(engine: &E, threads: u64, spans: u64) -> Readings {
    let hundred = |spans| shapes::traces(engine, spans, 99, |parent| (0..99).for_each(|_| engine.leaf(parent)));
    let warm_up = hundred(2_000).spans;
    engine.flush();
    clock::rest(Duration::from_millis(20));

    let (rss, cpu) = (Resident::read(), clock::process_cpu_ns());
    let start = Instant::now();
    let fg_cpu_ns: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| hundred(spans / threads).cost.cpu_ns)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).sum()
    });
    let fg_wall_ns = clock::since(start);
    engine.flush();
    let (flushed_ns, total_ns) = (clock::since(start), clock::process_cpu_ns() - cpu);
    let mut readings = readings([
        (Column::Foreground, fg_cpu_ns as f64 / spans as f64),
        (Column::Wall, fg_wall_ns as f64 / spans as f64),
        (Column::Total, total_ns as f64 / spans as f64),
        (Column::Flushed, flushed_ns as f64 / spans as f64),
    ]);
    let grown = rss.zip(Resident::read()).map(|(before, after)| (after.peak - before.peak) as f64);
    add(&mut readings, Column::PeakRss, grown.map(|bytes| bytes / f64::from(1 << 20)));
    add(&mut readings, Column::Lost, lost_percent(engine, warm_up + spans));
    readings
}

/// Children of one root, all of them open.
fn live<E: Engine>(engine: &E, spans: usize) -> Readings {
    let root = engine.root();
    let mut handles: Vec<E::Shared> = Vec::with_capacity(spans);
    handles.extend((0..WARM_UP_SPANS).map(|_| engine.shared_child(&root)));
    handles.drain(..).for_each(|span| engine.end(span));
    engine.flush();
    clock::rest(Duration::from_millis(30));

    let before = Resident::read();
    let cost = Cost::of(|| handles.extend((0..spans).map(|_| engine.shared_child(&root))));
    // Background threads take their share of the new spans.
    clock::rest(Duration::from_millis(300));
    engine.flush();
    let after = Resident::read();
    let mut readings = readings([
        (Column::Foreground, cost.cpu_ns as f64 / spans as f64),
        (Column::Handle, size_of::<E::Shared>() as f64),
    ]);
    let grown = before.zip(after).map(|(before, after)| after.now.saturating_sub(before.now) as f64);
    add(&mut readings, Column::LiveBytes, grown.map(|bytes| bytes / spans as f64));
    handles.into_iter().for_each(|span| engine.end(span));
    engine.end(root);
    engine.flush();
    // An engine that had let go of the spans would weigh little.
    add(&mut readings, Column::Lost, lost_percent(engine, WARM_UP_SPANS + spans as u64 + 1));
    readings
}

/// The share of all that was produced that is missing at the far end.
fn lost_percent<E: Engine>(engine: &E, produced: u64) -> Option<f64> {
    clock::rest(GRACE);
    engine.flush();
    let received = engine.received()?;
    Some(100.0 * (produced as f64 - received as f64) / produced as f64)
}

fn two_workers() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("two threads can be started")
}

fn readings<const N: usize>(columns: [(Column, f64); N]) -> Readings {
    columns.into_iter().map(|(column, value)| (column.key().to_owned(), value)).collect()
}

fn add(readings: &mut Readings, column: Column, value: Option<f64>) {
    readings.extend(value.map(|value| (column.key().to_owned(), value)));
}
