//! In-process tracing for GenAI programs: what MLflow Tracing records, live while it runs, kept in one local file.
//!
//! ```
//! use std::time::Duration;
//!
//! #[spanloom::trace(span_type = "TOOL")]
//! fn search(query: &str) -> Vec<String> {
//!     vec![query.to_uppercase()]
//! }
//!
//! fn main() -> Result<(), spanloom::Error> {
//!     let loom = spanloom::Spanloom::builder().in_memory().start()?;
//!     {
//!         let root = loom.root_span("question").start();
//!         let _active = root.enter();
//!         search("hello");
//!     }
//!     loom.flush_blocking(Duration::from_secs(5))?;
//!     let page = loom.search_traces_blocking(spanloom::SearchTraces::new())?;
//!     assert_eq!(page.traces[0].data.spans[1].name, "search");
//!     loom.shutdown_blocking(Duration::from_secs(5))?;
//!     Ok(())
//! }
//! ```
//!
//! | to | use |
//! |---|---|
//! | set up | [`init`], [`Spanloom::builder`] |
//! | trace functions | [`macro@trace`] |
//! | trace blocks and futures | [`start_span`], [`with_span`], [`InSpan`] |
//! | trace functions of others | [`wrap`], [`try_wrap`], [`wrap_async`], [`wrap_stream`] |
//! | hand a span to a thread or task | [`Span`], which is `Clone + Send + Sync + 'static`; [`in_current`], [`carry`](carry()) |
//! | say something about the trace | [`update_current_trace`] |
//! | continue a trace of another process | [`propagation`], [`SpanBuilder::remote_parent`] |
//! | begin and end spans by their ids | [`Spanloom::client`] |
//! | ask | [`Spanloom::get_trace`], [`Spanloom::search_traces`], [`Spanloom::live_traces`] |
//! | judge | [`Spanloom::log_assessment`], [`Assessment`] |
//! | make sure | [`Spanloom::flush`], [`Spanloom::shutdown`] |
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `store` | yes | the embedded SQLite store, and with it queries and durability |
//! | `mlflow` | yes | delivery to an MLflow tracking server |
//! | `otlp` | yes | delivery to any OTLP/HTTP receiver |
//! | `http` | yes | context in `http::HeaderMap`, see [`propagation`] |

mod assess;
mod builder;
mod client;
#[cfg(any(feature = "mlflow", feature = "otlp"))]
mod destinations;
mod environment;
mod error;
mod exit_hook;
mod global;
mod handle;
mod json_lines;
mod privacy;
mod query;
mod source;

pub use spanloom_api::{
    ActiveSpan, Capture, Entered, InScope, InSpan, Overflow, Scope, ScopeDefaults, Scoped, Span, SpanBuilder, Spanned,
    TraceUpdate, current_span, disable, enable, last_active_trace_id, propagation, propagation::SpanContext, scope,
    span, start_span, try_with_span, update_current_trace, with_span,
};
pub use spanloom_api::{
    Arguments, Callable, Wrap, WrappedFuture, WrappedStream, try_wrap, try_wrap_async, try_wrap_stream, wrap,
    wrap_async, wrap_stream,
};
pub use spanloom_api::{Carried, CarriedFuture, Carry, EnteredCarry, carry, in_current};
pub use spanloom_api::{Fold, Reducer, Then, fold};
pub use spanloom_core::attribute_key;
pub use spanloom_core::filter::FilterError;
pub use spanloom_core::{
    AssessError, Assessment, AssessmentError, AssessmentKind, AssessmentQuery, AssessmentSource, AssessmentSourceType,
    AssessmentValue, Batch, BoxError, Chat, ChatCompletion, ChatContent, ChatMessage, ChatPart, Conservation, Counts,
    Document, DropReason, ExportError, ExportFuture, InvalidId, InvalidPattern, JsonText, Limits, Link, LlmCost,
    LogLevel, SealedTrace, SearchError, SearchTraces, ShutdownReport, Sink, SpanEvent, SpanId, SpanQuery, SpanRecord,
    SpanStatus, SpanType, StoreError, TokenUsage, ToolCall, ToolDefinition, Trace, TraceData, TraceId, TraceInfo,
    TraceJsonError, TracePage, TraceState,
};
pub use spanloom_engine::{Circuit, DeliveryCounts, EngineError, ExporterStatus, Health, LiveTrace, Redaction};
pub use spanloom_macros::trace;
#[cfg(feature = "mlflow")]
pub use spanloom_mlflow::{Credentials, MlflowConfig, MlflowConfigError, MlflowSink, SpanPath};
#[cfg(any(feature = "mlflow", feature = "otlp"))]
pub use spanloom_otlp::http::HttpConfig;
#[cfg(feature = "otlp")]
pub use spanloom_otlp::{Compression, Encoding, OtlpConfig, OtlpConfigError, OtlpSink, Profile};

pub use builder::Builder;
pub use client::{Client, EndSpan, EndTrace, StartSpan, StartTrace};
pub use error::Error;
pub use global::{global, init, init_or_noop};
pub use handle::Spanloom;
pub use json_lines::JsonLinesSink;

/// What `#[trace]` expands to.
#[doc(hidden)]
pub mod __private {
    pub use spanloom_api::hooks::*;
}

/// The names that most programs need.
pub mod prelude {
    pub use crate::{
        Document, InSpan, Span, SpanEvent, SpanStatus, SpanType, Spanloom, current_span, start_span, trace,
        update_current_trace, with_span,
    };
}

/// The Rust blocks of the project's prose, run as documentation tests.
#[cfg(doctest)]
mod prose {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../README.md")]
    struct Crate;
    #[doc = include_str!("../../../docs/guide/getting-started.md")]
    struct GettingStarted;
    #[doc = include_str!("../../../docs/guide/from-mlflow.md")]
    struct FromMlflow;
    #[doc = include_str!("../../../docs/guide/instrumenting.md")]
    struct Instrumenting;
    #[doc = include_str!("../../../docs/guide/context.md")]
    struct Context;
    #[doc = include_str!("../../../docs/guide/privacy.md")]
    struct Privacy;
    #[doc = include_str!("../../../docs/guide/limits-and-loss.md")]
    struct LimitsAndLoss;
    #[doc = include_str!("../../../docs/guide/pools.md")]
    struct Pools;
    #[doc = include_str!("../../../docs/guide/store.md")]
    struct Store;
    #[cfg(all(feature = "mlflow", feature = "otlp"))]
    #[doc = include_str!("../../../docs/guide/delivery.md")]
    struct Delivery;
}
