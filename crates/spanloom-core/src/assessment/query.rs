//! Questions about the assessments of a trace.

use std::borrow::Cow;

use super::{Assessment, AssessmentKind};
use crate::SpanId;

/// Which assessments of a trace to find. Everything that is set must hold; only valid ones unless [`all`](Self::all).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssessmentQuery {
    name: Option<Cow<'static, str>>,
    span_id: Option<SpanId>,
    kind: Option<AssessmentKind>,
    all: bool,
}

impl AssessmentQuery {
    /// Finds every valid one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of exactly this name.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only those about this span.
    #[must_use]
    pub fn span_id(mut self, id: SpanId) -> Self {
        self.span_id = Some(id);
        self
    }

    /// Only those of this kind.
    #[must_use]
    pub fn kind(mut self, kind: AssessmentKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Also those that another has replaced.
    #[must_use]
    pub fn all(mut self) -> Self {
        self.all = true;
        self
    }

    pub(crate) fn matches(&self, assessment: &Assessment) -> bool {
        (self.all || assessment.is_valid())
            && self.name.as_ref().is_none_or(|name| *name == assessment.name)
            && self.kind.is_none_or(|kind| kind == assessment.kind())
            && self.span_id.is_none_or(|id| assessment.span_id == Some(id))
    }
}
