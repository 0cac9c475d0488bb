//! What the hot path must know of each engine of the process: whether it takes new traces, and how it samples.
//!
//! An engine is a *tenant* of the process's rings and registry, named by a small number that a root's record carries
//! and its children inherit.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::raw_id::MAX_TENANTS;

/// What happens when there is no room for a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// Never waits. Above the high-water mark new roots do not record; should a message be lost all the same, its whole
    /// trace is dropped. All of it is counted.
    #[default]
    DropTrace,
    /// Waits for room, at most this long for each message, then as [`DropTrace`](Self::DropTrace). For jobs that want
    /// every span.
    Block {
        /// The longest wait for one message.
        deadline: Duration,
    },
}

/// Whether new roots may begin, by what waits for the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Gate {
    /// They may.
    Open,
    /// More waits than the budget: they wait under [`Overflow::Block`], at most its deadline, and are refused else.
    Closed,
    /// Twice as much: they are refused.
    Barred,
}

/// One engine, as the hot path sees it.
#[derive(Debug)]
pub struct Tenant {
    open: AtomicBool,
    /// More completed traces wait for the store than its budget allows.
    gate: AtomicU8,
    /// A trace is kept when the low half of its id is below this; `u64::MAX` keeps all.
    sampling_threshold: AtomicU64,
    /// 0: never waits.
    block_ns: AtomicU64,
    shed_traces: AtomicU64,
    shed_spans: AtomicU64,
    refused_spans: AtomicU64,
    lost_contexts: AtomicU64,
}

static TENANTS: [Tenant; MAX_TENANTS] = [const { Tenant::vacant() }; MAX_TENANTS];
/// Numbers that are taken; the lock is held only while an engine starts or stops.
static TAKEN: Mutex<Taken> = Mutex::new(Taken { numbers: [false; MAX_TENANTS], newest: 0 });
/// How many engines there are, 0 while tracing is disabled. The one load that an inert library costs.
static ACTIVE: AtomicU32 = AtomicU32::new(0);
static COUNT: AtomicU32 = AtomicU32::new(0);
static DISABLED: AtomicBool = AtomicBool::new(false);
/// The tenant of the installed engine; 0 for none.
static INSTALLED: AtomicU32 = AtomicU32::new(0);

#[derive(Debug)]
struct Taken {
    numbers: [bool; MAX_TENANTS],
    /// The number that was taken last. It is long until it comes again: what is late finds nobody else under it.
    newest: usize,
}

/// Spans and traces that a tenant did not let begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shed {
    /// Roots refused for want of room.
    pub traces: u64,
    /// Spans refused for want of room: those roots, and what would have been under them.
    pub spans: u64,
    /// Spans and roots refused because the engine was shut down.
    pub after_shutdown: u64,
}

impl Tenant {
    const fn vacant() -> Self {
        Self {
            open: AtomicBool::new(false),
            gate: AtomicU8::new(Gate::Open as u8),
            sampling_threshold: AtomicU64::new(u64::MAX),
            block_ns: AtomicU64::new(0),
            shed_traces: AtomicU64::new(0),
            shed_spans: AtomicU64::new(0),
            refused_spans: AtomicU64::new(0),
            lost_contexts: AtomicU64::new(0),
        }
    }

