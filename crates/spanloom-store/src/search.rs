//! Searches: one page of the traces that fit a question.
//!
//! SQL gives candidates in the order that was asked for, by columns and labels; each is read and decided in memory. So a
//! filter that no index answers, such as one on texts, is a walk over the traces. It stops after a while and gives what
//! it has, with a token to go on from there.

use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params_from_iter};
use spanloom_core::question::{Question, SortValue};
use spanloom_core::{SearchError, SearchTraces, Trace, TracePage};

use crate::candidates::Candidates;
use crate::error::Fault;
use crate::order::SqlOrder;
use crate::plan;
use crate::pool::Pool;
use crate::sql::Sql;
use crate::summaries::{COLUMNS, SHOWN};

/// A search that has not ended by then is stopped.
const TIME_LIMIT: Duration = Duration::from_secs(3);
/// How many of SQLite's steps lie between two looks at the clock: well under a millisecond.
const STEPS_PER_LOOK: i32 = 10_000;
/// A page ends early when its spans have as many, so that a page of huge traces fits into memory.
const PAGE_SPANS: usize = 200_000;
/// How many candidates a full page looks at to know whether there is another one.
const LOOK_AHEAD: usize = 2_000;
/// Candidates that the second statement gives; the first gives a page and one more, each further one four times as many.
const BATCH: usize = 256;
const MAX_BATCH: usize = 16_384;
/// The columns of the order come behind those of a summary.
const FIRST_ORDER_COLUMN: usize = 11;

/// When a walk ends, and gives what it has. One candidate is looked at in any case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Since the question.
    all: Duration,
    /// And since the first candidate, which may have taken a while to find.
    walk: Duration,
}

impl Patience {
    pub(crate) const DEFAULT: Self = Self { all: Duration::from_millis(1_500), walk: Duration::from_millis(500) };
}

/// One page.
pub(crate) fn search(pool: &Pool, asked: &SearchTraces, patience: Patience) -> Result<TracePage, SearchError> {
    let question = Question::of(asked)?;
    let found = pool.with(|connection| {
        let begun = Instant::now();
        connection.progress_handler(STEPS_PER_LOOK, Some(move || begun.elapsed() > TIME_LIMIT))?;
        let found = Search::new(&question, begun, patience).run(connection);
        connection.progress_handler(0, None::<fn() -> bool>)?;
        match found {
            Err(fault) if is_interruption(&fault) => Ok(None),
            found => found.map(Some),
        }
    })?;
    found.ok_or(SearchError::TooSlow(TIME_LIMIT))
}

fn is_interruption(fault: &Fault) -> bool {
    matches!(fault, Fault::Sql(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted))
}

/// A search at work.
struct Search<'a> {
    question: &'a Question,
    order: SqlOrder<'a>,
    begun: Instant,
    patience: Patience,
    traces: Vec<Trace>,
    spans: usize,
    /// When the first candidate was there.
    found_first: Option<Instant>,
    /// Candidates since the page was full.
    ahead: usize,
    /// Where the walk is.
    at: Option<Vec<SortValue>>,
}

/// How far a batch went.
enum Walk {
    /// There are no more candidates.
    Ended,
    /// There may be more.
    GoesOn,
    /// The page ends here, and another may follow.
    PageEnds,
}

impl<'a> Search<'a> {
    fn new(question: &'a Question, begun: Instant, patience: Patience) -> Self {
        let at = question.after().map(<[_]>::to_vec);
        let order = SqlOrder::of(question.order(), at.as_deref());
        Self { question, order, begun, patience, traces: Vec::new(), spans: 0, found_first: None, ahead: 0, at }
    }

