//! Changing a tag of a completed trace.
//!
//! The trace moves to a new position, so that every destination gets it once more.

use std::sync::Arc;

use rusqlite::TransactionBehavior;
use spanloom_core::{Cursor, Retagged, TraceId};

use crate::assessments;
use crate::commit::{Envelopes, insert_completed};
use crate::error::Fault;
use crate::rows::{self, COMPLETED};
use crate::store::Store;

impl Store {
    /// Sets a tag, or with `None` takes it away.
    pub(crate) fn change_tag(&mut self, id: TraceId, key: &str, value: Option<&str>) -> Result<Retagged, Fault> {
        self.guard_log(self.keeper.budget.largest_trace())?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(seq) = rows::find(&transaction, id, COMPLETED)? else { return Ok(Retagged::NoTrace) };
        let mut trace = rows::read_sealed(&transaction, seq, id)?;
        // Its spans were counted when they were stored.
        trace.new_spans = 0;
        let before = match value {
            Some(value) => trace.info.tags.insert(key.to_owned(), value.to_owned()),
            None => match trace.info.tags.remove(key) {
                Some(before) => Some(before),
                None => return Ok(Retagged::NoTag),
            },
        };
        if before.as_deref() == value {
            return Ok(Retagged::Done(Cursor(seq.unsigned_abs()), Arc::new(trace)));
        }
        let labels = &mut self.session.labels;
        labels.begin(&transaction)?;
        rows::remove(&transaction, labels, seq, id)?;
        let envelopes = Envelopes::of(&trace, &mut self.sealer);
        let position = insert_completed(&transaction, labels, &envelopes)?;
        let position = position.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        // They have rows of their own, which the new position keeps.
        trace.info.assessments = assessments::of(&transaction, id)?;
        transaction.commit()?;
        Ok(Retagged::Done(position, Arc::new(trace)))
    }
}
