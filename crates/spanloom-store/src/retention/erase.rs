//! Taking traces out of the store with everything that belongs to them.

use std::collections::BTreeSet;

use rusqlite::Connection;
use spanloom_core::TraceId;

use crate::assessments;
use crate::error::Fault;
use crate::labels::{self, LabelCache, labels_of};
use crate::rows;

/// Removes these traces, and labels that no other trace has.
pub(crate) fn erase(
    connection: &Connection,
    cache: &mut LabelCache,
    traces: impl Iterator<Item = (i64, TraceId)>,
) -> Result<(), Fault> {
    let mut touched = BTreeSet::new();
    for (seq, id) in traces {
        match rows::read_head(connection, seq, id) {
            Ok(head) => {
                let numbers = cache.numbers(connection, labels_of(&head))?;
                labels::detach(connection, seq, &numbers)?;
                touched.extend(numbers.into_iter().map(|(number, _)| number));
            }
            // Its labels cannot be known; they stay behind and point to nothing.
            Err(Fault::Payload(..)) => {}
            Err(fault) => return Err(fault),
        }
        rows::remove_rows(connection, seq)?;
        assessments::forget_orphans(connection, id)?;
    }
    labels::remove_unused(connection, cache, &touched)?;
    Ok(())
}