    fn run(mut self, connection: &mut Connection) -> Result<TracePage, Fault> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let Some(conditions) = plan::conditions(&transaction, self.question.filter())? else {
            return Ok(TracePage::default());
        };
        let mut candidates = Candidates::new(&transaction, self.question);
        let mut batch = self.question.limit().saturating_add(1);
        let begin = self.at.clone();
        loop {
            match self.walk(&transaction, &mut candidates, &conditions, batch) {
                Ok(Walk::Ended) => match self.order.next() {
                    Some(part) => self.order = part,
                    None => return Ok(self.page(false)),
                },
                Ok(Walk::PageEnds) => return Ok(self.page(true)),
                Ok(Walk::GoesOn) => batch = batch.max(batch.saturating_mul(4).clamp(BATCH, MAX_BATCH)),
                // What was found until now is right.
                Err(fault) if is_interruption(&fault) && self.at != begin => return Ok(self.page(true)),
                Err(fault) => return Err(fault),
            }
        }
    }

    fn walk(
        &mut self,
        connection: &Connection,
        candidates: &mut Candidates<'_>,
        conditions: &[Sql],
        batch: usize,
    ) -> Result<Walk, Fault> {
        let sql = self.sql(conditions, batch);
        let mut statement = connection.prepare(&sql.text)?;
        let mut rows = statement.query(params_from_iter(&sql.values))?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += 1;
            if self.spans >= PAGE_SPANS || self.ahead >= LOOK_AHEAD || self.is_late() {
                return Ok(Walk::PageEnds);
            }
            let position = self.order.position(row, FIRST_ORDER_COLUMN)?;
            let found = candidates.read(row)?;
            let is_full = self.traces.len() == self.question.limit();
            match found {
                Some(_) if is_full => return Ok(Walk::PageEnds),
                Some(trace) => {
                    self.spans += trace.data.spans.len();
                    self.traces.push(trace);
                }
                None => self.ahead += usize::from(is_full),
            }
            self.at = Some(position);
        }
        Ok(if count < batch { Walk::Ended } else { Walk::GoesOn })
    }

    fn is_late(&mut self) -> bool {
        let Some(first) = self.found_first else {
            self.found_first = Some(Instant::now());
            return false;
        };
        self.begun.elapsed() > self.patience.all && first.elapsed() > self.patience.walk
    }

    /// Candidates are found and sorted by what the order needs, then looked up.
    fn sql(&self, conditions: &[Sql], batch: usize) -> Sql {
        let order = &self.order;
        let mut sql = Sql::new("WITH ", []);
        sql.append(order.tables());
        sql.text.push_str(&format!("picked AS (SELECT t.seq AS seq{} ", order.columns()));
        sql.append(order.source());
        sql.text.push_str(&format!(" AND {SHOWN}"));
        if let Some(experiment) = self.question.experiment() {
            sql.push(" AND likely(t.experiment = ?)", [Value::Text(experiment.to_owned())]);
        }
        let after = self.at.as_deref().map(|position| order.after(position));
        for condition in conditions.iter().cloned().chain(after) {
            sql.text.push_str(" AND ");
            sql.append(condition);
        }
        let limit = i64::try_from(batch).unwrap_or(i64::MAX);
        sql.push(&format!(" ORDER BY {} LIMIT ?)", order.by_expressions()), [Value::Integer(limit)]);
        let read = format!(
            " SELECT {COLUMNS}{} FROM picked p CROSS JOIN traces t ON t.seq = p.seq LEFT JOIN live l ON l.seq = t.seq
             ORDER BY {}",
            order.names(),
            order.by_names()
        );
        sql.text.push_str(&read);
        sql
    }

    fn page(self, may_go_on: bool) -> TracePage {
        let mut question = self.question.clone();
        self.traces.iter().for_each(|trace| question.note(&trace.info));
        let token = self.at.filter(|_| may_go_on).and_then(|position| question.token(position));
        TracePage::new(self.traces, token)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use spanloom_core::{SealedTrace, SpanId, SpanRecord, StoreBatch, TraceId, TraceInfo, TraceStore};

    use super::*;
    use crate::Store;

    #[test]
    fn a_walk_without_patience_still_comes_to_its_end() {
        let mut store = Store::in_memory().expect("memory");
        let made = (1..=20_u64).map(|number| {
            let id = TraceId::from_u128(number.into()).expect("not zero");
            let mut span = SpanRecord::new(id, SpanId::from_u64(1).expect("not zero"), "span", number);
            span.set_inputs(if number % 5 == 0 { "needle" } else { "hay" });
            Arc::new(SealedTrace::from_trace(&Trace::new(TraceInfo::new(id, number), vec![span])))
        });
        store.commit(&StoreBatch { completed: made.collect(), ..StoreBatch::default() }).expect("commits");
        let pool = store.reader().expect("reads").pool;
        let patience = Patience { all: Duration::ZERO, walk: Duration::ZERO };
        let (mut found, mut pages) = (Vec::new(), 0);
        let mut asked = SearchTraces::new().filter("trace.text LIKE '%needle%'");
        loop {
            let page = search(&pool, &asked, patience).expect("finds");
            pages += 1;
            found.extend(page.traces.iter().map(|trace| trace.info.trace_id.to_u128()));
            let Some(token) = page.next_page_token else { break };
            asked = SearchTraces::new().page_token(token);
        }
        assert_eq!(found, [20, 15, 10, 5]);
        assert!(pages > found.len(), "{pages} pages");
    }
}
