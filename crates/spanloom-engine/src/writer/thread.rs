//! The writer's thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rustc_hash::FxHashSet;
use spanloom_api::lane::mark_engine_thread;
use spanloom_api::tenant::{Gate, Tenant};
use spanloom_core::{Cursor, DropReason, Limits, StoreBatch, StoreError, TraceId, TraceStore};

use super::WriterMessage;
use super::batch::{Commit, Gathered, Last, pause_before};
use super::held::Held;
use super::owed::Owed;
use super::sealer::{Environment, Sealer};
use super::wishes::{Fetch, WishList};
use crate::exporter::{Handoff, LogLimit};
use crate::kept::KeptSpans;
use crate::ledger::Ledger;
use crate::names::Names;
use crate::registry::log::LogPool;
use crate::reply::Giver;

/// What a writer works with.
pub(crate) struct Writer {
    pub(crate) tenant: u8,
    pub(crate) store: Box<dyn TraceStore>,
    pub(crate) queue: Receiver<WriterMessage>,
    pub(crate) wishes: WishList,
    pub(crate) environment: Arc<Environment>,
    pub(crate) names: Names,
    pub(crate) logs: LogPool,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) in_flight: Arc<AtomicUsize>,
    pub(crate) handoffs: Vec<Handoff>,
    pub(crate) destinations: Vec<String>,
    /// Where it leaves the number of spans that some destination has not acknowledged.
    pub(crate) left: Arc<AtomicU64>,
    /// Set when a shutdown has run out of time: what cannot be written at once is given up.
    pub(crate) hurry: Arc<AtomicBool>,
    /// Never sent to: waiting on it is a nap that ends when the engine drops it.
    pub(crate) nap: Receiver<()>,
    /// What the low-level client keeps open: it hears what became of its traces.
    pub(crate) kept: Arc<KeptSpans>,
    /// Dropped with the thread, which is how the engine knows that it has ended.
    pub(crate) _ended: Giver<()>,
}

impl Writer {
    /// Starts the thread. It ends after [`WriterMessage::Stop`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn spawn(self) -> std::io::Result<()> {
        let thread = std::thread::Builder::new().name("spanloom-store".to_owned()).spawn(move || {
            mark_engine_thread();
            let sealer = Sealer::new(Arc::clone(&self.environment), self.names.clone());
            let limits = self.environment.limits.clone();
            let (assessed, owed) = (FxHashSet::default(), Owed::default());
            let running = Running {
                dirty_since: None,
                limits,
                sealer,
                writer: self,
                assessed,
                owed,
                failed: None,
                held: Held::default(),
                tidy_at: Some(Instant::now()),
                tidy_log: LogLimit::default(),
                retry_log: LogLimit::default(),
            };
            running.run();
        });
        thread.map(drop)
    }
}

/// How often a store hears of a writer whose live traces have no news.
const HEARTBEAT: Duration = Duration::from_secs(5);

pub(super) struct Running {
    pub(super) writer: Writer,
    pub(super) sealer: Sealer,
    limits: Limits,
    /// Live traces that have assessments in the store.
    pub(super) assessed: FxHashSet<TraceId>,
    /// Since when something is committed that may not be on the disk.
    pub(super) dirty_since: Option<Instant>,
    pub(super) owed: Owed,
    /// The first failure since the last barrier, which is told of it.
    failed: Option<StoreError>,
    pub(super) held: Held,
    /// When the store wants to be tidied though nothing comes.
    pub(super) tidy_at: Option<Instant>,
    pub(super) tidy_log: LogLimit,
    retry_log: LogLimit,
}

/// When to look up though nothing comes: to sync, or while there are live traces to say that the writer lives.
fn wake_at(sync_due: Option<Instant>, has_live: bool, now: Instant) -> Option<Instant> {
    sync_due.or_else(|| has_live.then(|| now + HEARTBEAT))
}

