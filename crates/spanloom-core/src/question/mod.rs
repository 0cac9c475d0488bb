//! A search that was understood, and its answer out of traces in memory.
//!
//! # Promises
//! - A page goes on exactly where the one before ended, whatever was added meanwhile: a token holds the sort keys of the
//!   last trace, not a number of traces.
//! - A trace is in one page only, even if its sort keys changed in between: a token names the traces that were still open
//!   and whose place may change.

mod answer;
mod error;
mod order;
mod token;

pub use answer::answer;
pub use error::SearchError;
pub use order::{INDEXED_BYTES, OrderTerm, SortKey, SortOrder, SortValue, UNINDEXED_METADATA, indexed};

use crate::filter::{Clause, Filter, Key, Test};
use crate::{SearchTraces, TraceId, TraceInfo, TraceState, attribute_key as reserved};
use token::PageToken;

/// A search that was understood.
#[derive(Clone, Debug)]
pub struct Question {
    asked: SearchTraces,
    filter: Filter,
    order: SortOrder,
    after: Option<Vec<SortValue>>,
    seen: Vec<TraceId>,
    limit: usize,
}

/// As many open traces a token names at most; the first ones are forgotten.
const MAX_SEEN: usize = 1_000;

impl Question {
    /// Understands a search: its filter, its order, or its page token, which carries both.
    ///
    /// # Errors
    /// When one of them is not understood, or the page would have no room.
    pub fn of(asked: &SearchTraces) -> Result<Self, SearchError> {
        let (asked, after, seen) = match asked.page_token.as_deref().filter(|token| !token.is_empty()) {
            None => (asked.clone(), None, Vec::new()),
            Some(token) => {
                let mut token = PageToken::decode(token).ok_or(SearchError::PageToken)?;
                token.question.max_results = asked.max_results.or(token.question.max_results);
                (token.question, Some(token.position), token.seen)
            }
        };
        let order = SortOrder::parse(&asked.order_by)?;
        if after.as_ref().is_some_and(|position| !order.is_position(position)) {
            return Err(SearchError::PageToken);
        }
        let limit = asked.max_results.unwrap_or(SearchTraces::DEFAULT_MAX_RESULTS);
        if limit == 0 {
            return Err(SearchError::NoResults);
        }
        let mut filter = Filter::parse(asked.filter.as_deref().unwrap_or_default())?;
        let of_run = asked.run_id.iter().map(|run| (Key::RunId, run));
        let of_model = asked.model_id.iter().map(|model| (Key::Metadata(reserved::MODEL_ID.to_owned()), model));
        for (key, text) in of_run.chain(of_model) {
            filter.add(Clause { key, test: Test::Equals(text.clone()) });
        }
        Ok(Self { asked, filter, order, after, seen, limit })
    }

    /// The experiment to which the traces must belong.
    pub fn experiment(&self) -> Option<&str> {
        self.asked.experiment.as_deref()
    }

    /// What must hold for a trace.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What the traces are sorted by.
    pub const fn order(&self) -> &SortOrder {
        &self.order
    }

    /// Where the page before ended, in the terms of the order.
    pub fn after(&self) -> Option<&[SortValue]> {
        self.after.as_deref()
    }

    /// How many traces a page has at most.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Whether the traces are to be given without their spans.
    pub const fn without_spans(&self) -> bool {
        self.asked.without_spans
    }

    /// Whether a page before had this trace, at another place.
    pub fn was_seen(&self, id: TraceId) -> bool {
        self.seen.contains(&id)
    }

    /// Notes that a page has this trace.
    pub fn note(&mut self, info: &TraceInfo) {
        if info.state == TraceState::InProgress && self.order.may_move() {
            if self.seen.len() == MAX_SEEN {
                self.seen.remove(0);
            }
            self.seen.push(info.trace_id);
        }
    }

    /// The token that goes on after this position.
    pub fn token(&self, position: Vec<SortValue>) -> Option<String> {
        PageToken { question: self.asked.clone(), position, seen: self.seen.clone() }.encode()
    }
}
