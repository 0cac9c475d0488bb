//! A destination that keeps what it is given and answers by a script.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spanloom_core::{Batch, ExportError, ExportFuture, Sink, Trace};

/// What a [`TestSink`] does with one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Takes it.
    Take,
    /// Takes the first trace, and asks for the others again.
    TakeFirst,
    /// Asks for all of it again, at once.
    Later,
    /// Refuses it for good.
    Refuse,
    /// Panics.
    Panic,
    /// Never answers.
    Hang,
}

/// A destination that keeps what it is given. Answers by its script, then takes everything.
#[derive(Debug)]
pub struct TestSink {
    name: String,
    shared: Arc<Shared>,
}

/// What a [`TestSink`] was given, seen from the test. Every clone is the same.
#[derive(Clone, Debug)]
pub struct Received(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Answer>,
    attempts: usize,
    taken: Vec<Trace>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TestSink {
    /// A sink of this name that takes everything.
    pub fn new(name: &str) -> (Self, Received) {
        Self::scripted(name, [])
    }

    /// A sink of this name that gives these answers first.
    pub fn scripted(name: &str, script: impl IntoIterator<Item = Answer>) -> (Self, Received) {
        let state = State { script: script.into_iter().collect(), ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        (Self { name: name.to_owned(), shared: Arc::clone(&shared) }, Received(shared))
    }

    /// The next answer; what is taken is kept before it is given.
    fn attempt(&self, batch: &mut Batch) -> Answer {
        let mut state = self.shared.state();
        let answer = state.script.pop_front().unwrap_or(Answer::Take);
        state.attempts += 1;
        let taken = match answer {
            Answer::Take => batch.traces.len(),
            Answer::TakeFirst => batch.traces.len().min(1),
            _ => 0,
        };
        let traces = batch.traces.drain(..taken);
        state.taken.extend(traces.map(|trace| trace.to_trace().expect("the engine encodes what can be decoded")));
        drop(state);
        self.shared.changed.notify_all();
        answer
    }
}

impl Sink for TestSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn export(&mut self, mut batch: Batch) -> ExportFuture<'_> {
        Box::pin(async move {
            match self.attempt(&mut batch) {
                Answer::Take => Ok(()),
                Answer::TakeFirst if batch.traces.is_empty() => Ok(()),
                Answer::TakeFirst | Answer::Later => Err(ExportError::Retryable {
                    sink: "test",
                    rest: batch,
                    retry_after: Some(Duration::ZERO),
                    source: "the script says later".into(),
                }),
                Answer::Refuse => Err(ExportError::Permanent {
                    sink: "test",
                    dropped: batch,
                    rest: Batch::default(),
                    source: "the script says no".into(),
                }),
                Answer::Panic => panic!("the script says panic"),
                Answer::Hang => std::future::pending().await,
            }
        })
    }
}

impl Received {
    /// What was taken so far, in the order in which it came.
    pub fn traces(&self) -> Vec<Trace> {
        self.0.state().taken.clone()
    }

    /// How many batches were offered so far.
    pub fn attempts(&self) -> usize {
        self.0.state().attempts
    }

    /// Waits until this many traces were taken, and gives all that were.
    ///
    /// # Panics
    /// When they were not within `patience`; the message says how many were.
    #[track_caller]
    pub fn wait_for(&self, traces: usize, patience: Duration) -> Vec<Trace> {
        self.wait_until(
            patience,
            |state| state.taken.len() >= traces,
            |state| {
                format!(
                    "{} of {traces} traces came within {patience:?}, in {} attempts",
                    state.taken.len(),
                    state.attempts
                )
            },
        )
    }

    /// Waits until this many batches were offered, whatever became of them, and gives all traces that were taken.
    ///
    /// # Panics
    /// When they were not within `patience`; the message says how many were.
    #[track_caller]
    pub fn wait_for_attempts(&self, attempts: usize, patience: Duration) -> Vec<Trace> {
        self.wait_until(
            patience,
            |state| state.attempts >= attempts,
            |state| format!("{} of {attempts} attempts were made within {patience:?}", state.attempts),
        )
    }

    #[track_caller]
    fn wait_until(
        &self,
        patience: Duration,
        is_there: impl Fn(&State) -> bool,
        complaint: impl Fn(&State) -> String,
    ) -> Vec<Trace> {
        let until = Instant::now() + patience;
        let mut state = self.0.state();
        while !is_there(&state) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{}", complaint(&state));
            (state, _) = self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        state.taken.clone()
    }
}

#[cfg(test)]
mod tests;
