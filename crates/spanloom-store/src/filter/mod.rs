//! The filter language: MLflow's, as far as this store knows the answers.
//!
//! ```text
//! filter     = [ clause { AND clause } ] ;
//! clause     = key comparator value | key IS [ NOT ] NULL | key [ NOT ] IN ( text { , text } ) ;
//! key        = [ entity . ] name ;         no entity, `trace`, `attribute` and `attributes` are the same
//! comparator = = | != | < | <= | > | >= | LIKE | ILIKE ;
//! ```
//!
//! | key | comparators |
//! |---|---|
//! | `status`, `request_id`, `client_request_id` | `=` `!=` `LIKE` `ILIKE` `IN` |
//! | `name`, `tags.K`, `metadata.K` (or `request_metadata.K`) | `=` `!=` `LIKE` `ILIKE` `IN` `IS NULL` |
//! | `timestamp_ms`, `execution_time_ms`, `end_time_ms`, with or without `_ms` | `=` `!=` `<` `<=` `>` `>=` |
//! | `span.name`, `span.type` | `=` `!=` `LIKE` `ILIKE` `IN` |
//! | `span.status` | `= 'ERROR'` |
//!
//! Names with other characters than letters, digits, `_` and `.` stand in backticks: ``tags.`user id` ``. `LIKE` minds
//! the case, `ILIKE` ignores that of ASCII letters; `%` is any text, `_` one character. All `span.` clauses must hold
//! for spans of one name and type. What has no value fits no comparison, not even `!=`.

mod ast;
mod error;
mod lexer;
mod number;
mod parse;
mod pattern;
mod sql;

pub use ast::Filter;
pub(crate) use ast::{Clause, Key, Test};
pub use error::FilterError;
pub(crate) use sql::{Sql, column_condition, label_condition, marks};
