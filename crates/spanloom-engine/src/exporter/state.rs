//! What an exporter does next: a machine without clock, threads or I/O.
//!
//! | in \ on    | `Poked`   | `Hurry`              | `TimeUp` | `Taken`                     | `Fetched`                   | `Answered`                     |
//! |------------|-----------|----------------------|----------|-----------------------------|-----------------------------|--------------------------------|
//! | `Idle`     | take      | take                 | —        | send, fetch, or stay idle   | —                           | —                              |
//! | `Fetching` | —         | —                    | —        | —                           | send, take, or wait         | —                              |
//! | `Sending`  | —         | —                    | —        | —                           | —                           | send, take, or wait            |
//! | `Waiting`  | —         | go on a little later | go on    | —                           | —                           | —                              |
//!
//! `Evicted` changes no phase. `—`: nothing. A timer may fire after its wait was cut short, and a poke says only that there may be something new,
//! which every other phase finds out by itself when it ends.
//!
//! # Invariants
//! - One attempt or one fetch at a time.
//! - `settled` only rises, and no position up to it is still to be sent.
//! - In `Idle` there is no timer, and everything that was offered is settled.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use spanloom_core::{Batch, Cursor, SealedTrace};

use super::answer::Answer;
use super::complaint::{Complaint, ComplaintKind, ComplaintLimits};
use super::config::ExporterConfig;
use super::drain::Position;
use super::handoff::Taken;
use super::lease::Lease;
use super::links::{Acknowledgement, Stored};
use super::retry::Retry;
use super::status::{Circuit, DeliveryCounts, ExporterStatus};

/// What the machine is told.
#[derive(Debug)]
pub(super) enum Input {
    /// There may be something in the hand-off.
    Poked,
    /// The destination is owed nothing any more up to here: it was too far behind.
    Evicted { upto: Cursor },
    /// Someone waits: do not sit out a long wait, unless the destination has asked for it.
    Hurry,
    /// The time of the last `WakeAt` has come.
    TimeUp,
    /// The answer to `Take`.
    Taken(Taken),
    /// The answer to `Fetch`.
    Fetched(Result<Vec<Stored>, String>),
    /// The answer to `Export`.
    Answered(Answer),
}

/// What the machine wants done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// Take what follows this position from the hand-off; answered at once.
    Take { after: Cursor },
    /// Read what follows this position from the store.
    Fetch { after: Cursor },
    /// Send these traces.
    Export(Vec<Arc<SealedTrace>>),
    /// Say when this time has come; replaces an earlier one.
    WakeAt(Instant),
    /// This is settled.
    Acknowledge(Acknowledgement),
    /// Log this.
    Complain(Complaint),
}

/// What an exporter does next.
#[derive(Debug)]
pub(super) struct ExporterState {
    config: ExporterConfig,
    phase: Phase,
    /// The last position that was read or taken.
    taken: Cursor,
    settled: Cursor,
    /// The destination has lost what was not settled up to here.
    evicted: Cursor,
    /// The store is known to have reached so far, 0 before anything was offered; what a fetch does not find up to here is
    /// gone.
    goal: Cursor,
    /// The store may hold traces after `taken` that were never offered: from before this exporter started.
    backlog: bool,
    ready: VecDeque<Stored>,
    lease: Option<Lease>,
    retry: Retry,
    circuit: Circuit,
    counts: DeliveryCounts,
    last_error: Option<String>,
    complaints: ComplaintLimits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Fetching,
    Sending,
    Waiting { since: Instant, until: Instant, asked: bool },
}

impl ExporterState {
    /// A machine that has settled everything up to a position, and does not know what the store holds after it.
    pub(super) fn new(settled: Cursor, counts: DeliveryCounts, config: &ExporterConfig, seed: u64) -> Self {
        Self {
            config: config.clone(),
            phase: Phase::Idle,
            taken: settled,
            settled,
            evicted: Cursor::default(),
            goal: Cursor::default(),
            backlog: true,
            ready: VecDeque::new(),
            lease: None,
            retry: Retry::new(config, seed),
            circuit: Circuit::Closed,
            counts,
            last_error: None,
            complaints: ComplaintLimits::default(),
        }
    }

