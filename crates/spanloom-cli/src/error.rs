//! Everything that can go wrong in a command, and what to do about it.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use spanloom::TraceId;

use crate::agent::DocumentsError;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("there is no store at `{}`", path.display())]
    NoStore { path: PathBuf },
    #[error("there is no trace in the store `{}`", path.display())]
    EmptyStore { path: PathBuf },
    #[error("there is no trace `{id}` in the store `{}`", path.display())]
    NoTrace { id: String, path: PathBuf },
    #[error("`{id}` is the start of {count} traces: {}", list(candidates, *count))]
    Ambiguous { id: String, count: usize, candidates: Vec<TraceId> },
    #[error("the store cannot be read")]
    Read(#[source] Box<dyn Error + Send + Sync>),
    #[error("the documents cannot be used")]
    Documents(#[from] DocumentsError),
    #[error("the traces cannot be recorded")]
    Record(#[from] spanloom::Error),
    #[error("the threads of the demo cannot be started")]
    Threads(#[source] io::Error),
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
}

impl CliError {
    /// The store said this when it was read.
    pub(crate) fn read(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Read(Box::new(error))
    }

    /// What to do about it, where there is something to do.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NoStore { .. } => Some(
                "`spanloom demo` records some traces to `traces.db`; --store or SPANLOOM_STORE names another file"
                    .to_owned(),
            ),
            Self::EmptyStore { path } => Some(format!("`spanloom demo --store {}` records some", path.display())),
            Self::NoTrace { path, .. } => {
                Some(format!("`spanloom list --store {}` shows what is there", path.display()))
            }
            Self::Ambiguous { .. } => Some("write more digits of the id".to_owned()),
            Self::Documents(_) => Some("name a directory with .md or .txt files with --docs".to_owned()),
            Self::Read(_) | Self::Record(_) | Self::Threads(_) | Self::Output(_) => None,
        }
    }

    /// Whether the reader of our output has gone, as `head` does: nothing is wrong then.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

fn list(candidates: &[TraceId], count: usize) -> String {
    let mut names: Vec<_> = candidates.iter().map(|id| format!("`{id}`")).collect();
    if names.len() < count {
        names.push("…".to_owned());
    }
    names.join(", ")
}
