//! The counts of one engine, put together from the registry's book, the writer's book and the gate's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use spanloom_api::tenant::Shed;
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
    pub(crate) dropped_traces: BTreeMap<DropReason, u64>,
    pub(crate) truncated: u64,
    pub(crate) redacted: u64,
    pub(crate) panics: u64,
}

/// The counts of one engine. Each book has one author, who publishes it whole; readers add them up.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    registry: Mutex<Option<Box<Book>>>,
    writer: Mutex<WriterBook>,
    shed: Mutex<Shed>,
}

impl Ledger {
    /// The registry publishes its book, and the gate's counts as of now.
    pub(crate) fn publish_registry(&self, book: &Book, shed: Shed) {
        let mut published = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *published {
            Some(kept) => {
                kept.spans.clone_from(&book.spans);
                kept.traces.clone_from(&book.traces);
                (kept.bytes, kept.late, kept.panics) = (book.bytes, book.late, book.panics);
            }
            vacant => *vacant = Some(Box::new(book.clone())),
        }
        *self.shed.lock().unwrap_or_else(PoisonError::into_inner) = shed;
    }

    /// The writer changes its book.
    pub(crate) fn with_writer<R>(&self, change: impl FnOnce(&mut WriterBook) -> R) -> R {
        change(&mut self.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Both conservation equations.
    pub(crate) fn conservation(&self) -> Conservation {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let shed = *self.shed.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = Tally::default();
        let (spans, traces) = registry.as_ref().map_or((&empty, &empty), |book| (&book.spans, &book.traces));
        Conservation {
            spans: counts(spans, writer.stored_spans, &writer.dropped_spans, shed.spans, shed.after_shutdown),
            traces: counts(traces, writer.stored_traces, &writer.dropped_traces, shed.traces, shed.after_shutdown),
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

fn counts(tally: &Tally, stored: u64, lost: &BTreeMap<DropReason, u64>, shed: u64, refused: u64) -> Counts {
    let mut dropped = lost.clone();
    let more = DropReason::ALL.iter().map(|reason| (*reason, tally.dropped[reason.index()]));
    for (reason, count) in more.chain([(DropReason::ChannelFull, shed), (DropReason::AfterShutdown, refused)]) {
        if count > 0 {
            *dropped.entry(reason).or_default() += count;
        }
    }
    let lost_by_writer: u64 = lost.values().sum();
    Counts {
        started: tally.begun + shed + refused,
        live: tally.live,
        completed_pending: tally.completed.saturating_sub(stored + lost_by_writer),
        stored,
        dropped,
    }
}
