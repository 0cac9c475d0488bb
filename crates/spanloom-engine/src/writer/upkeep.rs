//! Keeping the store within its limits, between commits.

use std::time::{Duration, Instant};

use spanloom_core::{DropReason, Evicted, Eviction, StoreError};

use super::batch::Commit;
use super::thread::Running;
use crate::exporter::{Acknowledgement, Handoff};

/// After a failure.
const PAUSE: Duration = Duration::from_secs(1);

impl Running {
    /// Has the store do a little, and passes on what destinations have lost by it.
    pub(super) fn tidy(&mut self) {
        match self.writer.store.tidy() {
            Ok(upkeep) => {
                self.tidy_at = upkeep.again_after.map(|after| Instant::now() + after);
                upkeep.evictions.iter().for_each(|eviction| self.evicted(eviction));
            }
            Err(error) => {
                self.held.hear(&error);
                self.tidy_at = Some(Instant::now() + PAUSE);
                if self.tidy_log.allow(Instant::now()) {
                    tracing::warn!(%error, "the store could not be kept within its limits, trying again");
                }
            }
        }
    }

    fn evicted(&mut self, eviction: &Eviction) {
        self.owed.evicted(eviction);
        let feeds = |handoff: &&Handoff| handoff.destination() == eviction.destination;
        self.writer.handoffs.iter().find(feeds).inspect(|handoff| handoff.lose(eviction));
        self.writer.ledger.with_writer(|book| {
            let lost = book.evicted_spans.entry((eviction.destination.clone(), eviction.reason)).or_default();
            *lost += eviction.spans;
        });
    }

    /// Notes what a destination has settled; what had been counted as lost while it was on its way is not.
    pub(super) fn acknowledged(&mut self, destination: String, told: &Acknowledgement) {
        let reprieve = self.owed.acknowledge(&destination, told);
        if reprieve.traces == Evicted::default() {
            return;
        }
        let feeds = |handoff: &&Handoff| handoff.destination() == destination;
        self.writer.handoffs.iter().find(feeds).inspect(|handoff| handoff.reprieve(reprieve.traces));
        self.writer.ledger.with_writer(|book| {
            for (reason, spans) in reprieve.spans {
                let lost = book.evicted_spans.entry((destination.clone(), reason)).or_default();
                *lost = lost.saturating_sub(spans);
            }
        });
    }

    /// Takes a trace that can never be stored out of a commit, and counts it.
    pub(super) fn leave_out(&mut self, commit: &mut Commit, error: &StoreError) -> bool {
        let StoreError::TooLarge { trace, .. } = error else { return false };
        let (out, rest) =
            std::mem::take(&mut commit.batch.completed).into_iter().partition(|t| t.info.trace_id == *trace);
        let out: Vec<_> = out;
        commit.batch.completed = rest;
        // Its journal goes with it.
        commit.batch.abandoned.push(*trace);
        self.writer.ledger.with_writer(|book| {
            for trace in &out {
                *book.dropped_spans.entry(DropReason::TraceTooLarge).or_default() += trace.new_spans;
                *book.dropped_traces.entry(DropReason::TraceTooLarge).or_default() += u64::from(!trace.amends);
            }
        });
        tracing::error!(%error, "a trace was given up");
        !out.is_empty()
    }
}
