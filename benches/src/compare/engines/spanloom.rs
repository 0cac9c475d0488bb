//! Spanloom: handles that are passed on, and blocks under the current span; with a sink alone, and with the store.

use std::future::Future;
use std::marker::PhantomData;

use spanloom::{InSpan as _, Overflow, Span, SpanEvent, Spanloom, start_span};
use tempfile::TempDir;

use crate::compare::engine::{Engine, Recording, Setup};
use crate::compare::workload::Workload;
use crate::loom::{self, CountingSink, EVERY_SPAN, FLUSH_DEADLINE};
use crate::stand_in::StandIn;

/// How the engine is set up.
pub(in crate::compare) trait Variant: Sync + 'static {
    const NAME: &'static str;
    const OVERFLOW: Overflow;
    /// Where spans end up: in the store, or in the stand-in.
    const STORED: bool;

    /// Whether a workload says anything about it that another variant does not say.
    fn supports(workload: Workload) -> bool;
}

/// A sink alone; no span may be lost.
pub(in crate::compare) struct SinkAlone;

impl Variant for SinkAlone {
    const NAME: &'static str = "spanloom";
    const OVERFLOW: Overflow = EVERY_SPAN;
    const STORED: bool = false;

    fn supports(_: Workload) -> bool {
        true
    }
}

/// A sink alone, with the default policy: it never waits, and drops whole traces.
pub(in crate::compare) struct Dropping;

impl Variant for Dropping {
    const NAME: &'static str = "spanloom-drop-trace";
    const OVERFLOW: Overflow = Overflow::DropTrace;
    const STORED: bool = false;

    fn supports(workload: Workload) -> bool {
        matches!(workload, Workload::H | Workload::H2 | Workload::HSlow)
    }
}

/// The SQLite store and no sink; no span may be lost.
pub(in crate::compare) struct Stored;

impl Variant for Stored {
    const NAME: &'static str = "spanloom-store";
    const OVERFLOW: Overflow = EVERY_SPAN;
    const STORED: bool = true;

    fn supports(workload: Workload) -> bool {
        // The store cannot be slowed down, and never sees what is not recorded.
        !matches!(workload, Workload::HSlow | Workload::J | Workload::JOff)
    }
}

/// An engine, or none.
struct Loom {
    engine: Option<Spanloom>,
    sink: StandIn,
    /// Deleted with its content.
    directory: Option<TempDir>,
}

impl Loom {
    fn set_up<V: Variant>(setup: &Setup) -> Self {
        let directory = V::STORED.then(|| TempDir::new().expect("the directory for temporary files is writable"));
        let builder = Spanloom::builder().overflow(V::OVERFLOW).limits(loom::roomy_limits());
        let builder = match &directory {
            Some(directory) => builder.store(directory.path().join("traces.db")),
            None => builder.no_store().sink(CountingSink(setup.sink.clone())),
        };
        let ratio = if setup.recording == Recording::SampledOut { 0.0 } else { 1.0 };
        let start = || builder.sampling_ratio(ratio).start().expect("what was set is valid");
        let engine = (setup.recording != Recording::NotInstalled).then(start);
        Self { engine, sink: setup.sink.clone(), directory }
    }

    #[inline]
    fn root(&self) -> Span {
        match &self.engine {
            Some(engine) => engine.root_span("root").start(),
            None => spanloom::span("root").start(),
        }
    }

    fn received(&self) -> u64 {
        match &self.engine {
            Some(engine) if self.directory.is_some() => {
                engine.shutdown_blocking(FLUSH_DEADLINE).expect("the store takes everything before the deadline").stored
            }
            _ => self.sink.received(),
        }
    }

    fn flush(&self) {
        match &self.engine {
            Some(engine) if self.directory.is_some() => loom::flush(engine),
            Some(engine) => loom::flush_into(engine, &self.sink),
            None => {}
        }
    }
}

/// Children are handles.
pub(in crate::compare) struct Handles<V> {
    loom: Loom,
    variant: PhantomData<V>,
}

