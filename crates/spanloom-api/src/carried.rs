//! What a few spans have beside their number: where they continue from.
//!
//! A handle has no room for it, and next to no span has it, so it lies in one table of the process, by the number of the
//! local root. An entry is made before the root's record is written, and goes when the registry forgets the root.
//! Nothing of the hot path looks here; who does look pays one load while there is nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use spanloom_core::propagation::SpanContext;
use spanloom_core::{ResumeToken, SpanId};

use crate::raw_id::RawId;

/// Where a local root continues from.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    /// Its caller in another process, or anywhere else: the root's parent.
    pub caller: Option<SpanContext>,
    /// The span that it goes on with, as the same one.
    pub resumed: Option<ResumeToken>,
}

/// What the local roots of one trace carry.
pub type CarriedRoots = Vec<(RawId, Arc<Carried>)>;

static TABLE: RwLock<BTreeMap<RawId, Arc<Carried>>> = RwLock::new(BTreeMap::new());
static ENTRIES: AtomicUsize = AtomicUsize::new(0);
/// Entries of spans that were resumed.
static RESUMED: AtomicUsize = AtomicUsize::new(0);
/// Held from the look whether a span is open here to its start.
static RESUMING: Mutex<()> = Mutex::new(());

impl Carried {
    /// The span above the local root.
    pub fn parent_id(&self) -> Option<SpanId> {
        let of_resumed = || self.resumed.as_ref()?.known.as_ref()?.parent_id;
        self.caller.as_ref().map(SpanContext::span_id).or_else(of_resumed)
    }

    /// The id of the root, where it is not its own.
    pub fn span_id(&self) -> Option<SpanId> {
        self.resumed.as_ref().map(|token| token.span_id)
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
        && let Some(carried) = TABLE.write().unwrap_or_else(PoisonError::into_inner).remove(&root.plain())
    {
        ENTRIES.fetch_sub(1, Ordering::AcqRel);
        RESUMED.fetch_sub(usize::from(carried.resumed.is_some()), Ordering::AcqRel);
    }
}

/// The id of a span that was resumed.
#[inline]
pub(crate) fn alias(span: RawId) -> Option<SpanId> {
    if RESUMED.load(Ordering::Acquire) == 0 { None } else { of(span)?.span_id() }
}

/// The number of the span that goes on with the one of this id.
pub(crate) fn root_of_alias(id: SpanId) -> Option<RawId> {
    if RESUMED.load(Ordering::Acquire) == 0 {
        return None;
    }
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    table.iter().rev().find(|(_, carried)| carried.span_id() == Some(id)).map(|(root, _)| *root)
}

/// Does something while no one else resumes a span. Gets the numbers of what goes on with this span in an engine.
pub fn resuming<R>(tenant: u8, token: &ResumeToken, f: impl FnOnce(Vec<RawId>) -> R) -> R {
    let _alone = RESUMING.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |(root, carried): (&RawId, &Arc<Carried>)| {
        let resumed = carried.resumed.as_ref()?;
        let same = resumed.trace_id == token.trace_id && resumed.span_id == token.span_id;
        (same && root.tenant() == tenant).then_some(*root)
    };
    let here = TABLE.read().unwrap_or_else(PoisonError::into_inner).iter().filter_map(is_it).collect();
    f(here)
}

/// Says what a root carries whose record is about to be written.
pub fn note(root: RawId, carried: Arc<Carried>) {
    let resumed = usize::from(carried.resumed.is_some());
    if TABLE.write().unwrap_or_else(PoisonError::into_inner).insert(root.plain(), carried).is_none() {
        ENTRIES.fetch_add(1, Ordering::AcqRel);
        RESUMED.fetch_add(resumed, Ordering::AcqRel);
    }
}

/// For a forked child that begins anew: what is there is the parent's, and one of its threads may have held the lock.
pub(crate) fn leave_inherited() {
    ENTRIES.store(0, Ordering::Release);
    RESUMED.store(0, Ordering::Release);
    if let Ok(mut table) = TABLE.try_write() {
        table.clear();
    }
}
