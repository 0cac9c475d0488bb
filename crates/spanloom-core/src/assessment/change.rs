//! What is done to the assessments of stored and live traces.

use super::Assessment;
use crate::{StoreError, TraceId};

/// One change to the assessments of a trace.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AssessmentChange {
    /// Adds one, which has its trace, its id and its times. One that it [overrides](Assessment::overrides) is not valid any
    /// more.
    Log {
        /// The assessment.
        assessment: Box<Assessment>,
    },
    /// Replaces name and value of one, and its rationale if there is a new one; adds to its metadata. Source, span and
    /// kind stay.
    Update {
        /// The trace.
        trace_id: TraceId,
        /// Which of its assessments.
        assessment_id: String,
        /// The new name, value, rationale and metadata.
        with: Box<Assessment>,
        /// When, in nanoseconds since the Unix epoch.
        at_unix_nano: u64,
    },
    /// Removes one. The one that it replaced is valid again.
    Delete {
        /// The trace.
        trace_id: TraceId,
        /// Which of its assessments.
        assessment_id: String,
    },
}

impl AssessmentChange {
    /// The trace that it is about; [`TraceId::INVALID`] when an assessment to be added names none.
    pub fn trace_id(&self) -> TraceId {
        match self {
            Self::Log { assessment } => assessment.trace_id.unwrap_or(TraceId::INVALID),
            Self::Update { trace_id, .. } | Self::Delete { trace_id, .. } => *trace_id,
        }
    }
}

/// Why an assessment was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssessError {
    /// Neither live nor stored.
    #[error("there is no trace `{0}`")]
    UnknownTrace(TraceId),
    /// The trace has none of this id.
    #[error("the trace `{trace_id}` has no assessment `{assessment_id}`")]
    UnknownAssessment {
        /// The trace.
        trace_id: TraceId,
        /// The id that was given.
        assessment_id: String,
    },
    /// Feedback cannot become an expectation, nor the other way round.
    #[error(
        "the assessment `{assessment_id}` is of kind `{is}` and cannot become one of kind `{wanted}`: log a new one"
    )]
    OtherKind {
        /// Its id.
        assessment_id: String,
        /// What it is.
        is: &'static str,
        /// What it was to become.
        wanted: &'static str,
    },
    /// The store cannot keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
