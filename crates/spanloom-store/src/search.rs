//! Searches: one page of the traces that fit a question.

use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params_from_iter};
use spanloom_core::{SearchTraces, Trace, TracePage};

use crate::error::{Fault, SearchError};
use crate::filter::{Filter, Sql};
use crate::order::Ordering;
use crate::page_token::PageToken;
use crate::pool::Pool;
use crate::summaries::{self, COLUMNS, SHOWN, Writers};
use crate::{plan, trace};

/// A search that has not ended by then is stopped.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// How many of SQLite's steps lie between two looks at the clock: well under a millisecond.
const STEPS_PER_LOOK: i32 = 10_000;
/// A page ends early when its spans have as many, so that a page of huge traces fits into memory.
const PAGE_SPANS: u64 = 200_000;
/// The columns of the order come behind those of a summary.
const FIRST_ORDER_COLUMN: usize = 11;

/// One page.
pub(crate) fn search(pool: &Pool, question: &SearchTraces) -> Result<TracePage, SearchError> {
    let search = Search::of(question)?;
    let found = pool.with(|connection| {
        let begun = Instant::now();
        connection.progress_handler(STEPS_PER_LOOK, Some(move || begun.elapsed() > TIME_LIMIT))?;
        let found = search.run(connection);
        connection.progress_handler(0, None::<fn() -> bool>)?;
        match found {
            Err(Fault::Sql(error)) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Ok(None),
            found => found.map(Some),
        }
    })?;
    found.ok_or(SearchError::TooSlow(TIME_LIMIT))
}

/// A question that was understood.
struct Search {
    question: SearchTraces,
    filter: Filter,
    order: Ordering,
    after: Option<Sql>,
    limit: usize,
}

impl Search {
    fn of(question: &SearchTraces) -> Result<Self, SearchError> {
        let (question, position) = match question.page_token.as_deref().filter(|token| !token.is_empty()) {
            None => (question.clone(), None),
            Some(token) => {
                let mut token = PageToken::decode(token).ok_or(SearchError::PageToken)?;
                token.question.max_results = question.max_results.or(token.question.max_results);
                (token.question, Some(token.position))
            }
        };
        let order = Ordering::parse(&question.order_by)?;
        let after = position.map(|position| order.after(&position).ok_or(SearchError::PageToken)).transpose()?;
        let limit = question.max_results.unwrap_or(SearchTraces::DEFAULT_MAX_RESULTS);
        if limit == 0 {
            return Err(SearchError::NoResults);
        }
        let filter = Filter::parse(question.filter.as_deref().unwrap_or_default())?;
        Ok(Self { question, filter, order, after, limit })
    }

    fn run(&self, connection: &mut Connection) -> Result<TracePage, Fault> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let Some(conditions) = plan::conditions(&transaction, &self.filter)? else { return Ok(TracePage::default()) };
        let sql = self.sql(conditions);
        let mut statement = transaction.prepare(&sql.text)?;
        let mut rows = statement.query(params_from_iter(&sql.values))?;
        let (mut writers, mut traces, mut spans, mut last, mut seen) = (Writers::default(), Vec::new(), 0, None, 0);
        while let Some(row) = rows.next()? {
            if seen == self.limit || spans >= PAGE_SPANS {
                return Ok(TracePage::new(traces, last.and_then(|position| self.token(position))));
            }
            seen += 1;
            last = Some(self.order.position(row, FIRST_ORDER_COLUMN)?);
            let Some(summary) = summaries::read(&transaction, row, &mut writers)?.filter(|summary| !summary.damaged)
            else {
                continue;
            };
            match self.read(&transaction, summary.info) {
                Ok(trace) => {
                    spans += trace.data.spans.len() as u64;
                    traces.push(trace);
                }
                Err(Fault::Payload(id, error)) => tracing::warn!(trace = %id, %error, "a damaged trace is left out"),
                Err(fault) => return Err(fault),
            }
        }
        Ok(TracePage::new(traces, None))
    }

    fn read(&self, connection: &Connection, info: spanloom_core::TraceInfo) -> Result<Trace, Fault> {
        if self.question.without_spans {
            return Ok(Trace::new(info, Vec::new()));
        }
        let id = info.trace_id;
        Ok(trace::get(connection, id)?.unwrap_or_else(|| Trace::new(info, Vec::new())))
    }

    /// The rows are found and sorted by the columns of the order alone, then read. One more than a page has says
    /// whether there is another page.
    fn sql(&self, conditions: Vec<Sql>) -> Sql {
        let (order, columns) = (self.order.sql(), self.order.columns());
        let mut sql = Sql::new(
            format!(
                "SELECT {COLUMNS}, {columns} FROM traces t LEFT JOIN live l ON l.seq = t.seq
                 WHERE t.seq IN (SELECT t.seq FROM traces t WHERE {SHOWN}"
            ),
            [],
        );
        if let Some(experiment) = &self.question.experiment {
            sql.push(" AND likely(t.experiment = ?)", [Value::Text(experiment.clone())]);
        }
        for condition in conditions.into_iter().chain(self.after.clone()) {
            sql.text.push_str(" AND ");
            sql.append(condition);
        }
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1);
        sql.push(&format!(" ORDER BY {order} LIMIT ?) ORDER BY {order}"), [Value::Integer(limit)]);
        sql
    }

    fn token(&self, position: Vec<Value>) -> Option<String> {
        PageToken { question: self.question.clone(), position }.encode()
    }
}
