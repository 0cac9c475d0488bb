//! fastrace: `Span`, which threads may share, and `LocalSpan`, which one thread keeps to itself.

use std::borrow::Cow;
use std::future::Future;

use fastrace::collector::{Config, Reporter};
use fastrace::future::FutureExt as _;
use fastrace::prelude::{Event, LocalSpan, Span, SpanContext, SpanRecord};

use crate::compare::engine::{Engine, Recording, Setup};
use crate::compare::table::BASELINE;
use crate::compare::workload::Workload;
use crate::stand_in::StandIn;

struct CountingReporter(StandIn);

impl Reporter for CountingReporter {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        self.0.receive(spans.len() as u64);
    }
}

/// What both kinds have in common.
struct Collector {
    sampled: bool,
    sink: StandIn,
}

impl Collector {
    fn set_up(setup: &Setup) -> Self {
        if setup.recording != Recording::NotInstalled {
            fastrace::set_reporter(CountingReporter(setup.sink.clone()), Config::default());
        }
        Self { sampled: setup.recording != Recording::SampledOut, sink: setup.sink.clone() }
    }

    #[inline]
    fn root(&self) -> Span {
        Span::root("root", SpanContext::random().sampled(self.sampled))
    }
}

#[inline]
fn attributes(tokens: i64) -> [(&'static str, Cow<'static, str>); 3] {
    [
        ("gen_ai.system", Cow::Borrowed("openai")),
        ("gen_ai.operation.name", Cow::Borrowed("chat")),
        ("gen_ai.usage.input_tokens", tokens.to_string().into()),
    ]
}

/// Children are `Span`s.
pub(in crate::compare) struct WithSpan(Collector);

impl Engine for WithSpan {
    const NAME: &'static str = BASELINE[0];
    type Shared = Span;
    type Scope = Span;

    fn set_up(setup: &Setup) -> Self {
        Self(Collector::set_up(setup))
    }

    #[inline]
    fn root(&self) -> Span {
        self.0.root()
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
        block(&Span::enter_with_parent("child", parent))
    }

    #[inline]
    fn leaf(&self, parent: &Span) {
        drop(Span::enter_with_parent("child", parent));
    }

    #[inline]
    fn leaf_with_attributes(&self, parent: &Span, tokens: i64) {
        let span = Span::enter_with_parent("child", parent).with_properties(|| attributes(tokens));
        span.add_event(Event::new("first_token"));
    }

    #[inline]
    fn leaf_with_payload(&self, parent: &Span, input: &str, output: &str) {
        let span = Span::enter_with_parent("child", parent).with_property(|| ("input", input.to_owned()));
        span.add_property(|| ("output", output.to_owned()));
    }

    #[inline]
    fn shared_child(&self, parent: &Span) -> Span {
        Span::enter_with_parent("child", parent)
    }

    fn instrument<F: Future<Output = ()> + Send + 'static>(
        span: Span,
        future: F,
    ) -> impl Future<Output = ()> + Send + 'static {
        future.in_span(span)
    }

    fn flush(&self) {
        fastrace::flush();
    }

    fn received(&self) -> Option<u64> {
        Some(self.0.sink.received())
    }
}

/// Children are `LocalSpan`s under a local parent.
pub(in crate::compare) struct WithLocalSpan(Collector);

impl Engine for WithLocalSpan {
    const NAME: &'static str = BASELINE[1];
    type Shared = Span;
    type Scope = ();

    fn supports(workload: Workload) -> bool {
        !matches!(workload, Workload::G | Workload::I)
    }

    fn set_up(setup: &Setup) -> Self {
        Self(Collector::set_up(setup))
    }

    #[inline]
    fn root(&self) -> Span {
        self.0.root()
    }

    #[inline]
    fn within<T>(&self, span: &Span, block: impl FnOnce(&()) -> T) -> T {
        let _parent = span.set_local_parent();
        block(&())
    }

    #[inline]
    fn end(&self, span: Span) {
        drop(span);
    }

    #[inline]
    fn nested<T>(&self, (): &(), block: impl FnOnce(&()) -> T) -> T {
        let _span = LocalSpan::enter_with_local_parent("child");
        block(&())
    }

    #[inline]
    fn leaf(&self, (): &()) {
        drop(LocalSpan::enter_with_local_parent("child"));
    }

    #[inline]
    fn leaf_with_attributes(&self, (): &(), tokens: i64) {
        let _span = LocalSpan::enter_with_local_parent("child").with_properties(|| attributes(tokens));
        LocalSpan::add_event(Event::new("first_token"));
    }

    #[inline]
    fn leaf_with_payload(&self, (): &(), input: &str, output: &str) {
        let _span = LocalSpan::enter_with_local_parent("child").with_property(|| ("input", input.to_owned()));
        LocalSpan::add_property(|| ("output", output.to_owned()));
    }

    #[inline]
    fn shared_child(&self, parent: &Span) -> Span {
        Span::enter_with_parent("child", parent)
    }

    fn instrument<F: Future<Output = ()> + Send + 'static>(
        span: Span,
        future: F,
    ) -> impl Future<Output = ()> + Send + 'static {
        future.in_span(span)
    }

    fn flush(&self) {
        fastrace::flush();
    }

    fn received(&self) -> Option<u64> {
        Some(self.0.sink.received())
    }
}
