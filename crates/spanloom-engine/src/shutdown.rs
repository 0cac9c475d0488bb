//! How an engine ends.
//!
//! Close the gate, hand on what is open, commit and sync, let the exporters deliver until the deadline, stop the writer,
//! leave the engine thread, say what became of everything. A second call gets the same report.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use spanloom_api::lane::is_engine_thread;
use spanloom_api::plane;
use spanloom_api::tenant::Tenant;
use spanloom_core::ShutdownReport;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::exporter::Exporter;
use crate::registry::actor::Dismiss;
use crate::reply::{Giver, pair};
use crate::system::System;
use crate::writer::WriterMessage;

/// How far a shutdown has come.
#[derive(Debug, Default)]
pub(crate) enum State {
    #[default]
    Running,
    Stopping,
    Stopped(Box<ShutdownReport>),
}

impl State {
    pub(crate) fn is_stopping(&self) -> bool {
        !matches!(self, Self::Running)
    }
}

/// Before the registry is asked again.
const RETRY_PAUSE: Duration = Duration::from_millis(1);
/// What a shutdown may take beyond its deadline to end threads.
const GRACE: Duration = Duration::from_millis(100);

/// The number is given back only here, when no handle is left that could begin roots under it.
impl Drop for Engine {
    fn drop(&mut self) {
        Tenant::close(self.number);
        Tenant::free(self.number);
    }
}

impl Engine {
    /// Ends the engine, blocking this thread; allowed inside and outside of any runtime. Spans that are open are closed
    /// and marked incomplete. A second call waits for the first and gets the same report.
    ///
    /// # Errors
    /// When not everything was stored before `deadline`: what could not be written by then is counted as lost. Without a
    /// store also when not everything was delivered. On a thread of the engine itself, and in a forked child, nothing is
    /// done.
    pub fn shutdown_blocking(&self, deadline: Duration) -> Result<ShutdownReport, EngineError> {
        if is_engine_thread() {
            return Err(EngineError::OnEngineThread { what: "a shutdown" });
        }
        let until = Instant::now() + deadline;
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match &*state {
                State::Stopped(report) => return Ok((**report).clone()),
                State::Stopping => return self.wait_for_other(state, until, deadline),
                State::Running if !plane::is_connected() => return Err(EngineError::ForkedChild),
                State::Running => *state = State::Stopping,
            }
        }
        let begun = Instant::now();
        let in_time = self.stop(until);
        self.ledger.close();
        let report = self.report(begun.elapsed());
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Stopped(Box::new(report.clone()));
        self.stopped.notify_all();
        if in_time { Ok(report) } else { Err(EngineError::TimedOut { what: "the shutdown", deadline }) }
    }

    fn wait_for_other(
        &self,
        mut state: std::sync::MutexGuard<'_, State>,
        until: Instant,
        deadline: Duration,
    ) -> Result<ShutdownReport, EngineError> {
        loop {
            if let State::Stopped(report) = &*state {
                return Ok((**report).clone());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(EngineError::TimedOut { what: "the shutdown", deadline });
            }
            (state, _) = self.stopped.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// True when nothing can be lost any more that was there before the deadline: what destinations have not taken waits
    /// for them in the store, if there is one.
    fn stop(&self, until: Instant) -> bool {
        Tenant::close(self.number);
        let stored = self.dismiss(until);
        let delivered = self.drain_exporters(until);
        // Whatever the writer still waits for, it does not wait any longer.
        self.hurry.store(true, Ordering::Release);
        self.nap.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ended = self.end_writer(until.max(Instant::now() + GRACE));
        self.exporters.iter().for_each(Exporter::stop);
        for exporter in &self.exporters {
            exporter.join(until.max(Instant::now() + GRACE));
        }
        if stored {
            // A root that was written since the registry let go is read now, and counted.
            self.dismiss(Instant::now() + GRACE);
        }
        self.kept.clear();
        System::leave(Instant::now() + GRACE);
        stored && ended && (delivered || self.outlived)
    }

    /// Has the registry hand on everything and let go. Asks again while the actor is behind or starting anew.
    fn dismiss(&self, until: Instant) -> bool {
        ask_patiently(until, plane::is_connected, |giver| {
            let reply = Box::new(move |outcome: Result<(), _>| giver.give(outcome.is_ok()));
            // A message that was not taken drops its reply, which the wait sees.
            drop(self.post(Dismiss { tenant: self.number, reply }));
        })
    }

    fn drain_exporters(&self, until: Instant) -> bool {
        let waits = self.exporters.iter().map(|exporter| {
            let (giver, drained) = pair();
            exporter.drain(until, Box::new(move |outcome| giver.give(outcome)));
            drained
        });
        let waits: Vec<_> = waits.collect();
        waits.into_iter().all(|drained| matches!(drained.wait_until(until), Ok(Some(drained)) if drained.complete))
    }

    fn end_writer(&self, until: Instant) -> bool {
        if self.writer.send_deadline(WriterMessage::Stop, until).is_err() {
            return false;
        }
        let ended = self.writer_ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        ended.is_none_or(|ended| ended.wait_until(until).is_ok())
    }

    fn report(&self, elapsed: Duration) -> ShutdownReport {
        let mut report = ShutdownReport::default();
        (report.stored, report.synced) = self.written();
        report.left = self.left();
        let delivered = self.exporters.iter().map(|exporter| exporter.observe().counts.delivered_spans);
        report.delivered = delivered.min().unwrap_or(0);
        report.lost = self.conservation().spans.dropped;
        // Counted as stored, and lost before a destination had them.
        for (reason, spans) in self.ledger.evicted_spans() {
            *report.lost.entry(reason).or_default() += spans;
        }
        let evicted = self.evicted.load(Ordering::Acquire);
        if evicted > 0 {
            // Counted as stored when the outbox took it, and lost before every destination had it.
            report.lost.insert(spanloom_core::DropReason::SpoolCap, evicted);
        }
        report.elapsed = elapsed;
        report
    }
}

/// Asks until there is an answer. One that gets lost is asked for again while there is time, and someone to be asked.
fn ask_patiently(until: Instant, is_there: impl Fn() -> bool, mut ask: impl FnMut(Giver<bool>)) -> bool {
    loop {
        let (giver, answer) = pair();
        ask(giver);
        match answer.wait_until(until) {
            Ok(Some(answer)) => return answer,
            Ok(None) if Instant::now() < until && is_there() => std::thread::park_timeout(RETRY_PAUSE),
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of it when the first answers get lost, and how often was asked.
    #[track_caller]
    fn check(lost: usize, is_there: bool, within: Duration, expected: (bool, usize)) {
        let mut asked = 0;
        let answer = ask_patiently(
            Instant::now() + within,
            || is_there,
            |giver| {
                asked += 1;
                if asked > lost {
                    giver.give(true);
                }
            },
        );
        assert_eq!((answer, asked), expected);
    }

    #[test]
    fn an_answer_that_gets_lost_is_asked_for_again() {
        const LONG: Duration = Duration::from_secs(60);
        check(0, true, LONG, (true, 1));
        check(3, true, LONG, (true, 4));
    }

    #[test]
    fn nobody_is_asked_again_who_is_not_there_or_after_the_deadline() {
        check(3, false, Duration::from_secs(60), (false, 1));
        check(3, true, Duration::ZERO, (false, 1));
    }
}
