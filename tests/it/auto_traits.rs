//! What may be sent to other threads, shared between them, and kept for as long as one likes.

use spanloom::*;

fn moves<T: Send + 'static>() {}
fn is_shared<T: Send + Sync + 'static>() {}

/// Names a function that exists for what is not `Send` only: of two, the compiler could not choose.
macro_rules! assert_stays {
    ($($kind:ty),* $(,)?) => {$({
        trait AmbiguousIfSend<A> { fn named() {} }
        impl<T: ?Sized> AmbiguousIfSend<()> for T {}
        struct IsSend;
        impl<T: ?Sized + Send> AmbiguousIfSend<IsSend> for T {}
        <$kind as AmbiguousIfSend<_>>::named();
    })*};
}

#[test]
fn handles_and_data_go_anywhere() {
    is_shared::<Spanloom>();
    is_shared::<Client>();
    is_shared::<Span>();
    is_shared::<SpanBuilder>();
    is_shared::<Error>();
    is_shared::<(StartTrace, StartSpan, EndTrace, EndSpan)>();
    is_shared::<(TraceUpdate, ScopeDefaults)>();
    is_shared::<(TraceId, SpanId, SpanStatus, SpanType, LogLevel, SpanEvent, Link, Document, JsonText)>();
    is_shared::<(Trace, TraceInfo, TraceData, SpanRecord, SpanQuery, SearchTraces, TracePage, TraceState)>();
    is_shared::<(SealedTrace, Batch, ExportError, StoreError, EngineError, InvalidId, TraceJsonError)>();
    is_shared::<(LiveTrace, Health, ExporterStatus, Conservation, ShutdownReport, Limits, Overflow, Circuit)>();
    is_shared::<(Assessment, AssessmentSource, AssessmentQuery, AssessError, SearchError, DropReason, TokenUsage)>();
    is_shared::<(SpanContext, Carry, Carried<u8>, Wrap, Redaction)>();
    is_shared::<Fold<u8, u8, fn(u8, &u8) -> u8>>();
    is_shared::<Box<dyn Fn(u8) -> WrappedFuture<std::future::Ready<u8>> + Send + Sync>>();
    moves::<(Builder, JsonLinesSink)>();
    moves::<Spanned<std::future::Ready<()>>>();
    moves::<(CarriedFuture<std::future::Ready<()>>, WrappedFuture<std::future::Ready<()>>)>();
    moves::<WrappedStream<futures::stream::Empty<u8>>>();
    moves::<Scoped<std::future::Ready<()>>>();
}

#[test]
fn futures_of_the_engine_may_be_awaited_on_any_thread() {
    fn check<T: Send>(_: &T) {}
    let loom = Spanloom::builder().in_memory().start().expect("the settings are right");
    let id = TraceId::derived_from("any");
    check(&loom.flush(std::time::Duration::ZERO));
    check(&loom.shutdown(std::time::Duration::ZERO));
    check(&loom.get_trace(&id));
    check(&loom.search_traces(SearchTraces::new()));
    check(&loom.log_assessment(Assessment::feedback("good", true).trace_id(id)));
    check(&with_span("span", async |_| 1));
}

#[test]
fn guards_stay_on_their_thread() {
    assert_stays!(ActiveSpan, Entered, EnteredCarry, Scope);
}
