//! `tracing` with a layer that does nothing, and with the OpenTelemetry layer over the SDK's batch processor.

use std::future::Future;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Instrument as _, Span, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use super::opentelemetry::provider;
use crate::compare::engine::{Engine, Recording, Setup};
use crate::stand_in::StandIn;

/// `tracing` with a layer that does nothing: what any layer must pay.
pub(in crate::compare) type EmptyLayer = Tracing<Empty>;
/// `tracing` with `tracing-opentelemetry`.
pub(in crate::compare) type OpenTelemetryLayer = Tracing<OpenTelemetry>;

/// What listens to the spans of `tracing`.
pub(in crate::compare) trait Subscriber: Sync + 'static {
    const NAME: &'static str;

    /// Installs it for the process.
    fn install(setup: &Setup) -> Self;

    fn flush(&self);

    fn received(&self) -> Option<u64>;
}

/// Nothing listens.
pub(in crate::compare) struct Empty;

struct EmptyTracingLayer;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for EmptyTracingLayer {}

impl Subscriber for Empty {
    const NAME: &'static str = "tracing+empty-layer";

    fn install(setup: &Setup) -> Self {
        // There is no sampler here: a span that is not wanted is one without a subscriber.
        if setup.recording == Recording::On {
            install(tracing_subscriber::registry().with(EmptyTracingLayer));
        }
        Self
    }

    fn flush(&self) {}

    fn received(&self) -> Option<u64> {
        None
    }
}

/// The SDK listens.
pub(in crate::compare) struct OpenTelemetry {
    provider: SdkTracerProvider,
    sink: StandIn,
}

impl Subscriber for OpenTelemetry {
    const NAME: &'static str = "tracing-opentelemetry";

    fn install(setup: &Setup) -> Self {
        let provider = provider(setup);
        if setup.recording != Recording::NotInstalled {
            let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
            install(tracing_subscriber::registry().with(layer));
        }
        Self { provider, sink: setup.sink.clone() }
    }

    fn flush(&self) {
        self.provider.force_flush().expect("the processor runs until the provider is dropped");
    }

    fn received(&self) -> Option<u64> {
        Some(self.sink.received())
    }
}

fn install(subscriber: impl tracing::Subscriber + Send + Sync) {
    tracing::subscriber::set_global_default(subscriber).expect("a process measures one engine");
}

/// The macros of `tracing`, whatever listens.
pub(in crate::compare) struct Tracing<S> {
    subscriber: S,
}

impl<S: Subscriber> Engine for Tracing<S> {
    const NAME: &'static str = S::NAME;
    type Shared = Span;
    type Scope = ();

    fn set_up(setup: &Setup) -> Self {
        Self { subscriber: S::install(setup) }
    }

    #[inline]
    fn root(&self) -> Span {
        info_span!(parent: None, "root")
    }

    #[inline]
    fn within<T>(&self, span: &Span, block: impl FnOnce(&()) -> T) -> T {
        span.in_scope(|| block(&()))
    }

    #[inline]
    fn end(&self, span: Span) {
        drop(span);
    }

    #[inline]
    fn nested<T>(&self, (): &(), block: impl FnOnce(&()) -> T) -> T {
        info_span!("child").in_scope(|| block(&()))
    }

    #[inline]
    fn leaf(&self, (): &()) {
        drop(info_span!("child").entered());
    }

    #[inline]
    fn leaf_with_attributes(&self, (): &(), tokens: i64) {
        let _span = info_span!(
            "child",
            gen_ai.system = "openai",
            gen_ai.operation.name = "chat",
            gen_ai.usage.input_tokens = tokens
        )
        .entered();
        info!("first_token");
    }

    #[inline]
    fn leaf_with_payload(&self, (): &(), input: &str, output: &str) {
        let span = info_span!("child", input, output = tracing::field::Empty).entered();
        span.record("output", output);
    }

    #[inline]
    fn shared_child(&self, parent: &Span) -> Span {
        info_span!(parent: parent, "child")
    }

    fn instrument<F: Future<Output = ()> + Send + 'static>(
        span: Span,
        future: F,
    ) -> impl Future<Output = ()> + Send + 'static {
        future.instrument(span)
    }

    fn flush(&self) {
        self.subscriber.flush();
    }

    fn received(&self) -> Option<u64> {
        self.subscriber.received()
    }
}
