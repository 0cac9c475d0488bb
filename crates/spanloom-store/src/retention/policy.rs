//! Which traces go, and what each destination loses with them: a function of what is in the store.
//!
//! # Invariants
//! - A trace goes whole, and after every older one that may go.
//! - What a destination has not got yet goes by a cap alone: that of the store or its own. Each loss has a number.
//! - What a living process has open never goes.

use super::StoreLimits;

/// A row of a trace, in the order of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) seq: i64,
    pub(crate) stored_ms: i64,
    pub(crate) bytes: u64,
    pub(crate) spans: u64,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Destinations may be owed it.
    Completed,
    /// Open in a process that lives.
    Live,
    /// Open in a process that is gone, or set aside: nobody is owed it.
    Left,
}

/// Why traces have to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Goal {
    /// Bytes by which the store is too large.
    pub(crate) excess: u64,
    /// What was stored before is too old.
    pub(crate) cutoff_ms: Option<i64>,
}

/// What a destination loses, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) traces: u64,
    pub(crate) spans: u64,
}

impl Loss {
    fn add(&mut self, lost: &Candidate) {
        self.traces += 1;
        self.spans += lost.spans;
    }
}

/// What goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// By their places among the candidates.
    pub(crate) removed: Vec<usize>,
    /// For each destination, in their order.
    pub(crate) losses: Vec<Loss>,
    /// The last candidate that was looked at, whether it goes or not.
    pub(crate) looked_at: Option<i64>,
}

/// Bytes that a row takes beside its payloads, roughly.
const ROW_BYTES: u64 = 512;

/// Chooses from the oldest candidates what goes. `positions`: how far each destination is.
pub(crate) fn choose(candidates: &[Candidate], goal: Goal, positions: &[i64]) -> Choice {
    let mut choice = Choice { losses: vec![Loss::default(); positions.len()], ..Choice::default() };
    let mut excess = goal.excess;
    for (at, candidate) in candidates.iter().enumerate() {
        let old = goal.cutoff_ms.is_some_and(|cutoff| candidate.stored_ms < cutoff);
        let owed = candidate.kind == Kind::Completed && positions.iter().any(|position| *position < candidate.seq);
        if excess == 0 && (!old || owed) {
            break;
        }
        choice.looked_at = Some(candidate.seq);
        if candidate.kind == Kind::Live {
            continue;
        }
        choice.removed.push(at);
        excess = excess.saturating_sub(candidate.bytes + ROW_BYTES);
        if candidate.kind == Kind::Completed {
            let losers = choice.losses.iter_mut().zip(positions).filter(|(_, position)| **position < candidate.seq);
            losers.for_each(|(loss, _)| loss.add(candidate));
        }
    }
    choice
}

/// What waits for one destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) bytes: u64,
    /// Since when the destination is known: what was stored before waits since then.
    pub(crate) since_ms: i64,
    /// Before when something has waited for too long.
    pub(crate) cutoff_ms: Option<i64>,
}

/// What one destination loses to its own caps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overdue {
    /// It is owed nothing up to here.
    pub(crate) upto: i64,
    pub(crate) by_cap: Loss,
    pub(crate) by_age: Loss,
}

