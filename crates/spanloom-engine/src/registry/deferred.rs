//! Messages about spans that the registry does not know yet.
//!
//! Within a round the rings are read one after another, so the message about a span may be seen before its start, and a
//! start before its root. What happened before is seen at the latest in the next round; until then such messages wait
//! here and change nothing, no count of their trace either.

use spanloom_api::raw_id::RawId;

use super::log::TraceLog;

/// A message that waits for a span to be known.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// A span began; the fragment is its start.
    Start {
        span: RawId,
        root: RawId,
        fragment: TraceLog,
    },
    End {
        span: RawId,
        lane: u32,
        ticks: u64,
        release: bool,
    },
    Retain {
        span: RawId,
    },
    Release {
        span: RawId,
        lane: u32,
        ticks: u64,
    },
    /// Something was said; the fragment says it.
    Data {
        span: RawId,
        fragment: TraceLog,
    },
    /// A message of this trace was lost.
    Doom {
        root: RawId,
    },
}

/// Everything that waits, in the order in which it was seen, each with the round in which it was.
#[derive(Debug, Default)]
pub(crate) struct Deferred {
    waiting: Vec<(u64, Waiting)>,
}

impl Deferred {
    pub(crate) fn push(&mut self, round: u64, message: Waiting) {
        self.waiting.push((round, message));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Everything, to be tried again; what still has to wait is pushed back with its own round.
    pub(crate) fn take(&mut self) -> Vec<(u64, Waiting)> {
        std::mem::take(&mut self.waiting)
    }
}
