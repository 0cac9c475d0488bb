#![doc = include_str!("../README.md")]
//!
//! | concept | module |
//! |---|---|
//! | identity | [`TraceId`], [`SpanId`] |
//! | one span, finished or still open | [`SpanRecord`], [`SpanPart`] (its encoded pieces) |
//! | one trace | [`Trace`], [`TraceInfo`], [`SealedTrace`] (as stored and delivered) |
//! | values | [`JsonText`]: JSON in the layout of Python's `json.dumps`, serialised once; written by [`python_json`] |
//! | what a list shows of a trace | [`preview`], [`token_usage`], [`SizeStats`] |
//! | asking | [`SearchTraces`], [`SpanQuery`]; [`filter`] the language, [`question`] a search that was understood |
//! | context across processes | [`propagation`]: [`SpanContext`](propagation::SpanContext) |
//! | where traces go | [`TraceStore`], [`Sink`] |
//! | loss | [`DropReason`], [`ShutdownReport`] |

pub mod assemble;
mod assessment;
pub mod attribute_key;
pub mod chat;
pub mod codec;
pub mod display_name;
mod document;
mod drop_reason;
mod error_text;
mod event;
pub mod filter;
mod id;
mod json_text;
mod limits;
mod link;
pub mod llm_cost;
mod log_level;
pub mod preview;
pub mod propagation;
pub mod python_json;
pub mod question;
mod report;
pub mod restate;
mod resume_token;
mod sealed;
mod search;
mod sink;
pub mod size_stats;
mod span_query;
mod span_record;
mod span_type;
mod status;
mod store;
pub mod token_usage;
mod trace;
pub mod trace_json;

pub use assessment::{
    AssessError, Assessment, AssessmentChange, AssessmentError, AssessmentKind, AssessmentQuery, AssessmentSource,
    AssessmentSourceType, AssessmentValue,
};
pub use chat::{Chat, ChatCompletion, ChatContent, ChatMessage, ChatPart, ToolCall, ToolDefinition};
pub use codec::{CodecError, EventPart, LinkPart, PartStart, SpanPart, StatusPart};
pub use document::Document;
pub use drop_reason::DropReason;
pub use error_text::{causes_of, error_trace, error_type_name};
pub use event::SpanEvent;
pub use id::{InvalidId, SpanId, TraceId};
pub use json_text::JsonText;
pub use limits::Limits;
pub use link::Link;
pub use llm_cost::LlmCost;
pub use log_level::LogLevel;
pub use question::SearchError;
pub use report::{Conservation, Counts, ShutdownReport};
pub use resume_token::{InvalidToken, PausedSpan, ResumeToken};
pub use sealed::{JournalChunk, SealedTrace, note_kind};
pub use search::{SearchTraces, TracePage};
pub use sink::{Batch, BoxError, ExportError, ExportFuture, Sink};
pub use size_stats::SizeStats;
pub use span_query::{InvalidPattern, SpanQuery};
pub use span_record::SpanRecord;
pub use span_type::SpanType;
pub use status::SpanStatus;
pub use store::{
    Cursor, Evicted, Eviction, Retagged, Settlement, StoreBatch, StoreError, TraceStore, Upkeep, WriterCounters,
};
pub use token_usage::TokenUsage;
pub use trace::{Trace, TraceData, TraceInfo, TraceState};
pub use trace_json::{TraceJsonError, span_to_json};