    /// Takes an input and says what is to be done, in this order.
    pub(super) fn step(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        match (self.phase, input) {
            (_, Input::Evicted { upto }) => self.evicted(upto),
            (Phase::Idle, Input::Poked | Input::Hurry) => self.go_on(),
            (Phase::Idle, Input::Taken(taken)) => self.taken(taken),
            (Phase::Fetching, Input::Fetched(Ok(found))) => self.fetched(found),
            (Phase::Fetching, Input::Fetched(Err(error))) => self.fetch_failed(now, error),
            (Phase::Sending, Input::Answered(answer)) => self.answered(now, answer),
            (Phase::Waiting { until, .. }, Input::TimeUp) if now >= until => self.go_on(),
            (Phase::Waiting { until, .. }, Input::TimeUp) => vec![Effect::WakeAt(until)],
            (Phase::Waiting { since, until, asked: false }, Input::Hurry) => self.hurry(now, since, until),
            (Phase::Idle, Input::TimeUp | Input::Fetched(_) | Input::Answered(_))
            | (Phase::Fetching, Input::Poked | Input::Hurry | Input::TimeUp | Input::Taken(_) | Input::Answered(_))
            | (Phase::Sending, Input::Poked | Input::Hurry | Input::TimeUp | Input::Taken(_) | Input::Fetched(_))
            | (
                Phase::Waiting { .. },
                Input::Poked | Input::Hurry | Input::Taken(_) | Input::Fetched(_) | Input::Answered(_),
            ) => Vec::new(),
        }
    }

    /// How far it is, for those who wait for it.
    pub(super) fn position(&self) -> Position {
        let waits_until = match self.phase {
            Phase::Waiting { until, .. } => Some(until),
            Phase::Idle | Phase::Fetching | Phase::Sending => None,
        };
        Position { settled: self.settled, backlog: self.backlog, waits_until }
    }

    /// What it says of itself; name, restarts and the hand-off are added where they are known.
    pub(super) fn status(&self) -> ExporterStatus {
        ExporterStatus {
            acknowledged: self.settled.0,
            counts: self.counts,
            queued: self.ready.len() as u64,
            leased: self.lease.as_ref().map_or(0, Lease::unsettled_count) as u64,
            behind: self.backlog || self.taken < self.goal,
            last_error: self.last_error.clone(),
            circuit: self.circuit,
            failures: self.retry.failures(),
            ..ExporterStatus::default()
        }
    }

    /// Sends what there is, or looks for something to send.
    fn go_on(&mut self) -> Vec<Effect> {
        if self.lease.is_none() {
            self.lease = Lease::cut(&mut self.ready, &self.config);
        }
        match &self.lease {
            Some(lease) => {
                self.phase = Phase::Sending;
                if self.circuit == Circuit::Open {
                    self.circuit = Circuit::HalfOpen;
                }
                vec![Effect::Export(lease.unsettled())]
            }
            None => {
                self.phase = Phase::Idle;
                vec![Effect::Take { after: self.taken }]
            }
        }
    }

    fn taken(&mut self, Taken { items, owed_until }: Taken) -> Vec<Effect> {
        self.goal = self.goal.max(owed_until);
        if let Some((last, _)) = items.last() {
            // What was taken starts right after `taken`: from here on, everything was offered.
            (self.taken, self.backlog) = (*last, false);
            self.ready.extend(items);
            return self.go_on();
        }
        if self.backlog || owed_until > self.taken {
            self.phase = Phase::Fetching;
            return vec![Effect::Fetch { after: self.taken }];
        }
        Vec::new()
    }

    fn fetched(&mut self, found: Vec<Stored>) -> Vec<Effect> {
        self.retry.succeeded();
        let was_there = !found.is_empty();
        self.ready.extend(found.into_iter().filter(|(cursor, _)| *cursor > self.taken));
        let mut effects = Vec::new();
        match self.ready.back() {
            Some((last, _)) => {
                self.taken = *last;
                self.backlog &= self.goal == Cursor::default() || self.taken < self.goal;
            }
            // All of it was lost while it was read; there may be more.
            None if was_there => {}
            None => {
                self.backlog = false;
                effects.extend(self.pass_over_what_is_gone());
            }
        }
        effects.extend(self.go_on());
        effects
    }

    /// The store has nothing left up to the goal, for instance because it was at its size limit.
    fn pass_over_what_is_gone(&mut self) -> Option<Effect> {
        self.taken = self.taken.max(self.goal);
        (self.settled < self.taken).then(|| {
            self.settled = self.taken;
            Effect::Acknowledge(Acknowledgement { upto: self.settled, settled: Vec::new() })
        })
    }

    fn fetch_failed(&mut self, now: Instant, error: String) -> Vec<Effect> {
        let wait = self.retry.failed(None);
        let mut effects = self.complain(now, ComplaintKind::Fetch, error);
        effects.push(self.wait(now, wait, false));
        effects
    }

    fn answered(&mut self, now: Instant, answer: Answer) -> Vec<Effect> {
        let Some(mut lease) = self.lease.take() else { return self.go_on() };
        let before = lease.unsettled_count();
        let (mut effects, failure) = self.settle(now, answer, &mut lease);
        let progress = lease.unsettled_count() < before;
        effects.extend(self.hold(lease));
        if progress {
            self.retry.succeeded();
            self.circuit = Circuit::Closed;
        }
        match failure.or((!progress).then_some(Failure::Transient { retry_after: None })) {
            Some(failure) if self.lease.is_some() => effects.push(self.back_off(now, failure)),
            Some(_) | None => effects.extend(self.go_on()),
        }
        effects
    }

