//! Group commits.
//!
//! Encoding and compressing come before the transaction, so that other processes wait only for the rows themselves. A
//! batch that would make the log too long is written in several transactions; the same batch once more is harmless.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};
use spanloom_core::{
    AssessError, Assessment, AssessmentChange, Cursor, Retagged, SealedTrace, StoreBatch, StoreError, TraceId,
    TraceStore, Upkeep,
};

use crate::assessments;
use crate::commit::{Commit, Part, Prepared};
use crate::error::Fault;
use crate::retention::destinations::{self, Destination};
use crate::store::{Session, Store};
use crate::{outbox, writers};

/// How often a writer says that it lives; the reader's patience is six times that.
const BEAT_EVERY: Duration = Duration::from_secs(5);

impl TraceStore for Store {
    /// An empty batch says that the writer lives, at most every 5 s, and writes nothing otherwise.
    fn commit(&mut self, batch: &StoreBatch) -> Result<Vec<Cursor>, StoreError> {
        let beat_due = self.session.last_beat.is_none_or(|last| last.elapsed() >= BEAT_EVERY);
        if batch.is_empty() && (self.session.writer.is_none() || !beat_due) {
            return Ok(Vec::new());
        }
        let prepared = Prepared::of(batch, &mut self.sealer);
        let budget = self.keeper.budget;
        if let Some((trace, bytes)) = prepared.too_large(budget.largest_trace()) {
            return Err(StoreError::TooLarge { path: self.location.shown().to_owned(), trace, bytes });
        }
        self.ready()?;
        let settling = batch.acknowledged.iter().map(|(name, upto)| (name.clone(), upto.0.cast_signed()));
        self.session.settling = settling.collect();
        let mut positions = Vec::with_capacity(batch.completed.len());
        let most = budget.log_most.map_or(budget.transaction, |most| most / 2);
        for part in prepared.parts(most, budget.log_most.is_some()) {
            let beat = beat_due && part.is_last;
            let written = self.write_in_room(batch, &prepared, &part, beat).map_err(|fault| self.judge(fault))?;
            positions.extend(written);
        }
        self.session.settling.clear();
        self.session.last = positions.iter().map(|at| at.0.cast_signed()).fold(self.session.last, i64::max);
        self.keeper.stored(prepared.bytes());
        Ok(positions)
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.ready()?;
        let synced = self.guard_log(0).and_then(|()| Ok(full_commit(&self.connection)?));
        let restored = self.connection.pragma_update(None, "synchronous", "NORMAL");
        synced.and_then(|()| Ok(restored?)).map_err(|fault| self.judge(fault))
    }

    fn acknowledged(&mut self, destination: &str) -> Result<Cursor, StoreError> {
        self.ready()?;
        if self.session.destinations.insert(destination.to_owned()) {
            self.session.enrolled = false;
        }
        outbox::acknowledged(&self.connection, destination).map_err(|error| self.judge(error.into()))
    }

    fn fetch(
        &mut self,
        after: Cursor,
        max_traces: usize,
        max_bytes: usize,
    ) -> Result<Vec<(Cursor, Arc<SealedTrace>)>, StoreError> {
        self.ready()?;
        outbox::fetch(&self.connection, after, max_traces, max_bytes).map_err(|fault| self.judge(fault))
    }

    fn assess(&mut self, change: &AssessmentChange, is_live: bool) -> Result<Option<Assessment>, AssessError> {
        self.ready()?;
        let outcome = self.assess_in_transaction(change, is_live);
        outcome.map_err(|fault| self.judge(fault))?
    }

    fn assessments(&mut self, trace: TraceId) -> Result<Vec<Assessment>, StoreError> {
        self.ready()?;
        assessments::of(&self.connection, trace).map_err(|error| self.judge(error.into()))
    }

