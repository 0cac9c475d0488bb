//! `opentelemetry_sdk` with its batch processor.

use std::future::Future;

use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
};

use crate::compare::engine::{Engine, Queue, Recording, Setup};
use crate::compare::workload::Workload;
use crate::stand_in::StandIn;

/// Spans that the queue holds when a whole sample is to fit in.
const SAMPLE_QUEUE: usize = 1 << 19;

#[derive(Debug)]
struct CountingExporter(StandIn);

impl SpanExporter for CountingExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.receive(batch.len() as u64);
        Ok(())
    }
}

/// A provider with a batch processor before the stand-in.
pub(super) fn provider(setup: &Setup) -> SdkTracerProvider {
    let config = match setup.queue {
        Queue::Default => BatchConfigBuilder::default(),
        Queue::Sample => BatchConfigBuilder::default().with_max_queue_size(SAMPLE_QUEUE),
    };
    let exporter = CountingExporter(setup.sink.clone());
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(config.build()).build();
    let sampler = if setup.recording == Recording::On { Sampler::AlwaysOn } else { Sampler::AlwaysOff };
    SdkTracerProvider::builder().with_span_processor(processor).with_sampler(sampler).build()
}

/// Contexts are passed on explicitly.
pub(in crate::compare) struct Sdk {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    sink: StandIn,
}

impl Engine for Sdk {
    const NAME: &'static str = "opentelemetry_sdk";
    type Shared = Context;
    type Scope = Context;

    fn supports(workload: Workload) -> bool {
        // A tracer of the SDK without the SDK is another type.
        workload != Workload::JOff
    }

    fn set_up(setup: &Setup) -> Self {
        let provider = provider(setup);
        let tracer = provider.tracer("bench");
        Self { provider, tracer, sink: setup.sink.clone() }
    }

    #[inline]
    fn root(&self) -> Context {
        let nothing = Context::new();
        nothing.with_span(self.tracer.start_with_context("root", &nothing))
    }

    #[inline]
    fn within<T>(&self, span: &Context, block: impl FnOnce(&Context) -> T) -> T {
        block(span)
    }

    #[inline]
    fn end(&self, span: Context) {
        span.span().end();
    }

    #[inline]
    fn nested<T>(&self, parent: &Context, block: impl FnOnce(&Context) -> T) -> T {
        let child = self.shared_child(parent);
        let result = block(&child);
        child.span().end();
        result
    }

    #[inline]
    fn leaf(&self, parent: &Context) {
        self.tracer.start_with_context("child", parent).end();
    }

    #[inline]
    fn leaf_with_attributes(&self, parent: &Context, tokens: i64) {
        let attributes = [
            KeyValue::new("gen_ai.system", "openai"),
            KeyValue::new("gen_ai.operation.name", "chat"),
            KeyValue::new("gen_ai.usage.input_tokens", tokens),
        ];
        let builder = self.tracer.span_builder("child").with_attributes(attributes);
        let mut span = builder.start_with_context(&self.tracer, parent);
        span.add_event("first_token", Vec::new());
        span.end();
    }

    #[inline]
    fn leaf_with_payload(&self, parent: &Context, input: &str, output: &str) {
        let builder = self.tracer.span_builder("child").with_attributes([KeyValue::new("input", input.to_owned())]);
        let mut span = builder.start_with_context(&self.tracer, parent);
        span.set_attribute(KeyValue::new("output", output.to_owned()));
        span.end();
    }

    #[inline]
    fn shared_child(&self, parent: &Context) -> Context {
        parent.with_span(self.tracer.start_with_context("child", parent))
    }

    fn instrument<F: Future<Output = ()> + Send + 'static>(
        span: Context,
        future: F,
    ) -> impl Future<Output = ()> + Send + 'static {
        future.with_context(span)
    }

    fn flush(&self) {
        self.provider.force_flush().expect("the processor runs until the provider is dropped");
    }

    fn received(&self) -> Option<u64> {
        Some(self.sink.received())
    }
}