/// Goes through what a destination is owed, the oldest first. Once it is above its limit it loses a sixteenth more than it must, so
/// that this is not done for each commit.
pub(crate) fn overdue(
    owed: impl Iterator<Item = Candidate>,
    waiting: Waiting,
    limits: &StoreLimits,
) -> Option<Overdue> {
    let limit = limits.outbox_bytes;
    let kept = if waiting.bytes > limit { limit - limit / 16 } else { limit };
    let mut left = waiting.bytes;
    let mut overdue = Overdue::default();
    for candidate in owed {
        let waits_since = candidate.stored_ms.max(waiting.since_ms);
        if waiting.cutoff_ms.is_some_and(|cutoff| waits_since < cutoff) {
            overdue.by_age.add(&candidate);
        } else if left > kept {
            overdue.by_cap.add(&candidate);
        } else {
            break;
        }
        left = left.saturating_sub(candidate.bytes);
        overdue.upto = candidate.seq;
    }
    (overdue.upto > 0).then_some(overdue)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn completed(seq: i64) -> Candidate {
        Candidate { seq, stored_ms: seq * 10, bytes: 1_000 - ROW_BYTES, spans: 3, kind: Kind::Completed }
    }

    const fn of_kind(seq: i64, kind: Kind) -> Candidate {
        Candidate { kind, ..completed(seq) }
    }

    fn loss(traces: u64) -> Loss {
        Loss { traces, spans: 3 * traces }
    }

    /// Candidates 1 to 5, of 1,000 bytes each, stored at 10 to 50; which go, and what destinations lose.
    #[track_caller]
    fn check(excess: u64, cutoff_ms: Option<i64>, positions: &[i64], removed: &[i64], lost: &[u64]) {
        let candidates: Vec<_> = (1..=5).map(completed).collect();
        let choice = choose(&candidates, Goal { excess, cutoff_ms }, positions);
        let seqs: Vec<_> = choice.removed.iter().map(|at| candidates[*at].seq).collect();
        let losses: Vec<_> = lost.iter().map(|traces| loss(*traces)).collect();
        assert_eq!((seqs.as_slice(), choice.losses), (removed, losses), "{excess} {cutoff_ms:?} {positions:?}");
    }

    #[test]
    fn a_store_within_its_limits_keeps_everything() {
        check(0, None, &[], &[], &[]);
        check(0, Some(10), &[], &[], &[]);
        check(0, Some(0), &[5], &[], &[0]);
    }

    #[test]
    fn as_many_of_the_oldest_go_as_are_needed() {
        check(1, None, &[], &[1], &[]);
        check(1_000, None, &[5], &[1], &[0]);
        check(1_001, None, &[5], &[1, 2], &[0]);
        check(u64::MAX, None, &[5], &[1, 2, 3, 4, 5], &[0]);
    }

    #[test]
    fn what_is_too_old_goes() {
        check(0, Some(31), &[], &[1, 2, 3], &[]);
        check(0, Some(30), &[], &[1, 2], &[]);
        check(4_000, Some(30), &[], &[1, 2, 3, 4], &[]);
    }

    #[test]
    fn age_takes_nothing_that_a_destination_is_owed() {
        check(0, Some(99), &[2, 5], &[1, 2], &[0, 0]);
        check(0, Some(99), &[0], &[], &[0]);
    }

    #[test]
    fn the_cap_of_the_store_takes_it_and_each_destination_counts_its_loss() {
        check(3_000, None, &[1, 5, 2], &[1, 2, 3], &[2, 0, 1]);
        check(1_000, Some(99), &[0], &[1], &[1]);
    }

    #[test]
    fn what_a_living_process_has_open_stays_and_what_a_dead_one_left_goes_at_its_turn() {
        let candidates = [of_kind(1, Kind::Live), of_kind(2, Kind::Left), completed(3), completed(4)];
        let choice = choose(&candidates, Goal { excess: 1_500, cutoff_ms: None }, &[2]);
        assert_eq!((choice.removed, choice.losses, choice.looked_at), (vec![1, 2], vec![loss(1)], Some(3)));
        let choice = choose(&candidates, Goal { excess: 0, cutoff_ms: Some(99) }, &[0]);
        assert_eq!((choice.removed, choice.looked_at), (vec![1], Some(2)));
    }

    /// Traces 1 to 40 of 488 bytes wait, stored at 10 to 400.
    #[track_caller]
    fn check_overdue(outbox_bytes: u64, since_ms: i64, cutoff_ms: Option<i64>, expected: Option<(i64, u64, u64)>) {
        let limits = StoreLimits { outbox_bytes, ..StoreLimits::default() };
        let waiting = Waiting { bytes: 40 * 488, since_ms, cutoff_ms };
        let found = overdue((1..=40).map(completed), waiting, &limits);
        let expected =
            expected.map(|(upto, by_cap, by_age)| Overdue { upto, by_cap: loss(by_cap), by_age: loss(by_age) });
        assert_eq!(found, expected, "{outbox_bytes} {since_ms} {cutoff_ms:?}");
    }

    #[test]
    fn an_outbox_within_its_limits_loses_nothing() {
        check_overdue(40 * 488, 0, None, None);
        check_overdue(u64::MAX, 0, Some(10), None);
        check_overdue(u64::MAX, 500, Some(500), None);
    }

    #[test]
    fn above_its_size_it_loses_the_oldest_and_a_little_more() {
        check_overdue(40 * 488 - 1, 0, None, Some((3, 3, 0)));
        check_overdue(16 * 488, 0, None, Some((25, 25, 0)));
        check_overdue(0, 0, None, Some((40, 40, 0)));
    }

    #[test]
    fn what_has_waited_too_long_goes_and_counts_as_that_first() {
        check_overdue(u64::MAX, 0, Some(101), Some((10, 0, 10)));
        check_overdue(16 * 488, 0, Some(101), Some((25, 15, 10)));
    }

    #[test]
    fn a_destination_that_is_new_has_its_whole_time_for_old_traces() {
        check_overdue(u64::MAX, 100, Some(99), None);
        check_overdue(u64::MAX, 100, Some(101), Some((10, 0, 10)));
    }
}
