//! Transitions, one promise each.

use super::*;
use crate::exporter::tests::{batch_of, stored};

pub(super) const SEED: u64 = 7;

/// Feeds inputs at their seconds and compares all effects. The waits in the tables are those that are not random: what a
/// destination asked for, and the probe's.
#[track_caller]
fn check(inputs: Vec<(u64, Input)>, expected: &[Told]) {
    let (mut state, t0) =
        (ExporterState::new(Cursor(0), DeliveryCounts::default(), &ExporterConfig::default(), SEED), Instant::now());
    let mut told = Vec::new();
    for (second, input) in inputs {
        let effects = state.step(t0 + Duration::from_secs(second), input);
        told.extend(effects.into_iter().map(|effect| Told::of(effect, t0)));
    }
    assert_eq!(told, expected);
}

/// An effect in a form that is short to write down.
#[derive(Debug, PartialEq)]
enum Told {
    Take(u64),
    Fetch(u64),
    /// The start times of the traces, which are their positions.
    Export(Vec<u64>),
    WakeAt(u64),
    Acknowledge(u64, u64),
    Complain(ComplaintKind),
}

impl Told {
    fn of(effect: Effect, t0: Instant) -> Self {
        match effect {
            Effect::Take { after } => Self::Take(after.0),
            Effect::Fetch { after } => Self::Fetch(after.0),
            Effect::Export(traces) => Self::Export(positions(&traces)),
            Effect::WakeAt(at) => Self::WakeAt((at - t0).as_secs()),
            Effect::Acknowledge(told) => Self::Acknowledge(told.upto.0, told.delivered_spans()),
            Effect::Complain(complaint) => Self::Complain(complaint.kind),
        }
    }
}

pub(super) fn positions(traces: &[Arc<SealedTrace>]) -> Vec<u64> {
    traces.iter().map(|trace| trace.info.request_time_unix_nano).collect()
}

fn taken(cursors: std::ops::RangeInclusive<u64>, owed_until: u64) -> Input {
    Input::Taken(Taken { items: stored(cursors), owed_until: Cursor(owed_until) })
}

#[expect(clippy::reversed_empty_ranges, reason = "the run of nothing")]
fn nothing(owed_until: u64) -> Input {
    taken(1..=0, owed_until)
}

fn fetched(cursors: std::ops::RangeInclusive<u64>) -> Input {
    Input::Fetched(Ok(stored(cursors)))
}

fn later(rest: std::ops::RangeInclusive<u64>, seconds: u64) -> Input {
    let retry_after = Some(Duration::from_secs(seconds));
    Input::Answered(Answer::Later { rest: batch_of(&stored(rest)), retry_after, error: "e".into() })
}

fn suspect() -> Input {
    Input::Answered(Answer::Suspect { error: "e".into() })
}

const ACCEPTED: Input = Input::Answered(Answer::Accepted);

#[test]
fn it_reads_the_store_before_it_believes_that_there_is_nothing() {
    check(
        vec![
            (0, Input::Poked),
            (0, nothing(0)),
            (0, Input::Fetched(Ok(Vec::new()))),
            (0, nothing(0)),
            (9, Input::TimeUp),
        ],
        &[Told::Take(0), Told::Fetch(0), Told::Take(0)],
    );
}

#[test]
fn what_is_handed_over_is_sent_without_reading_the_store() {
    check(
        vec![(0, Input::Poked), (0, taken(1..=2, 2)), (1, ACCEPTED), (1, nothing(2))],
        &[Told::Take(0), Told::Export(vec![1, 2]), Told::Acknowledge(2, 2), Told::Take(2)],
    );
}

#[test]
fn it_reads_on_until_it_meets_the_handoff() {
    check(
        vec![
            (0, Input::Poked),
            (0, nothing(4)),
            (0, fetched(1..=3)),
            (0, ACCEPTED),
            (0, nothing(4)),
            (0, fetched(4..=4)),
            (0, ACCEPTED),
            (0, taken(5..=5, 5)),
        ],
        &[
            Told::Take(0),
            Told::Fetch(0),
            Told::Export(vec![1, 2, 3]),
            Told::Acknowledge(3, 3),
            Told::Take(3),
            Told::Fetch(3),
            Told::Export(vec![4]),
            Told::Acknowledge(4, 1),
            Told::Take(4),
            Told::Export(vec![5]),
        ],
    );
}

