//! Why a task could not be run at all. A step that fails is no error: it is a result.

use std::{error::Error as _, io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`cargo metadata` could not be started")]
    CargoNotStarted {
        #[source]
        source: io::Error,
    },
    #[error("`cargo metadata` failed; correct the manifests first:\n{stderr}")]
    MetadataRefused { stderr: String },
    #[error("the answer of `cargo metadata` was not understood")]
    MetadataUnreadable {
        #[source]
        source: serde_json::Error,
    },
    #[error("cannot read the example `{}`", path.display())]
    Example {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write to `{}`", path.display())]
    Output {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// The error and its causes, outermost first.
    pub(crate) fn with_causes(&self) -> String {
        let causes = std::iter::successors(self.source(), |&cause| cause.source());
        causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }
}
