//! Tags of completed traces: changed in the store, and told to every destination.

use std::sync::Arc;
use std::time::Instant;

use spanloom_core::{Retagged, StoreError, TraceId};

use super::thread::Running;

impl Running {
    /// Sets a tag of a completed trace, or with `None` takes it away.
    pub(super) fn retag(&mut self, id: TraceId, key: &str, value: Option<&str>) -> Result<Retagged, StoreError> {
        let environment = Arc::clone(&self.writer.environment);
        let redacted = &mut self.sealer.changes.redacted;
        let value = value.map(|value| environment.redactor.redact_entry(key, value, redacted));
        let outcome = self.patiently(|store| store.retag(id, key, value.as_deref()))?;
        if let Retagged::Done(position, trace) = &outcome {
            self.dirty_since.get_or_insert_with(Instant::now);
            let stored = [(*position, Arc::clone(trace))];
            self.writer.handoffs.iter().for_each(|handoff| handoff.offer(&stored));
        }
        Ok(outcome)
    }
}