impl<V: Variant> Engine for Handles<V> {
    const NAME: &'static str = V::NAME;
    type Shared = Span;
    type Scope = Span;

    fn supports(workload: Workload) -> bool {
        V::supports(workload)
    }

    fn set_up(setup: &Setup) -> Self {
        Self { loom: Loom::set_up::<V>(setup), variant: PhantomData }
    }

    #[inline]
    fn root(&self) -> Span {
        self.loom.root()
    }

    #[inline]
    fn within<T>(&self, span: &Span, block: impl FnOnce(&Span) -> T) -> T {
        block(span)
    }

    #[inline]
    fn end(&self, span: Span) {
        drop(span);
    }

    #[inline]
    fn nested<T>(&self, parent: &Span, block: impl FnOnce(&Span) -> T) -> T {
        block(&parent.child("child").start())
    }

    #[inline]
    fn leaf(&self, parent: &Span) {
        drop(parent.child("child").start());
    }

    #[inline]
    fn leaf_with_attributes(&self, parent: &Span, tokens: i64) {
        attributes(&parent.child("child").start(), tokens);
    }

    #[inline]
    fn leaf_with_payload(&self, parent: &Span, input: &str, output: &str) {
        payload(&parent.child("child").start(), input, output);
    }

    #[inline]
    fn shared_child(&self, parent: &Span) -> Span {
        parent.child("child").start()
    }

    fn instrument<F: Future<Output = ()> + Send + 'static>(
        span: Span,
        future: F,
    ) -> impl Future<Output = ()> + Send + 'static {
        future.in_span(span)
    }

    fn flush(&self) {
        self.loom.flush();
    }

    fn received(&self) -> Option<u64> {
        Some(self.loom.received())
    }
}

/// Children are blocks under the current span.
pub(in crate::compare) struct Blocks(Loom);

impl Engine for Blocks {
    const NAME: &'static str = "spanloom-block";
    type Shared = Span;
    type Scope = ();

    fn supports(workload: Workload) -> bool {
        !matches!(workload, Workload::G | Workload::I | Workload::H | Workload::H2 | Workload::HSlow)
    }

    fn set_up(setup: &Setup) -> Self {
        Self(Loom::set_up::<SinkAlone>(setup))
    }

    #[inline]
    fn root(&self) -> Span {
        self.0.root()
    }

    #[inline]
    fn within<T>(&self, span: &Span, block: impl FnOnce(&()) -> T) -> T {
        let _active = span.enter();
        block(&())
    }

    #[inline]
    fn end(&self, span: Span) {
        drop(span);
    }

    #[inline]
    fn nested<T>(&self, (): &(), block: impl FnOnce(&()) -> T) -> T {
        let _span = start_span("child");
        block(&())
    }

    #[inline]
    fn leaf(&self, (): &()) {
        drop(start_span("child"));
    }

    #[inline]
    fn leaf_with_attributes(&self, (): &(), tokens: i64) {
        attributes(&start_span("child"), tokens);
    }

    #[inline]
    fn leaf_with_payload(&self, (): &(), input: &str, output: &str) {
        payload(&start_span("child"), input, output);
    }

    #[inline]
    fn shared_child(&self, parent: &Span) -> Span {
        parent.child("child").start()
    }

    fn instrument<F: Future<Output = ()> + Send + 'static>(
        span: Span,
        future: F,
    ) -> impl Future<Output = ()> + Send + 'static {
        future.in_span(span)
    }

    fn flush(&self) {
        self.0.flush();
    }

    fn received(&self) -> Option<u64> {
        Some(self.0.received())
    }
}

#[inline]
fn attributes(span: &Span, tokens: i64) {
    span.set_attribute("gen_ai.system", "openai");
    span.set_attribute("gen_ai.operation.name", "chat");
    span.set_attribute("gen_ai.usage.input_tokens", tokens);
    span.add_event(SpanEvent::new("first_token"));
}

#[inline]
fn payload(span: &Span, input: &str, output: &str) {
    span.set_inputs(input);
    span.set_outputs(output);
}
