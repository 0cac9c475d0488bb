#![doc = include_str!("../README.md")]
//!
//! | concept | module |
//! |---|---|
//! | writing | [`Store`], through [`spanloom_core::TraceStore`] |
//! | reading | [`Reader`]: [`get`](Reader::get), [`summaries`](Reader::summaries), [`search`](Reader::search) |
//! | the filter language | [`spanloom_core::filter`] |

mod assessments;
mod ballast;
mod candidates;
mod commit;
mod conditions;
mod connection;
mod error;
mod file_guard;
mod functions;
mod head;
mod labels;
mod live;
mod location;
mod log;
mod merge;
mod migrations;
mod milliseconds;
mod order;
mod outbox;
mod payload;
mod plan;
mod pool;
mod prefix;
mod process;
mod reader;
mod recovery;
mod retag;
mod retention;
mod room;
mod rows;
mod schema;
mod search;
mod sql;
mod status;
mod store;
mod summaries;
mod trace;
mod write;
mod writers;

pub use reader::Reader;
pub use retention::StoreLimits;
pub use spanloom_core::SearchError;
pub use status::{OutboxStatus, StoreStatus};
pub use store::{Store, StoreOptions};
pub use summaries::{ListOptions, TraceSummary};
