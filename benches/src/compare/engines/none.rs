//! No tracing: what the tasks of workload `g` cost by themselves.

use std::future::Future;
use std::hint::black_box;

use crate::compare::engine::{Engine, Setup};
use crate::compare::table::NONE;
use crate::compare::workload::Workload;

/// Does nothing at all.
pub(in crate::compare) struct Nothing;

impl Engine for Nothing {
    const NAME: &'static str = NONE;
    type Shared = ();
    type Scope = ();

    fn supports(workload: Workload) -> bool {
        workload == Workload::G
    }

    fn set_up(_: &Setup) -> Self {
        Self
    }

    fn root(&self) {}

    fn within<T>(&self, (): &(), block: impl FnOnce(&()) -> T) -> T {
        block(&())
    }

    fn end(&self, (): ()) {}

    fn nested<T>(&self, (): &(), block: impl FnOnce(&()) -> T) -> T {
        block(&())
    }

    fn leaf(&self, (): &()) {
        black_box(());
    }

    fn leaf_with_attributes(&self, (): &(), tokens: i64) {
        black_box(tokens);
    }

    fn leaf_with_payload(&self, (): &(), input: &str, output: &str) {
        black_box((input, output));
    }

    fn shared_child(&self, (): &()) {}

    fn instrument<F: Future<Output = ()> + Send + 'static>(
        (): (),
        future: F,
    ) -> impl Future<Output = ()> + Send + 'static {
        future
    }

    fn flush(&self) {}

    fn received(&self) -> Option<u64> {
        None
    }
}