#[test]
fn a_backlog_is_known_only_when_the_store_has_no_more() {
    let mut state = ExporterState::new(Cursor(5), DeliveryCounts::default(), &ExporterConfig::default(), SEED);
    let mut step = |input| {
        state.step(Instant::now(), input);
        state.position().backlog
    };
    assert!(step(Input::Poked));
    assert!(step(nothing(0)));
    assert!(step(fetched(6..=7)), "nothing was offered yet, so nobody knows how far the store reaches");
    assert!(step(ACCEPTED));
    assert!(step(nothing(0)));
    assert!(!step(Input::Fetched(Ok(Vec::new()))));
}

#[test]
fn what_is_gone_from_the_store_is_passed_over() {
    check(
        vec![(0, Input::Poked), (0, nothing(8)), (0, Input::Fetched(Ok(Vec::new()))), (0, nothing(8))],
        &[Told::Take(0), Told::Fetch(0), Told::Acknowledge(8, 0), Told::Take(8)],
    );
}

const fn evicted(upto: u64) -> Input {
    Input::Evicted { upto: Cursor(upto) }
}

#[test]
fn what_the_destination_has_lost_is_not_sent_and_what_comes_after_it_is() {
    check(
        vec![
            (0, Input::Poked),
            (0, taken(1..=4, 4)),
            (0, later(1..=4, 5)),
            (1, evicted(3)),
            (5, Input::TimeUp),
            (5, ACCEPTED),
        ],
        &[
            Told::Take(0),
            Told::Export(vec![1, 2, 3, 4]),
            Told::Complain(ComplaintKind::Retry),
            Told::WakeAt(5),
            Told::Export(vec![4]),
            Told::Acknowledge(4, 1),
            Told::Take(4),
        ],
    );
}

#[test]
fn what_is_on_its_way_when_it_is_lost_is_told_when_it_arrives_and_not_sent_again_when_it_does_not() {
    check(
        vec![
            (0, Input::Poked),
            (0, taken(1..=4, 4)),
            (0, evicted(9)),
            (1, later(2..=4, 5)),
            (5, Input::TimeUp),
            (5, nothing(12)),
            (5, fetched(10..=12)),
        ],
        &[
            Told::Take(0),
            Told::Export(vec![1, 2, 3, 4]),
            Told::Complain(ComplaintKind::Retry),
            Told::Acknowledge(1, 1),
            Told::Take(9),
            Told::Fetch(9),
            Told::Export(vec![10, 11, 12]),
        ],
    );
}

#[test]
fn what_is_lost_while_it_is_read_does_not_hide_what_comes_after_it() {
    check(
        vec![
            (0, Input::Poked),
            (0, nothing(9)),
            (0, evicted(5)),
            (0, fetched(1..=3)),
            (0, nothing(9)),
            (0, fetched(6..=9)),
        ],
        &[Told::Take(0), Told::Fetch(0), Told::Take(5), Told::Fetch(5), Told::Export(vec![6, 7, 8, 9])],
    );
}

#[test]
fn what_is_lost_counts_as_settled_for_those_who_wait() {
    let mut state = ExporterState::new(Cursor(0), DeliveryCounts::default(), &ExporterConfig::default(), SEED);
    let now = Instant::now();
    for input in [Input::Poked, taken(1..=4, 4), later(1..=4, 5)] {
        state.step(now, input);
    }
    assert_eq!(state.position().settled, Cursor(0));
    state.step(now, evicted(2));
    assert_eq!((state.position().settled, state.status().leased), (Cursor(2), 2));
}

#[test]
fn only_the_rest_is_sent_again_and_only_the_contiguous_part_acknowledged() {
    check(
        vec![(0, Input::Poked), (0, taken(1..=4, 4)), (0, later(2..=3, 5)), (5, Input::TimeUp), (5, ACCEPTED)],
        &[
            Told::Take(0),
            Told::Export(vec![1, 2, 3, 4]),
            Told::Complain(ComplaintKind::Retry),
            Told::Acknowledge(1, 1),
            Told::WakeAt(5),
            Told::Export(vec![2, 3]),
            Told::Acknowledge(4, 3),
            Told::Take(4),
        ],
    );
}

