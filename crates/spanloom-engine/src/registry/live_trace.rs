//! One live trace.

use spanloom_api::carried::CarriedRoots;
use spanloom_api::raw_id::RawId;
use spanloom_core::{DropReason, TraceId};

use super::log::TraceLog;
use crate::clock::Anchor;

/// One live trace; or what is left of one that was completed while handles of its spans are about.
#[derive(Debug)]
pub(crate) struct LiveTrace {
    /// 0 when its engine is gone.
    pub(crate) tenant: u8,
    pub(crate) trace_id: TraceId,
    pub(crate) root: RawId,
    /// Further roots that go on with this trace; what is started under them names them as its root.
    pub(crate) joined: Vec<RawId>,
    /// What its roots carry.
    pub(crate) carried: CarriedRoots,
    pub(crate) anchor: Anchor,
    /// What was said since it began, or since it was last handed on.
    pub(crate) log: TraceLog,
    /// Spans in the log.
    pub(crate) spans: u64,
    /// Spans since it began.
    pub(crate) total_spans: u64,
    /// Spans that have not ended.
    pub(crate) open: u64,
    /// Handles of all its spans.
    pub(crate) handles: i64,
    /// Spans in the table.
    pub(crate) members: Vec<RawId>,
    pub(crate) root_ended: bool,
    /// How many hold it for a moment: it is not complete before they let go.
    pub(crate) pins: u32,
    /// The round in which the last open span ended.
    pub(crate) quiet_since: u64,
    /// It stands in the list of those that may be complete.
    pub(crate) closing: bool,
    /// It was handed on before: what comes now amends it.
    pub(crate) emitted: bool,
    pub(crate) doomed: Option<DropReason>,
    pub(crate) dropped_spans: u64,
    pub(crate) truncated: u64,
    /// Bytes of the log that its engine's book holds; ends are not charged.
    pub(crate) charged: usize,
    /// How much of the log is in the journal.
    pub(crate) journaled: usize,
    pub(crate) journal_sequence: u64,
}

impl LiveTrace {
    pub(crate) fn new(tenant: u8, trace_id: TraceId, root: RawId, anchor: Anchor, log: TraceLog) -> Self {
        Self {
            tenant,
            trace_id,
            root,
            joined: Vec::new(),
            carried: Vec::new(),
            anchor,
            log,
            spans: 0,
            total_spans: 0,
            open: 0,
            handles: 0,
            members: Vec::new(),
            root_ended: false,
            pins: 0,
            quiet_since: 0,
            closing: false,
            emitted: false,
            doomed: None,
            dropped_spans: 0,
            truncated: 0,
            charged: 0,
            journaled: 0,
            journal_sequence: 0,
        }
    }

    /// Whether spans are started under this one as their root: it is kept as long as any handle of the trace.
    pub(crate) fn is_root(&self, span: RawId) -> bool {
        self.root == span || self.joined.contains(&span)
    }

    /// Whether nothing is open that could still belong to it.
    pub(crate) fn is_quiet(&self) -> bool {
        self.open == 0 && self.pins == 0 && (self.root_ended || self.emitted)
    }

    /// Whether it is to be seen: not yet stored, and not dropped.
    pub(crate) fn is_live(&self) -> bool {
        !self.emitted && self.doomed.is_none()
    }
}
