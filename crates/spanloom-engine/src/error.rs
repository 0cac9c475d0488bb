//! What can go wrong with an engine.

use std::time::Duration;

use spanloom_core::StoreError;

/// What can go wrong with an engine. Recording itself never fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The system gave no thread.
    #[error("the thread `{name}` could not be started")]
    NoThread {
        /// The thread.
        name: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There are as many engines as a process can have.
    #[error("a process can have 127 engines at a time; shut one down before the next is started")]
    TooManyEngines,
    /// Two sinks have one name, under which the store keeps how far each has come.
    #[error("two sinks have the name `{name}`; give each its own")]
    SinkNameTaken {
        /// The name.
        name: String,
    },
    /// It took longer than was allowed; what it was to do goes on in the background.
    #[error("{what} took longer than {deadline:?}")]
    TimedOut {
        /// What took so long.
        what: &'static str,
        /// What was allowed.
        deadline: Duration,
    },
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An assessment was not changed.
    #[error(transparent)]
    Assess(#[from] spanloom_core::AssessError),
    /// The engine was shut down.
    #[error("the engine has been shut down")]
    Stopped,
    /// Asked for by code that the engine itself runs, which would wait for itself.
    #[error("{what} cannot be waited for on an engine's own thread")]
    OnEngineThread {
        /// What was to be waited for.
        what: &'static str,
    },
    /// The process was forked, and this is the child: it has no engine. A store should not be opened in it: SQLite's locks may
    /// have been held at the moment of the fork.
    #[error("a forked child has no engine; start one without a store in the child, or run another program there")]
    ForkedChild,
}