impl Running {
    fn run(mut self) {
        loop {
            let due = self.dirty_since.map(|since| since + self.limits.sync_interval);
            let wake = wake_at(due, self.sealer.has_live(), Instant::now());
            let wake = wake.into_iter().chain(self.tidy_at).min();
            let Some(gathered) = Gathered::receive(&self.writer.queue, wake) else {
                self.on_time(due);
                continue;
            };
            let is_news = !gathered.messages.is_empty();
            if let Err(error) = self.write(gathered.messages) {
                self.failed.get_or_insert(error);
            }
            self.read_back();
            match gathered.last {
                None => {}
                Some(Last::Barrier { sync, reply }) => {
                    let outcome = self.settle(sync);
                    reply(self.failed.take().map_or(outcome, Err));
                }
                Some(Last::Assess(job)) => self.assess(*job),
                Some(Last::Retag { trace_id, key, value, reply }) => {
                    reply(self.retag(trace_id, &key, value.as_deref()).map(Some));
                }
                Some(Last::Stop) => {
                    if let Err(error) = self.settle(true) {
                        tracing::warn!(%error, "the store could not be synced at the end");
                    }
                    self.leave_owed();
                    return;
                }
            }
            if is_news {
                self.tidy();
            }
            if due.is_some_and(|due| due <= Instant::now()) || self.held.is_full() {
                self.sync_in_time();
            }
        }
    }

    /// Gives exporters that are behind what they asked for.
    fn read_back(&mut self) {
        for Fetch { after, max_traces, max_bytes, reply } in self.writer.wishes.take_fetches() {
            reply(self.writer.store.fetch(after, max_traces, max_bytes));
        }
    }

    /// Nothing came until there was something to do.
    fn on_time(&mut self, sync_due: Option<Instant>) {
        let now = Instant::now();
        if sync_due.is_some_and(|due| due <= now) {
            self.sync_in_time();
        }
        if self.tidy_at.is_some_and(|at| at <= now) {
            self.tidy();
        }
        if self.sealer.has_live() {
            self.beat();
        }
    }

    /// Seals and commits. Gives an error when something of it was given up.
    fn write(&mut self, messages: Vec<WriterMessage>) -> Result<(), StoreError> {
        for (destination, told) in self.writer.wishes.take_acknowledged() {
            self.acknowledged(destination, &told);
        }
        if messages.is_empty() && self.owed.is_empty() {
            return Ok(());
        }
        let mut commit = Commit::default();
        for message in messages {
            commit.bytes += message.bytes();
            self.take_in(message, &mut commit);
        }
        self.book_changes();
        commit.delivered = self.owed.fill(&mut commit.batch);
        let outcome = loop {
            match self.commit_patiently(&commit.batch) {
                Err(error) if self.leave_out(&mut commit, &error) => {}
                outcome => break outcome,
            }
        };
        self.book(&commit, &outcome);
        outcome?;
        self.owed.committed();
        self.held.keep(commit.batch);
        Ok(())
    }

    fn take_in(&mut self, message: WriterMessage, commit: &mut Commit) {
        match message {
            WriterMessage::Complete(clock, completed) => {
                match catch_unwind(AssertUnwindSafe(|| self.sealer.seal(clock, &completed))) {
                    Ok(mut sealed) => {
                        self.add_assessments(&mut sealed);
                        commit.batch.completed.push(Arc::new(sealed));
                    }
                    Err(_) => {
                        self.writer.kept.dropped(completed.trace_id);
                        self.writer.ledger.with_writer(|book| {
                            book.panics += 1;
                            *book.dropped_spans.entry(DropReason::Panic).or_default() += completed.spans;
                            *book.dropped_traces.entry(DropReason::Panic).or_default() += u64::from(!completed.amends);
                        });
                    }
                }
                // Values that were never serialised are dropped here, with whatever the program's own `drop` does.
                let logs = &self.writer.logs;
                if catch_unwind(AssertUnwindSafe(|| logs.give_back(completed.log))).is_err() {
                    self.writer.ledger.with_writer(|book| book.panics += 1);
                }
            }
            WriterMessage::Journal(request) => match catch_unwind(AssertUnwindSafe(|| self.sealer.journal(&request))) {
                Ok(chunk) => commit.batch.journal.push(chunk),
                Err(_) => self.writer.ledger.with_writer(|book| book.panics += 1),
            },
            WriterMessage::Abandon(id) => {
                self.sealer.forget(id);
                self.assessed.remove(&id);
                commit.batch.journal.retain(|chunk| chunk.trace_id() != id);
                commit.batch.abandoned.push(id);
            }
            // These end a group and are not in it.
            WriterMessage::Barrier { .. }
            | WriterMessage::Called
            | WriterMessage::Assess(_)
            | WriterMessage::Retag { .. }
            | WriterMessage::Stop => {}
        }
    }

