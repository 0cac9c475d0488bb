//! The reading side of a store.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use spanloom_core::{Assessment, SearchError, SearchTraces, StoreError, Trace, TraceId, TracePage, WriterCounters};

use crate::location::Location;
use crate::pool::Pool;
use crate::search::Patience;
use crate::{ListOptions, StoreStatus, TraceSummary, assessments, prefix, search, status, summaries, trace, writers};

/// The reading side of a store, in the process that writes it or in any other. A clone is the same reader.
///
/// It sees what was committed, open traces too, and never makes a writer wait. Everything blocks, for milliseconds; a
/// search for 3 s at most.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(crate) pool: Arc<Pool>,
}

impl Reader {
    /// Opens a store that exists.
    ///
    /// # Errors
    /// When the path is not a file, the file is not a store of this version, or it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Ok(Self { pool: Arc::new(Pool::open(path.as_ref())?) })
    }

    pub(crate) fn at(location: Location) -> Result<Self, StoreError> {
        Ok(Self { pool: Arc::new(Pool::at(location)?) })
    }

    /// A trace: completed, or as far as its journal has come, with state `IN_PROGRESS`, and `interrupted` when the
    /// process that recorded it is gone.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the trace is damaged; never wrong data.
    pub fn get(&self, id: &TraceId) -> Result<Option<Trace>, StoreError> {
        self.pool.read(|connection| trace::get(connection, *id))
    }

    /// The assessments of a trace, in the order in which they were logged; of a live trace those logged so far.
    ///
    /// # Errors
    /// When the store cannot be read. A damaged one is left out.
    pub fn assessments(&self, id: &TraceId) -> Result<Vec<Assessment>, StoreError> {
        self.pool.read(|connection| Ok(assessments::of(connection, *id)?))
    }

    /// What is known of each trace as a whole, the newest first. All live ones are among them, however old; they do not
    /// count towards the limit.
    ///
    /// # Errors
    /// When the store cannot be read. A damaged trace is no error here: its summary says so.
    pub fn summaries(&self, options: &ListOptions) -> Result<Vec<TraceSummary>, StoreError> {
        let mut all = Vec::new();
        self.each_summary(options, |summary| {
            all.push(summary);
            ControlFlow::Continue(())
        })?;
        Ok(all)
    }

    /// The same one by one, for lists that need not fit into memory. It is read in several short transactions.
    ///
    /// # Errors
    /// As of [`summaries`](Self::summaries).
    pub fn each_summary(
        &self,
        options: &ListOptions,
        visit: impl FnMut(TraceSummary) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        summaries::each(&self.pool, options, visit)
    }

    /// How many traces have an id that begins with these hex digits, and the first few of them, by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ids_with_prefix(&self, digits: &str, limit: usize) -> Result<(u64, Vec<TraceId>), StoreError> {
        self.pool.read(|connection| Ok(prefix::ids(connection, digits, limit)?))
    }

    /// One page of the traces that fit a question, open ones among them. Damaged traces are left out.
    ///
    /// A filter that no index answers (texts, attributes, the status of spans) is decided trace by trace. After 1.5 s
    /// the page ends as it is, with a token to go on from there.
    ///
    /// # Errors
    /// When the question is not understood, it takes longer than 3 s, or the store cannot be read.
    pub fn search(&self, question: &SearchTraces) -> Result<TracePage, SearchError> {
        search::search(&self.pool, question, Patience::DEFAULT)
    }

    /// What all writers of this store have counted, those that are gone too.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn counters(&self) -> Result<WriterCounters, StoreError> {
        self.pool.read(|connection| Ok(writers::total_counters(connection)?))
    }

    /// Sizes and numbers of the store itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn status(&self) -> Result<StoreStatus, StoreError> {
        self.pool.read(|connection| status::read(connection, self.pool.location()))
    }
}