    /// Takes a free number for an engine. `None` when all 127 are taken.
    pub fn open(overflow: Overflow, sampling_ratio: f64) -> Option<u8> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let after = taken.newest;
        let number = (0..MAX_TENANTS - 1).map(|n| (after + n) % (MAX_TENANTS - 1) + 1).find(|&n| !taken.numbers[n])?;
        (taken.numbers[number], taken.newest) = (true, number);
        let tenant = &TENANTS[number];
        tenant.block_ns.store(overflow_ns(overflow), Ordering::Relaxed);
        tenant.sampling_threshold.store(threshold(sampling_ratio), Ordering::Relaxed);
        for counter in [&tenant.shed_traces, &tenant.shed_spans, &tenant.refused_spans, &tenant.lost_contexts] {
            counter.store(0, Ordering::Relaxed);
        }
        tenant.set_gate(Gate::Open);
        tenant.open.store(true, Ordering::Release);
        COUNT.fetch_add(1, Ordering::Relaxed);
        refresh_active();
        u8::try_from(number).ok()
    }

    /// Refuses new roots from now on. A root whose thread has not heard of it is in its ring when this returns.
    pub fn close(number: u8) {
        let _ = INSTALLED.compare_exchange(u32::from(number), 0, Ordering::AcqRel, Ordering::Relaxed);
        if Self::get(number).open.swap(false, Ordering::SeqCst) {
            COUNT.fetch_sub(1, Ordering::Relaxed);
            refresh_active();
        }
        // Together with `is_still_open`: either that thread sees the end, or whoever reads its ring from here on sees
        // the root.
        fence(Ordering::SeqCst);
    }

    /// Gives the number back, once nothing of the engine is left.
    pub fn free(number: u8) {
        TAKEN.lock().unwrap_or_else(PoisonError::into_inner).numbers[usize::from(number)] = false;
    }

    /// The tenant of this number.
    #[inline(always)]
    pub fn get(number: u8) -> &'static Self {
        &TENANTS[usize::from(number) % MAX_TENANTS]
    }

    /// Makes this the engine of spans that have no parent. False when there is one already.
    pub fn install(number: u8) -> bool {
        INSTALLED.compare_exchange(0, u32::from(number), Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// The engine of spans that have no parent.
    #[inline(always)]
    pub fn installed() -> Option<u8> {
        u8::try_from(INSTALLED.load(Ordering::Acquire)).ok().filter(|&n| n != 0)
    }

    /// Whether any engine takes spans at all.
    #[inline(always)]
    pub fn any_active() -> bool {
        ACTIVE.load(Ordering::Relaxed) != 0
    }

    /// Whether tracing was switched off, with [`disable`].
    pub(crate) fn is_disabled() -> bool {
        DISABLED.load(Ordering::Relaxed)
    }

    /// Opens or closes the gate for new roots; the registry does, by what waits for the store.
    pub fn set_gate(&self, gate: Gate) {
        self.gate.store(gate as u8, Ordering::Release);
    }

    /// What was refused so far.
    pub fn shed(&self) -> Shed {
        Shed {
            traces: self.shed_traces.load(Ordering::Acquire),
            spans: self.shed_spans.load(Ordering::Acquire),
            after_shutdown: self.refused_spans.load(Ordering::Acquire),
        }
    }

    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Whether it was open when a root had been written: then its registry reads that root before it lets go of the
    /// engine. Must follow a `push_before_load`.
    #[inline(always)]
    pub(crate) fn is_still_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Whether new roots are to wait, or are refused.
    #[inline(always)]
    pub fn is_gate_closed(&self) -> bool {
        self.gate.load(Ordering::Relaxed) != Gate::Open as u8
    }

    /// Whether new roots are refused however long they waited.
    pub(crate) fn is_gate_barred(&self) -> bool {
        self.gate.load(Ordering::Relaxed) == Gate::Barred as u8
    }

    /// Whether traces are kept whose id has this low half.
    #[inline(always)]
    pub fn samples(&self, trace_id_low: u64) -> bool {
        let threshold = self.sampling_threshold.load(Ordering::Relaxed);
        trace_id_low < threshold || threshold == u64::MAX
    }

    /// How long a message may wait for room.
    pub(crate) fn patience(&self) -> Option<Duration> {
        Some(self.block_ns.load(Ordering::Relaxed)).filter(|&ns| ns != 0).map(Duration::from_nanos)
    }

    pub(crate) fn count_shed_root(&self) {
        self.shed_traces.fetch_add(1, Ordering::Relaxed);
        self.shed_spans.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn count_shed_span(&self) {
        self.shed_spans.fetch_add(1, Ordering::Release);
    }

    /// How many traces began in work that was to continue a span and had none.
    pub fn lost_contexts(&self) -> u64 {
        self.lost_contexts.load(Ordering::Relaxed)
    }

    pub(crate) fn count_lost_context(&self) {
        self.lost_contexts.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a root that came after the end.
    pub fn count_refused(&self) {
        self.refused_spans.fetch_add(1, Ordering::Release);
    }
}

/// Whether a trace with this low half of its id is kept at a ratio.
pub(crate) fn threshold(ratio: f64) -> u64 {
    if ratio >= 1.0 { u64::MAX } else { (ratio.max(0.0) * 18_446_744_073_709_551_616.0) as u64 }
}

fn overflow_ns(overflow: Overflow) -> u64 {
    match overflow {
        Overflow::DropTrace => 0,
        Overflow::Block { deadline } => u64::try_from(deadline.as_nanos()).unwrap_or(u64::MAX).max(1),
    }
}

fn refresh_active() {
    let disabled = DISABLED.load(Ordering::Relaxed);
    ACTIVE.store(if disabled { 0 } else { COUNT.load(Ordering::Relaxed) }, Ordering::Release);
}

/// Makes every start in this process that has no recording parent a span that does not record, until [`enable`].
/// Spans that run go on.
pub fn disable() {
    DISABLED.store(true, Ordering::Relaxed);
    refresh_active();
}

/// Takes back [`disable`].
pub fn enable() {
    DISABLED.store(false, Ordering::Relaxed);
    refresh_active();
}