#[test]
fn a_timer_that_fires_early_is_set_again() {
    check(
        vec![(0, Input::Poked), (0, taken(1..=1, 1)), (0, later(1..=1, 5)), (4, Input::TimeUp)],
        &[Told::Take(0), Told::Export(vec![1]), Told::Complain(ComplaintKind::Retry), Told::WakeAt(5), Told::WakeAt(5)],
    );
}

#[test]
fn a_wait_that_the_destination_asked_for_is_not_shortened() {
    check(
        vec![(0, Input::Poked), (0, taken(1..=1, 1)), (0, later(1..=1, 5)), (2, Input::Hurry)],
        &[Told::Take(0), Told::Export(vec![1]), Told::Complain(ComplaintKind::Retry), Told::WakeAt(5)],
    );
}

#[test]
fn hurry_shortens_a_wait_to_a_second_after_the_failure() {
    check(
        vec![
            (0, Input::Poked),
            (0, taken(1..=1, 1)),
            (0, suspect()),
            (0, Input::Hurry),
            (0, Input::Poked),
            (1, Input::Hurry),
        ],
        &[
            Told::Take(0),
            Told::Export(vec![1]),
            Told::Complain(ComplaintKind::Suspect),
            Told::WakeAt(30),
            Told::WakeAt(1),
            Told::Export(vec![1]),
        ],
    );
}

#[test]
fn a_failed_probe_keeps_the_circuit_open_and_a_good_one_closes_it() {
    let (mut state, t0) =
        (ExporterState::new(Cursor(0), DeliveryCounts::default(), &ExporterConfig::default(), SEED), Instant::now());
    let mut at = |second, input| {
        state.step(t0 + Duration::from_secs(second), input);
        state.status().circuit
    };
    at(0, Input::Poked);
    at(0, taken(1..=1, 1));
    assert_eq!(at(0, suspect()), Circuit::Open);
    assert_eq!(at(30, Input::TimeUp), Circuit::HalfOpen);
    assert_eq!(at(31, Input::Answered(Answer::TimedOut { after: Duration::ZERO })), Circuit::Open);
    assert_eq!(at(61, Input::TimeUp), Circuit::HalfOpen);
    assert_eq!(at(61, ACCEPTED), Circuit::Closed);
}

#[test]
fn an_answer_that_settles_nothing_waits_whatever_it_is() {
    let refused_nothing =
        Answer::Refused { dropped: Batch::default(), rest: batch_of(&stored(1..=1)), error: "e".into() };
    let mut state = ExporterState::new(Cursor(0), DeliveryCounts::default(), &ExporterConfig::default(), SEED);
    let now = Instant::now();
    state.step(now, Input::Poked);
    state.step(now, taken(1..=1, 1));
    let effects = state.step(now, Input::Answered(refused_nothing));
    assert!(matches!(effects.last(), Some(Effect::WakeAt(at)) if *at > now), "{effects:?}");
}

#[test]
fn refused_traces_pass_and_the_rest_goes_on_at_once() {
    let refused =
        Answer::Refused { dropped: batch_of(&stored(1..=1)), rest: batch_of(&stored(3..=3)), error: "e".into() };
    check(
        vec![(0, Input::Poked), (0, taken(1..=3, 3)), (0, Input::Answered(refused))],
        &[
            Told::Take(0),
            Told::Export(vec![1, 2, 3]),
            Told::Complain(ComplaintKind::Refused),
            Told::Acknowledge(2, 1),
            Told::Export(vec![3]),
        ],
    );
}

#[test]
fn late_answers_and_timers_change_nothing() {
    check(
        vec![
            (0, Input::TimeUp),
            (0, ACCEPTED),
            (0, fetched(1..=1)),
            (0, Input::Poked),
            (0, nothing(1)),
            (0, Input::Poked),
        ],
        &[Told::Take(0), Told::Fetch(0)],
    );
}
