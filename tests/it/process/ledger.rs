//! What is known of a run from what it said: kept outside of it, so that it survives it.

use std::collections::{BTreeMap, BTreeSet};

use spanloom::{Conservation, TraceId};

use super::plan::{PlannedSpan, checksum, planned};

/// What a run said.
pub(super) struct Ledger {
    seed: u64,
    bytes: usize,
    /// Begun, with their numbers.
    pub(super) issued: BTreeMap<TraceId, u64>,
    /// Acknowledged by a flush.
    pub(super) acknowledged: BTreeSet<TraceId>,
    /// Spans of those begun.
    pub(super) issued_spans: u64,
    /// Traces that the run itself counted as dropped, at its last count.
    pub(super) dropped: u64,
}

impl Ledger {
    /// Of a run with this seed and payload size.
    #[track_caller]
    pub(super) fn of(seed: u64, bytes: usize, lines: &[String]) -> Self {
        let (issued, acknowledged) = (BTreeMap::new(), BTreeSet::new());
        let mut ledger = Self { seed, bytes, issued, acknowledged, issued_spans: 0, dropped: 0 };
        for line in lines {
            match line.split_once(' ') {
                Some(("ISSUE", rest)) => ledger.issue(rest),
                Some(("ACK", id)) => drop(ledger.acknowledged.insert(parsed(id))),
                Some(("COUNTS", json)) => {
                    let counts: Conservation = serde_json::from_str(json).expect("counts are JSON");
                    ledger.dropped = counts.traces.dropped_total();
                }
                _ => {}
            }
        }
        ledger
    }

    fn issue(&mut self, rest: &str) {
        let words: Vec<&str> = rest.split(' ').collect();
        let [id, number, spans, sum] = words[..] else { panic!("`{rest}` is no announcement") };
        let number = number.parse().expect("a number");
        let plan = planned(self.seed, number, self.bytes);
        let meant = (plan.len().to_string(), format!("{:016x}", checksum(&plan)));
        assert_eq!(meant, (spans.to_owned(), sum.to_owned()), "both sides mean the same by trace {number}");
        self.issued_spans += plan.len() as u64;
        assert!(self.issued.insert(parsed(id), number).is_none(), "trace `{id}` was begun twice");
    }

    /// What a trace of this run must hold; `None` when it is of another.
    pub(super) fn plan(&self, id: TraceId) -> Option<Vec<PlannedSpan>> {
        self.issued.get(&id).map(|number| planned(self.seed, *number, self.bytes))
    }
}

#[track_caller]
pub(super) fn parsed(id: &str) -> TraceId {
    id.trim().parse().expect("a trace id")
}
