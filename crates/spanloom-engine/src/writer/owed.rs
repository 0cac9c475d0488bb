//! What destinations have settled and no commit holds yet.
//!
//! A trace that is on its way when its destination is found to be too far behind is counted as lost, and may arrive all
//! the same. Its answer takes it out of that count, so that each trace is counted once.

use std::collections::BTreeMap;

use spanloom_core::{Cursor, DropReason, Evicted, Eviction, Settlement, StoreBatch};

use crate::exporter::{Acknowledgement, Outcome};

/// What destinations have settled and no commit holds yet; a commit that fails leaves it for the next.
#[derive(Debug, Default)]
pub(super) struct Owed {
    acknowledged: BTreeMap<String, Cursor>,
    settled: BTreeMap<String, Settlement>,
    delivered_spans: u64,
    losses: BTreeMap<String, Vec<Loss>>,
}

/// Traces up to a position that were counted as lost, and may be on their way.
#[derive(Debug)]
struct Loss {
    upto: Cursor,
    reason: DropReason,
    traces: u64,
}

/// What was counted as lost and is not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reprieve {
    pub(super) traces: Evicted,
    pub(super) spans: BTreeMap<DropReason, u64>,
}

impl Owed {
    /// A destination has lost something.
    pub(super) fn evicted(&mut self, eviction: &Eviction) {
        let Eviction { upto, reason, traces, .. } = *eviction;
        self.losses.entry(eviction.destination.clone()).or_default().push(Loss { upto, reason, traces });
    }

    /// A destination has settled something; what of it had been counted as lost.
    pub(super) fn acknowledge(&mut self, destination: &str, told: &Acknowledgement) -> Reprieve {
        let known = self.acknowledged.entry(destination.to_owned()).or_insert(told.upto);
        *known = (*known).max(told.upto);
        self.delivered_spans += told.delivered_spans();
        let settlement = self.settled.entry(destination.to_owned()).or_default();
        let losses = self.losses.entry(destination.to_owned()).or_default();
        let mut reprieve = Reprieve::default();
        for trace in &told.settled {
            *match trace.outcome {
                Outcome::Delivered => &mut settlement.delivered,
                Outcome::Partial => &mut settlement.partial_rejected,
                Outcome::Refused => &mut settlement.dead_lettered,
            } += 1;
            let Some(loss) = losses.iter_mut().find(|loss| loss.upto >= trace.cursor && loss.traces > 0) else {
                continue;
            };
            loss.traces -= 1;
            match loss.reason {
                DropReason::SpoolAge => reprieve.traces.age += 1,
                _ => reprieve.traces.cap += 1,
            }
            *reprieve.spans.entry(loss.reason).or_default() += trace.spans;
        }
        settlement.reprieved.cap += reprieve.traces.cap;
        settlement.reprieved.age += reprieve.traces.age;
        losses.retain(|loss| loss.upto > told.upto);
        reprieve
    }

    /// Whether there is nothing to commit.
    pub(super) fn is_empty(&self) -> bool {
        self.acknowledged.is_empty()
    }

    /// Puts it into a batch; how many spans destinations took.
    pub(super) fn fill(&self, batch: &mut StoreBatch) -> u64 {
        batch.acknowledged.clone_from(&self.acknowledged);
        batch.settled.clone_from(&self.settled);
        self.delivered_spans
    }

    /// The batch is committed.
    pub(super) fn committed(&mut self) {
        self.acknowledged.clear();
        self.settled.clear();
        self.delivered_spans = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exporter::SettledTrace;

    fn told(cursors: std::ops::RangeInclusive<u64>, outcome: Outcome) -> Acknowledgement {
        let upto = Cursor(*cursors.end());
        let settled = cursors.map(|n| SettledTrace { cursor: Cursor(n), outcome, spans: 2, delivered: 2 });
        Acknowledgement { upto, settled: settled.collect() }
    }

    fn eviction(upto: u64, reason: DropReason, traces: u64) -> Eviction {
        Eviction { destination: "d".to_owned(), upto: Cursor(upto), reason, traces, spans: 2 * traces }
    }

    #[test]
    fn it_goes_into_every_batch_until_one_is_committed() {
        let mut owed = Owed::default();
        owed.acknowledge("d", &told(1..=2, Outcome::Delivered));
        owed.acknowledge("d", &told(3..=3, Outcome::Refused));
        for _ in 0..2 {
            let mut batch = StoreBatch::default();
            assert_eq!(owed.fill(&mut batch), 6);
            assert_eq!(batch.acknowledged["d"], Cursor(3));
            assert_eq!((batch.settled["d"].delivered, batch.settled["d"].dead_lettered), (2, 1));
        }
        owed.committed();
        let mut batch = StoreBatch::default();
        assert_eq!(owed.fill(&mut batch), 0);
        assert!(batch.is_empty());
    }

    #[test]
    fn what_was_lost_on_its_way_and_arrives_is_not_lost() {
        let mut owed = Owed::default();
        owed.evicted(&eviction(4, DropReason::SpoolAge, 4));
        owed.evicted(&eviction(9, DropReason::SpoolCap, 5));
        let reprieve = owed.acknowledge("d", &told(3..=6, Outcome::Delivered));
        assert_eq!(reprieve.traces, Evicted { cap: 2, age: 2, purge: 0 });
        assert_eq!(reprieve.spans, [(DropReason::SpoolCap, 4), (DropReason::SpoolAge, 4)].into());
        let reprieve = owed.acknowledge("d", &told(10..=12, Outcome::Delivered));
        assert_eq!(reprieve, Reprieve::default());
        let mut batch = StoreBatch::default();
        owed.fill(&mut batch);
        assert_eq!(batch.settled["d"].reprieved, Evicted { cap: 2, age: 2, purge: 0 });
    }

    #[test]
    fn no_more_is_taken_back_than_was_lost() {
        let mut owed = Owed::default();
        owed.evicted(&eviction(9, DropReason::SpoolAge, 1));
        owed.evicted(&eviction(9, DropReason::SpoolCap, 1));
        let reprieve = owed.acknowledge("d", &told(1..=9, Outcome::Partial));
        assert_eq!(reprieve.traces, Evicted { cap: 1, age: 1, purge: 0 });
    }
}
