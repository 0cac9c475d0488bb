//! The counts of one engine, put together from the registry's book, the writer's book and the gate's.
//!
//! The gate counts until nobody has a handle of the engine any more: a root that comes after the end is refused, and
//! counted. What is live, or handed to the writer and not answered for, is lost once the engine has ended.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use spanloom_api::tenant::Tenant;
use spanloom_core::{Conservation, Counts, DropReason, WriterCounters};

use crate::registry::book::{Book, Tally};

/// What the writer counts for one engine: of what the registry completed.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriterBook {
    pub(crate) stored_spans: u64,
    pub(crate) stored_traces: u64,
    pub(crate) synced_spans: u64,
    pub(crate) delivered_spans: u64,
    pub(crate) dropped_spans: BTreeMap<DropReason, u64>,
    /// Stored spans that a destination lost before it got them.
    pub(crate) evicted_spans: BTreeMap<(String, DropReason), u64>,
    pub(crate) dropped_traces: BTreeMap<DropReason, u64>,
    pub(crate) truncated: u64,
    pub(crate) redacted: u64,
    pub(crate) panics: u64,
}

/// The counts of one engine. Each book has one author, who publishes it whole; readers add them up.
#[derive(Debug)]
pub(crate) struct Ledger {
    tenant: u8,
    registry: Mutex<Option<Box<Book>>>,
    writer: Mutex<WriterBook>,
    closed: AtomicBool,
}

impl Ledger {
    /// The counts of the engine with this number, which it keeps as long as they are read.
    pub(crate) fn new(tenant: u8) -> Self {
        Self { tenant, registry: Mutex::default(), writer: Mutex::default(), closed: AtomicBool::new(false) }
    }

    /// The engine has ended: what its registry has not handed on, or its writer not answered for, is lost, unless they do
    /// so later all the same.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// The registry publishes its book.
    pub(crate) fn publish_registry(&self, book: &Book) {
        let mut published = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *published {
            Some(kept) => {
                kept.spans.clone_from(&book.spans);
                kept.traces.clone_from(&book.traces);
                (kept.bytes, kept.late, kept.panics) = (book.bytes, book.late, book.panics);
            }
            vacant => *vacant = Some(Box::new(book.clone())),
        }
    }

    /// The writer changes its book.
    pub(crate) fn with_writer<R>(&self, change: impl FnOnce(&mut WriterBook) -> R) -> R {
        change(&mut self.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stored spans that some destination lost before it got them: of each reason, the most that one destination lost.
    pub(crate) fn evicted_spans(&self) -> BTreeMap<DropReason, u64> {
        let mut evicted = BTreeMap::new();
        self.with_writer(|book| {
            for ((_, reason), spans) in book.evicted_spans.iter().filter(|(_, spans)| **spans > 0) {
                let most: &mut u64 = evicted.entry(*reason).or_default();
                *most = (*most).max(*spans);
            }
        });
        evicted
    }

    /// Both conservation equations.
    pub(crate) fn conservation(&self) -> Conservation {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let shed = Tenant::get(self.tenant).shed();
        let closed = self.closed.load(Ordering::Acquire);
        let empty = Tally::default();
        let (spans, traces) = registry.as_ref().map_or((&empty, &empty), |book| (&book.spans, &book.traces));
        Conservation {
            spans: counts(spans, writer.stored_spans, &writer.dropped_spans, (shed.spans, shed.after_shutdown), closed),
            traces: counts(
                traces,
                writer.stored_traces,
                &writer.dropped_traces,
                (shed.traces, shed.after_shutdown),
                closed,
            ),
        }
    }

    /// Bytes of live traces.
    pub(crate) fn live_bytes(&self) -> u64 {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |book| book.bytes as u64)
    }

    /// Messages that came too late to change anything.
    pub(crate) fn late_messages(&self) -> u64 {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |book| book.late)
    }

    /// What the store keeps of a writer.
    pub(crate) fn writer_counters(&self) -> WriterCounters {
        let registry_panics =
            self.registry.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |b| b.panics);
        let conservation = self.conservation();
        self.with_writer(|writer| WriterCounters {
            conservation,
            truncated: writer.truncated,
            redacted: writer.redacted,
            panics: writer.panics + registry_panics,
        })
    }
}

fn counts(
    tally: &Tally,
    stored: u64,
    lost: &BTreeMap<DropReason, u64>,
    (shed, refused): (u64, u64),
    closed: bool,
) -> Counts {
    let mut dropped = lost.clone();
    let lost_by_writer: u64 = lost.values().sum();
    let pending = tally.completed.saturating_sub(stored + lost_by_writer);
    let (live, completed_pending, given_up) =
        if closed { (0, 0, tally.live + pending) } else { (tally.live, pending, 0) };
    let more = DropReason::ALL.iter().map(|reason| (*reason, tally.dropped[reason.index()]));
    let outside =
        [(DropReason::ChannelFull, shed), (DropReason::AfterShutdown, refused), (DropReason::StoreError, given_up)];
    for (reason, count) in more.chain(outside) {
        if count > 0 {
            *dropped.entry(reason).or_default() += count;
        }
    }
    Counts { started: tally.begun + shed + refused, live, completed_pending, stored, dropped }
}
