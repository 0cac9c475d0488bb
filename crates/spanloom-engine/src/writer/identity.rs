//! The public ids of spans: they follow from the registry's numbers, but for local roots that continue from elsewhere.

use spanloom_api::carried::{Carried, CarriedRoots};
use spanloom_api::raw_id::RawId;
use spanloom_core::SpanId;

/// The ids of one trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identities<'c>(pub(super) &'c CarriedRoots);

impl<'c> Identities<'c> {
    /// The id of a span.
    pub(super) fn span_id(self, span: RawId) -> SpanId {
        span.span_id()
    }

    /// The id of the span above, which for a local root may be in another process.
    pub(super) fn parent_id(self, span: RawId, parent: RawId) -> Option<SpanId> {
        match parent {
            RawId::NONE => self.carried_by(span).and_then(Carried::parent_id),
            parent => Some(self.span_id(parent)),
        }
    }

    /// Where a local root continues from.
    pub(super) fn carried_by(self, span: RawId) -> Option<&'c Carried> {
        self.0.iter().find(|(root, _)| *root == span).map(|(_, carried)| &**carried)
    }
}
