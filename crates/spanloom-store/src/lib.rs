#![doc = include_str!("../README.md")]
//!
//! | concept | module |
//! |---|---|
//! | writing | [`Store`], through [`spanloom_core::TraceStore`] |
//! | reading | [`Reader`]: [`get`](Reader::get), [`summaries`](Reader::summaries), [`search`](Reader::search) |
//! | the filter language | [`Filter`] |

mod assessments;
mod commit;
mod connection;
mod error;
mod file_guard;
mod filter;
mod head;
mod labels;
mod live;
mod location;
mod merge;
mod migrations;
mod order;
mod outbox;
mod page_token;
mod payload;
mod plan;
mod pool;
mod process;
mod reader;
mod rows;
mod schema;
mod search;
mod status;
mod store;
mod summaries;
mod trace;
mod write;
mod writers;

pub use error::SearchError;
pub use filter::{Filter, FilterError};
pub use reader::Reader;
pub use status::StoreStatus;
pub use store::{Store, StoreOptions};
pub use summaries::{ListOptions, TraceSummary};
