//! What can go wrong between us and a server.

use std::time::Duration;

use spanloom_core::{Batch, ExportError};
use spanloom_otlp::http::{Answer, HttpConfigError, HttpError};
use spanloom_otlp::{AddressError, Verdict};

/// The destination's name in errors.
pub(crate) const KIND: &str = "mlflow";

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MlflowConfigError {
    /// The address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Credentials or TLS.
    #[error(transparent)]
    Http(#[from] HttpConfigError),
}

/// Why a request did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    #[error("{route} answered {status}: {excerpt}")]
    Refused { route: &'static str, status: u16, excerpt: String, retry_after: Option<Duration> },
    #[error("{route}: {source}")]
    Unanswered { route: &'static str, source: HttpError },
    #[error("{route} answered {what}: is this an MLflow server?")]
    Strange { route: &'static str, what: String },
    #[error("MLflow {version} is too old: 3.0 is the first that takes traces of this form")]
    TooOld { version: String },
    #[error("the experiment `{name}` was deleted on the server: restore it there, or name another")]
    DeletedExperiment { name: String },
    #[error("the server kept `{field}` otherwise than it was sent: {kept}")]
    NotKept { field: &'static str, kept: String },
    #[error("the server keeps artifacts where only their own client can write: `{location}`")]
    ForeignArtifacts { location: String },
    #[error("the trace is damaged: {0}")]
    Damaged(#[from] spanloom_core::CodecError),
}

impl ServerError {
    /// Of an answer that is no success.
    pub(crate) fn refused(route: &'static str, answer: &Answer) -> Self {
        let (status, retry_after) = (answer.status, answer.retry_after);
        Self::Refused { route, status, excerpt: answer.excerpt(), retry_after }
    }

    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::Refused { status, .. } => Verdict::of_status(*status),
            Self::Unanswered { .. } => Verdict::Later,
            Self::NotKept { .. } | Self::Damaged(_) => Verdict::PayloadSuspect,
            Self::Strange { .. }
            | Self::TooOld { .. }
            | Self::DeletedExperiment { .. }
            | Self::ForeignArtifacts { .. } => Verdict::DestinationSuspect,
        }
    }

    /// As what it means for the traces that were not delivered.
    pub(crate) fn into_export_error(self, rest: Batch) -> ExportError {
        let retry_after = match &self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        };
        let verdict = self.verdict();
        let source = Box::new(self);
        match verdict {
            Verdict::PayloadSuspect => ExportError::PayloadSuspect { sink: KIND, rest, source },
            Verdict::DestinationSuspect => ExportError::DestinationSuspect { sink: KIND, rest, source },
            Verdict::Later | Verdict::Taken => ExportError::Retryable { sink: KIND, rest, retry_after, source },
        }
    }
}
