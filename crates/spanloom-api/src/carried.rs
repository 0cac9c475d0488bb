//! What a few spans have beside their number: where they continue from.
//!
//! A handle has no room for it, and next to no span has it, so it lies in one table of the process, by the number of the
//! local root. An entry is made before the root's record is written, and goes when the registry forgets the root.
//! Nothing of the hot path looks here; who does look pays one load while there is nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use spanloom_core::SpanId;
use spanloom_core::propagation::SpanContext;

use crate::raw_id::RawId;

/// Where a local root continues from.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    /// Its caller in another process, or anywhere else: the root's parent.
    pub caller: Option<SpanContext>,
}

/// What the local roots of one trace carry.
pub type CarriedRoots = Vec<(RawId, Arc<Carried>)>;

static TABLE: RwLock<BTreeMap<RawId, Arc<Carried>>> = RwLock::new(BTreeMap::new());
static ENTRIES: AtomicUsize = AtomicUsize::new(0);

impl Carried {
    /// The span above the local root.
    pub fn parent_id(&self) -> Option<SpanId> {
        self.caller.as_ref().map(SpanContext::span_id)
    }
}

/// What this local root carries.
pub fn of(root: RawId) -> Option<Arc<Carried>> {
    if ENTRIES.load(Ordering::Acquire) == 0 {
        return None;
    }
    TABLE.read().unwrap_or_else(PoisonError::into_inner).get(&root.plain()).cloned()
}

/// Lets a local root's entry go, once no handle of its trace is left.
pub fn forget(root: RawId) {
    if ENTRIES.load(Ordering::Acquire) != 0
        && TABLE.write().unwrap_or_else(PoisonError::into_inner).remove(&root.plain()).is_some()
    {
        ENTRIES.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Says what a root carries whose record is about to be written.
pub fn note(root: RawId, carried: Arc<Carried>) {
    if TABLE.write().unwrap_or_else(PoisonError::into_inner).insert(root.plain(), carried).is_none() {
        ENTRIES.fetch_add(1, Ordering::AcqRel);
    }
}

/// For a forked child that begins anew: what is there is the parent's, and one of its threads may have held the lock.
pub(crate) fn leave_inherited() {
    ENTRIES.store(0, Ordering::Release);
    if let Ok(mut table) = TABLE.try_write() {
        table.clear();
    }
}
