//! The filter language: MLflow's, decided in memory.
//!
//! ```text
//! filter     = "" | [ AND ] clause { AND clause } [ AND ] ;
//! clause     = key comparator value | key IS [ NOT ] NULL | key [ NOT ] IN ( text { , text } ) ;
//! key        = [ entity . ] name ;         no entity, `trace`, `attribute` and `attributes` are the same
//! comparator = = | != | < | <= | > | >= | LIKE | ILIKE | RLIKE ;
//! ```
//!
//! | key | comparators |
//! |---|---|
//! | `status`, `request_id`, `client_request_id` | `=` `!=` `IN` `LIKE` `ILIKE` `RLIKE` |
//! | `name`, `run_id`, `tags.K`, `metadata.K` (or `request_metadata.K`) | `=` `!=` `LIKE` `ILIKE` `RLIKE` `IS NULL` |
//! | `timestamp_ms`, `execution_time_ms`, `end_time_ms`, with or without `_ms` | `=` `!=` `<` `<=` `>` `>=` |
//! | `prompt` | `= 'name/version'` |
//! | `trace.text`, `span.content` | `LIKE` `ILIKE` |
//! | `span.name`, `span.type`, `span.status` | `=` `!=` `IN` `LIKE` `ILIKE` `RLIKE` |
//! | `span.attributes.K` | `=` `!=` `LIKE` `ILIKE` `RLIKE` |
//! | `feedback.N`, `expectation.N` | `=` `!=` `LIKE` `ILIKE` `RLIKE` with a text, `<` `<=` `>` `>=` with a number, `IS NULL` |
//!
//! Names with other characters than letters, digits, `_` and `.` stand in backticks: ``tags.`user id` ``.
//!
//! # Promises
//! - All `span.` clauses and `trace.text` must hold for one and the same span. Every other clause stands for itself.
//! - What has no value fits no comparison, not even `!=`.
//! - A clause about assessments holds when it holds for one that is valid; `IS NULL` when there is no valid one. Numbers
//!   are compared as doubles, and written so in quotes: `feedback.score = '3.0'`.
//! - `LIKE` minds the case, `ILIKE` ignores that of ASCII letters; `%` is any text, `_` one character, nothing escapes
//!   them. `RLIKE` finds a regular expression anywhere in the text.
//! - An attribute is compared as the text it is, or as its JSON text if it is none. `trace.text` is compared with the
//!   whole text of a span: see [`content`].
//! - A store may narrow down where to look, but [`Filter::matches_info`] and [`Filter::matches_spans`] decide.

mod ast;
mod compared;
pub mod content;
mod error;
mod eval;
mod key;
mod lexer;
mod parse;
mod pattern;

pub use ast::{Clause, Filter, Key, NumberOrder, SpanKey, Test};
pub use compared::compared;
pub use error::FilterError;
pub(crate) use lexer::{Token, TokenKind, tokens};
pub use pattern::{Pattern, PatternKind};
