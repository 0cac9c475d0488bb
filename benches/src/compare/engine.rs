//! What an engine must be able to do to take part.

use std::future::Future;

use super::workload::Workload;
use crate::stand_in::StandIn;

/// Whether spans are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recording {
    /// All of them.
    On,
    /// The engine is set up, and its sampler keeps nothing.
    SampledOut,
    /// The engine is not set up.
    NotInstalled,
}

/// How much the engine's own queue holds, where that is an option of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// As it is when nobody asks.
    Default,
    /// A whole sample, so that the cost of a span is measured and not that of losing it.
    Sample,
}

/// How an engine is set up for a cell.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    /// Where spans go.
    pub(super) sink: StandIn,
    /// How much may wait.
    pub(super) queue: Queue,
    /// Whether spans are recorded.
    pub(super) recording: Recording,
}

/// An engine under measurement: the least code with which a user of it does the same thing.
///
/// One value is made per process. Generic and called statically, so that the adapter itself costs nothing.
pub(super) trait Engine: Sized + Sync + 'static {
    /// Its name in the tables and on the command line.
    const NAME: &'static str;

    /// A live span that threads share.
    type Shared: Send + Sync + 'static;
    /// A parent inside a block; of engines with an ambient context, nothing.
    type Scope;

    /// Whether it can do this.
    fn supports(workload: Workload) -> bool {
        let _ = workload;
        true
    }

    /// Starts the engine.
    fn set_up(setup: &Setup) -> Self;

    /// Starts the root of a trace.
    fn root(&self) -> Self::Shared;

    /// Runs a block under a shared span.
    fn within<T>(&self, span: &Self::Shared, block: impl FnOnce(&Self::Scope) -> T) -> T;

    /// Ends a shared span.
    fn end(&self, span: Self::Shared);

    /// Runs a block in a child of its own.
    fn nested<T>(&self, parent: &Self::Scope, block: impl FnOnce(&Self::Scope) -> T) -> T;

    /// Starts and ends a child.
    fn leaf(&self, parent: &Self::Scope);

    /// The same with two texts and one integer as attributes, and an event.
    fn leaf_with_attributes(&self, parent: &Self::Scope, tokens: i64);

    /// The same with an input at the start and an output before the end.
    fn leaf_with_payload(&self, parent: &Self::Scope, input: &str, output: &str);

    /// Starts a child that threads share.
    fn shared_child(&self, parent: &Self::Shared) -> Self::Shared;

    /// Runs a future under a span that ends with it.
    fn instrument<F: Future<Output = ()> + Send + 'static>(
        span: Self::Shared,
        future: F,
    ) -> impl Future<Output = ()> + Send + 'static;

    /// Waits until what has ended is at the sink, as far as the engine can.
    fn flush(&self);

    /// Spans at the far end since the engine was set up; `None` when it has none, and losses cannot be counted.
    /// Asked once, when all is over.
    fn received(&self) -> Option<u64>;
}
