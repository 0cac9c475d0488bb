//! Group commits.
//!
//! Encoding and compressing come before the transaction, so that other processes wait only for the rows themselves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};
use spanloom_core::{
    AssessError, Assessment, AssessmentChange, Cursor, Retagged, SealedTrace, StoreBatch, StoreError, TraceId,
    TraceStore,
};

use crate::assessments;
use crate::commit::{Commit, Prepared};
use crate::error::{Fault, classify};
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
        let written = self.write(batch, &prepared, beat_due);
        if written.is_err() {
            self.session.forget();
        }
        written.map_err(|fault| fault.at(self.location.shown()))
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        let synced = full_commit(&self.connection);
        let restored = self.connection.pragma_update(None, "synchronous", "NORMAL");
        synced.and(restored).map_err(|error| classify(self.location.shown(), error))
    }

    fn acknowledged(&mut self, destination: &str) -> Result<Cursor, StoreError> {
        outbox::acknowledged(&self.connection, destination).map_err(|error| classify(self.location.shown(), error))
    }

    fn fetch(
        &mut self,
        after: Cursor,
        max_traces: usize,
        max_bytes: usize,
    ) -> Result<Vec<(Cursor, Arc<SealedTrace>)>, StoreError> {
        outbox::fetch(&self.connection, after, max_traces, max_bytes).map_err(|fault| fault.at(self.location.shown()))
    }

    fn assess(&mut self, change: &AssessmentChange, is_live: bool) -> Result<Option<Assessment>, AssessError> {
        let outcome = self.assess_in_transaction(change, is_live);
        outcome.map_err(|fault| fault.at(self.location.shown()))?
    }

    fn assessments(&mut self, trace: TraceId) -> Result<Vec<Assessment>, StoreError> {
        assessments::of(&self.connection, trace).map_err(|error| classify(self.location.shown(), error))
    }

    fn retag(&mut self, id: TraceId, key: &str, value: Option<&str>) -> Result<Retagged, StoreError> {
        let changed = self.change_tag(id, key, value);
        if changed.is_err() {
            self.session.forget();
        }
        changed.map_err(|fault| fault.at(self.location.shown()))
    }

    fn spans_after(&mut self, position: Cursor) -> Result<u64, StoreError> {
        outbox::spans_after(&self.connection, position).map_err(|error| classify(self.location.shown(), error))
    }
}

/// A commit that is on the disk when it returns, and with it every commit before.
fn full_commit(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute("UPDATE counters SET value = value + 1 WHERE name = 'sync'", []).map(drop)
}

impl Session {
    fn forget(&mut self) {
        self.labels.forget();
        self.live = None;
        self.last_beat = None;
    }
}

impl Store {
    fn assess_in_transaction(
        &mut self,
        change: &AssessmentChange,
        is_live: bool,
    ) -> Result<assessments::Outcome, Fault> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let outcome = assessments::change(&transaction, change, is_live)?;
        transaction.commit()?;
        Ok(outcome)
    }

    fn write(&mut self, batch: &StoreBatch, prepared: &Prepared<'_>, beat_due: bool) -> Result<Vec<Cursor>, Fault> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut commit = Commit::begin(&transaction, &mut self.session, &mut self.sealer)?;
        let positions = commit.apply(batch, prepared)?;
        if beat_due {
            writers::beat(&transaction, commit.writer())?;
        }
        let (writer, live) = commit.finish();
        transaction.commit()?;
        self.session.writer = Some(writer);
        self.session.live = Some(live);
        if beat_due {
            self.session.last_beat = Some(Instant::now());
        }
        Ok(positions)
    }
}