    fn commit_patiently(&mut self, batch: &StoreBatch) -> Result<Vec<Cursor>, StoreError> {
        self.patiently(|store| store.commit(batch))
    }

    /// Writes, again and again while there is no room or the store is locked, until the engine is in a hurry.
    pub(super) fn patiently<T>(
        &mut self,
        write: impl Fn(&mut dyn TraceStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut attempt = 0;
        loop {
            match write(&mut *self.writer.store) {
                Err(error) if error.is_retryable() && !self.writer.hurry.load(Ordering::Acquire) => {
                    self.held.hear(&error);
                    if self.retry_log.allow(Instant::now()) {
                        tracing::warn!(%error, "the store did not take a commit, trying again");
                    }
                    let nap = self.writer.nap.recv_timeout(pause_before(attempt));
                    if nap == Err(RecvTimeoutError::Disconnected) {
                        return Err(error);
                    }
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    fn book(&mut self, commit: &Commit, outcome: &Result<Vec<Cursor>, StoreError>) {
        self.writer.ledger.with_writer(|book| match outcome {
            Ok(_) => {
                book.stored_spans += commit.spans();
                book.stored_traces += commit.traces();
                book.delivered_spans += commit.delivered;
            }
            Err(_) => {
                *book.dropped_spans.entry(DropReason::StoreError).or_default() += commit.spans();
                *book.dropped_traces.entry(DropReason::StoreError).or_default() += commit.traces();
            }
        });
        commit.batch.completed.iter().for_each(|trace| self.writer.kept.sealed(trace));
        let left = self.writer.in_flight.fetch_sub(commit.bytes, Ordering::AcqRel) - commit.bytes;
        if left < self.limits.in_flight_bytes / 8 * 7 {
            Tenant::get(self.writer.tenant).set_gate(Gate::Open);
        }
        match outcome {
            Ok(cursors) => {
                self.dirty_since.get_or_insert_with(Instant::now);
                let stored = commit.stored(cursors);
                self.writer.handoffs.iter().for_each(|handoff| handoff.offer(&stored));
            }
            Err(error) => tracing::error!(%error, spans = commit.spans(), "spans were given up"),
        }
    }

    fn book_changes(&mut self) {
        let changes = std::mem::take(&mut self.sealer.changes);
        self.writer.ledger.with_writer(|book| {
            book.truncated += changes.truncated;
            book.redacted += changes.redacted.total();
            book.panics += changes.panics;
            if changes.discarded > 0 {
                *book.dropped_spans.entry(DropReason::Discarded).or_default() += changes.discarded;
            }
        });
    }

    /// Tells readers that cannot see this process that it lives, while it has live traces that have no news.
    fn beat(&mut self) {
        if let Err(error) = self.writer.store.commit(&StoreBatch::default()) {
            tracing::warn!(%error, "the store could not be told that its writer lives");
        }
    }

    /// Writes the counters, and with `sync` everything to the disk.
    fn settle(&mut self, sync: bool) -> Result<(), StoreError> {
        let counters = Some(self.writer.ledger.writer_counters());
        self.commit_patiently(&StoreBatch { counters, ..StoreBatch::default() })?;
        if sync {
            self.sync()?;
        }
        Ok(())
    }

    /// Says how many spans some destination is still owed.
    fn leave_owed(&mut self) {
        let store = &mut self.writer.store;
        let cursors = self.writer.destinations.iter().filter_map(|name| store.acknowledged(name).ok());
        if let Some(least) = cursors.min() {
            self.writer.left.store(self.writer.store.spans_after(least).unwrap_or(0), Ordering::Release);
        }
    }

    fn sync_in_time(&mut self) {
        if let Err(error) = self.settle(true) {
            if self.retry_log.allow(Instant::now()) {
                tracing::warn!(%error, "the store could not be synced, trying again");
            }
            self.dirty_since = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_with_nothing_to_sync_and_no_live_trace_sleeps_until_it_is_told_something() {
        let now = Instant::now();
        let due = now + Duration::from_secs(1);
        assert_eq!(wake_at(None, false, now), None);
        assert_eq!(wake_at(None, true, now), Some(now + HEARTBEAT));
        assert_eq!(wake_at(Some(due), false, now), Some(due));
        assert_eq!(wake_at(Some(due), true, now), Some(due));
    }
}
