//! The public ids of spans: they follow from the registry's numbers, but for local roots that continue from elsewhere.

use spanloom_api::carried::{Carried, CarriedRoots};
use spanloom_api::raw_id::RawId;
use spanloom_core::SpanId;

/// The ids of one trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identities<'c>(pub(crate) &'c CarriedRoots);

impl<'c> Identities<'c> {
    /// The id of a span. One that is resumed has that of the span it goes on with.
    pub(crate) fn span_id(self, span: RawId) -> SpanId {
        self.carried_by(span).and_then(Carried::span_id).unwrap_or_else(|| span.span_id())
    }

    /// The id of the span above, which for a local root may be in another process.
    pub(crate) fn parent_id(self, span: RawId, parent: RawId) -> Option<SpanId> {
        match parent {
            RawId::NONE => self.carried_by(span).and_then(Carried::parent_id),
            parent => Some(self.span_id(parent)),
        }
    }

    /// Where a local root continues from.
    pub(crate) fn carried_by(self, span: RawId) -> Option<&'c Carried> {
        self.0.iter().find(|(root, _)| *root == span).map(|(_, carried)| &**carried)
    }
}
