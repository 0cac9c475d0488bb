//! What can go wrong outside of recording, which never fails.

use std::path::PathBuf;

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
    /// There is no trace of this id, neither live nor stored.
    #[error("there is no trace `{0}`")]
    UnknownTrace(spanloom_core::TraceId),
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
