//! What can go wrong outside of recording, which never fails.

use std::path::PathBuf;

use spanloom_core::{SpanId, TraceId};
use spanloom_engine::EngineError;

/// What can go wrong outside of recording, which never fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is not of its form.
    #[error("`{key}` is `{value}`, which is not {expected}")]
    Config {
        /// The setting, or the environment variable.
        key: &'static str,
        /// What it was set to.
        value: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// There is an installed engine; two would have to share every span without a parent.
    #[error("an engine is installed already; use `start` for a second one")]
    AlreadyInstalled,
    /// Something was asked that only a store can answer.
    #[error("this engine has no store to ask; give it one with `store` or `in_memory`")]
    NoStore,
    /// There is no trace of this id, neither live nor stored. Where a span is to begin: none that is live.
    #[error("there is no trace `{0}`")]
    UnknownTrace(TraceId),
    /// An assessment was not changed.
    #[error(transparent)]
    Assess(spanloom_core::AssessError),
    /// A file of a sink could not be opened.
    #[error("the file `{}` cannot be opened for traces", path.display())]
    SinkFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The trace has no span of this id.
    #[error("the trace has no span `{0}`")]
    UnknownSpan(SpanId),
    /// A span was ended twice; of `end_trace` this is the root.
    #[error("the span `{0}` has ended already")]
    AlreadyEnded(SpanId),
    /// A span was to begin under one of another trace.
    #[error("the parent `{0}` is in another trace; give the trace that it belongs to")]
    ParentInOtherTrace(SpanId),
    /// A trace was to begin with an id that another one has, live or stored.
    #[error("the trace id `{0}` is in use; give each trace its own")]
    TraceIdInUse(TraceId),
    /// A tag was to be deleted that the trace does not have.
    #[error("the trace `{trace}` has no tag `{key}`")]
    UnknownTag {
        /// The trace.
        trace: TraceId,
        /// Of the tag.
        key: String,
    },
    /// A text that is no token of a span.
    #[error(transparent)]
    Token(#[from] spanloom_core::InvalidToken),
    /// The span of a token goes on in this engine already.
    #[error("the span `{0}` is open here: it was resumed before and has not ended; end it, or use that handle")]
    AlreadyResumed(spanloom_core::SpanId),
    /// The engine: a deadline passed, a thread was not to be had, it was shut down.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store.
    #[error(transparent)]
    Store(#[from] spanloom_core::StoreError),
    /// The settings of an MLflow server.
    #[cfg(feature = "mlflow")]
    #[error(transparent)]
    Mlflow(#[from] spanloom_mlflow::MlflowConfigError),
    /// The settings of an OTLP receiver.
    #[cfg(feature = "otlp")]
    #[error(transparent)]
    Otlp(#[from] spanloom_otlp::OtlpConfigError),
    /// A question that is not understood, or could not be answered in time.
    #[error(transparent)]
    Search(#[from] spanloom_core::SearchError),
}

impl Error {
    /// Whether a deadline passed.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Engine(EngineError::TimedOut { .. }))
    }
}