    fn retag(&mut self, id: TraceId, key: &str, value: Option<&str>) -> Result<Retagged, StoreError> {
        self.ready()?;
        let changed = self.change_tag(id, key, value);
        if changed.is_err() {
            self.session.forget();
        }
        changed.map_err(|fault| self.judge(fault))
    }

    fn spans_after(&mut self, position: Cursor) -> Result<u64, StoreError> {
        self.ready()?;
        outbox::spans_after(&self.connection, position).map_err(|error| self.judge(error.into()))
    }

    fn tidy(&mut self) -> Result<Upkeep, StoreError> {
        self.keep_limits()
    }
}

/// A commit that is on the disk when it returns, and with it every commit before.
fn full_commit(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute("UPDATE counters SET value = value + 1 WHERE name = 'sync'", []).map(drop)
}

impl Session {
    pub(crate) fn forget(&mut self) {
        self.labels.forget();
        self.live = None;
        self.last_beat = None;
        self.enrolled = false;
    }

    /// All destinations, as far as they are known to be.
    pub(crate) fn destinations(&self, connection: &Connection) -> rusqlite::Result<Vec<Destination>> {
        let mut all = destinations::all(connection)?;
        for destination in &mut all {
            let settling = self.settling.get(&destination.name).copied().unwrap_or(0);
            destination.position = destination.position.max(settling);
        }
        Ok(all)
    }

    /// Writes the rows of the destinations that this process feeds, if they may not be there.
    pub(crate) fn enrol(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.enrolled {
            return Ok(());
        }
        let Some(writer) = self.writer else { return Ok(()) };
        for name in &self.destinations {
            destinations::enrol(connection, name, writer)?;
        }
        self.enrolled = true;
        Ok(())
    }
}

impl Store {
    fn assess_in_transaction(
        &mut self,
        change: &AssessmentChange,
        is_live: bool,
    ) -> Result<assessments::Outcome, Fault> {
        self.guard_log(self.step_cost())?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let outcome = assessments::change(&transaction, change, is_live)?;
        transaction.commit()?;
        Ok(outcome)
    }

    /// Writes a part of a batch; once more, if it was for want of room and some could be made.
    fn write_in_room(
        &mut self,
        batch: &StoreBatch,
        prepared: &Prepared<'_>,
        part: &Part,
        beat: bool,
    ) -> Result<Vec<Cursor>, Fault> {
        let written = match self.write(batch, prepared, part, beat) {
            Err(fault) if self.is_for_want_of_room(&fault) => {
                if self.make_room(part.cost) {
                    self.write(batch, prepared, part, beat)
                } else {
                    Err(fault)
                }
            }
            written => written,
        }?;
        if let Err(error) = self.log.committed(&self.connection, &self.keeper.budget) {
            // What was committed is committed. The next write finds out what is wrong, and does something about it.
            self.judge(error.into());
        }
        Ok(written)
    }

    fn write(
        &mut self,
        batch: &StoreBatch,
        prepared: &Prepared<'_>,
        part: &Part,
        beat: bool,
    ) -> Result<Vec<Cursor>, Fault> {
        self.guard_log(part.cost)?;
        let written = self.write_in_transaction(batch, prepared, part, beat);
        if written.is_err() {
            self.session.forget();
        }
        written
    }

    fn write_in_transaction(
        &mut self,
        batch: &StoreBatch,
        prepared: &Prepared<'_>,
        part: &Part,
        beat: bool,
    ) -> Result<Vec<Cursor>, Fault> {
        let largest = self.keeper.budget.largest_trace();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut commit = Commit::begin(&transaction, &mut self.session, &mut self.sealer, largest)?;
        let positions = commit.apply(batch, prepared, part)?;
        if beat {
            writers::beat(&transaction, commit.writer())?;
        }
        let (writer, live) = commit.finish();
        transaction.commit()?;
        self.session.writer = Some(writer);
        self.session.live = Some(live);
        if beat {
            self.session.last_beat = Some(Instant::now());
        }
        Ok(positions)
    }
}