    /// What is on its way when it is lost may arrive all the same; the answer tells.
    fn evicted(&mut self, upto: Cursor) -> Vec<Effect> {
        self.evicted = self.evicted.max(upto);
        self.taken = self.taken.max(upto);
        self.ready.retain(|(cursor, _)| *cursor > upto);
        if self.phase == Phase::Sending {
            return Vec::new();
        }
        match self.lease.take() {
            Some(lease) => self.hold(lease),
            None => {
                self.settled = self.settled.max(self.evicted);
                Vec::new()
            }
        }
    }

    /// How far the destination has lost what was not settled.
    pub(super) fn lost_upto(&self) -> Cursor {
        self.evicted
    }

    /// Acknowledges what is settled at the front of a batch that is not on its way, and keeps the rest.
    fn hold(&mut self, mut lease: Lease) -> Vec<Effect> {
        lease.lose(self.evicted);
        let released = lease.release_settled();
        let upto = released.as_ref().map_or(self.settled, |released| released.upto);
        self.settled = self.settled.max(upto).max(self.evicted);
        self.lease = (!lease.is_empty()).then_some(lease);
        released.map(Effect::Acknowledge).into_iter().collect()
    }

    /// Marks what the answer settles. Gives what is to be logged, and why the rest has to wait, if it has to.
    fn settle(&mut self, now: Instant, answer: Answer, lease: &mut Lease) -> (Vec<Effect>, Option<Failure>) {
        let transient = Some(Failure::Transient { retry_after: None });
        match answer {
            Answer::Accepted => {
                lease.keep_only(&Batch::default(), &mut self.counts);
                (Vec::new(), None)
            }
            Answer::PartlyAccepted { rejected_spans, error } => {
                lease.keep_all_but(rejected_spans, &mut self.counts);
                (self.complain(now, ComplaintKind::Refused, error), None)
            }
            Answer::Later { rest, retry_after, error } => {
                lease.keep_only(&rest, &mut self.counts);
                (self.complain(now, ComplaintKind::Retry, error), Some(Failure::Transient { retry_after }))
            }
            Answer::Suspect { error } => (self.complain(now, ComplaintKind::Suspect, error), Some(Failure::Suspect)),
            Answer::Refused { dropped, rest, error } => {
                lease.refuse(&dropped, &mut self.counts);
                lease.keep_only(&rest, &mut self.counts);
                (self.complain(now, ComplaintKind::Refused, error), None)
            }
            Answer::TimedOut { after } => {
                (self.complain(now, ComplaintKind::Retry, format!("no answer within {after:?}")), transient)
            }
            Answer::Panicked { text } => {
                self.counts.panics += 1;
                (self.complain(now, ComplaintKind::Panic, format!("the sink panicked: {text}")), transient)
            }
            Answer::Unknown { error } => (self.complain(now, ComplaintKind::Retry, error), transient),
        }
    }

    /// A destination that fails its probe stays suspect, whatever it says.
    fn back_off(&mut self, now: Instant, failure: Failure) -> Effect {
        match failure {
            Failure::Transient { retry_after } if self.circuit == Circuit::Closed => {
                let wait = self.retry.failed(retry_after);
                self.wait(now, wait, retry_after.is_some())
            }
            Failure::Transient { retry_after } => self.open_circuit(now, retry_after),
            Failure::Suspect => self.open_circuit(now, None),
        }
    }

    fn open_circuit(&mut self, now: Instant, retry_after: Option<Duration>) -> Effect {
        self.circuit = Circuit::Open;
        let asked = self.retry.failed(retry_after);
        let wait = self.config.probe_interval.max(if retry_after.is_some() { asked } else { Duration::ZERO });
        self.wait(now, wait, retry_after.is_some())
    }

    fn wait(&mut self, now: Instant, wait: Duration, asked: bool) -> Effect {
        let until = now + wait;
        self.phase = Phase::Waiting { since: now, until, asked };
        Effect::WakeAt(until)
    }

    /// Not at once: callers that flush again and again must not turn the wait into a stream of attempts.
    fn hurry(&mut self, now: Instant, since: Instant, until: Instant) -> Vec<Effect> {
        let soonest = since + self.config.backoff_first;
        if now >= soonest {
            return self.go_on();
        }
        let until = until.min(soonest);
        self.phase = Phase::Waiting { since, until, asked: false };
        vec![Effect::WakeAt(until)]
    }

    fn complain(&mut self, now: Instant, kind: ComplaintKind, text: String) -> Vec<Effect> {
        self.last_error = Some(text.clone());
        let allowed = self.complaints.allow(kind, now);
        if allowed { vec![Effect::Complain(Complaint { kind, text })] } else { Vec::new() }
    }
}

/// Why what is left of a batch has to wait.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Transient { retry_after: Option<Duration> },
    Suspect,
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;
