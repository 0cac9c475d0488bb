//! How an attempt ended, in the words of the exporter's machine.

use std::error::Error;
use std::time::Duration;

use spanloom_core::{Batch, ExportError};

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Answer {
    /// The destination has the whole batch.
    Accepted,
    /// It has the batch but for so many spans, which are not to be sent again.
    PartlyAccepted { rejected_spans: u64, error: String },
    /// It has not taken `rest`, and may later.
    Later { rest: Batch, retry_after: Option<Duration>, error: String },
    /// It takes nothing at present; the batch is not to blame.
    Suspect { error: String },
    /// It refused `dropped` for what it is, and has not taken `rest` yet.
    Refused { dropped: Batch, rest: Batch, error: String },
    /// There was none in time.
    TimedOut { after: Duration },
    /// The sink panicked, with this text.
    Panicked { text: String },
    /// The sink said something that this version does not know; counts as no answer.
    Unknown { error: String },
}

impl From<Result<(), ExportError>> for Answer {
    fn from(outcome: Result<(), ExportError>) -> Self {
        match outcome {
            Ok(()) => Self::Accepted,
            Err(ExportError::Retryable { rest, retry_after, source, .. }) => {
                Self::Later { rest, retry_after, error: chain(source.as_ref()) }
            }
            Err(ExportError::PartlyTaken { rejected_spans, source, .. }) => {
                Self::PartlyAccepted { rejected_spans, error: chain(source.as_ref()) }
            }
            Err(ExportError::PayloadSuspect { rest, source, .. }) => {
                Self::Later { rest, retry_after: None, error: chain(source.as_ref()) }
            }
            Err(ExportError::DestinationSuspect { source, .. }) => Self::Suspect { error: chain(source.as_ref()) },
            Err(ExportError::Permanent { dropped, rest, source, .. }) => {
                Self::Refused { dropped, rest, error: chain(source.as_ref()) }
            }
            Err(other) => Self::Unknown { error: chain(&other) },
        }
    }
}

/// An error and its causes on one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
