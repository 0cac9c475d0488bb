//! Carries out what the policy says, in small transactions.
//!
//! Each takes 64 traces at most, so other processes wait for milliseconds. The writer does a little after each of
//! its commits, and does not wait for others who write.

use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, Row, TransactionBehavior};
use spanloom_core::{Cursor, DropReason, Eviction, StoreError, TraceId, Upkeep};

use super::budget::Budget;
use super::clock::{ClockWatch, Now};
use super::destinations::{self, Destination};
use super::policy::{self, Candidate, Goal, Kind, Loss, Overdue, Waiting};
use super::{StoreLimits, erase};
use crate::connection::{self, PAGE_BYTES};
use crate::error::Fault;
use crate::rows::{COMPLETED, id_from_bytes};
use crate::store::Store;
use crate::summaries::Writers;
use crate::writers;

/// Pages that are given back to the disk in one transaction.
const SHRINK_PAGES: u32 = 64;
/// How long one call goes on.
const TURN: Duration = Duration::from_millis(25);
/// How long it waits for another process that writes.
const PATIENCE: Duration = Duration::from_millis(20);
const LEAST_PAUSE: Duration = Duration::from_secs(1);
const STUCK_PAUSE: Duration = Duration::from_millis(100);
const MOST_PAUSE: Duration = Duration::from_secs(3_600);
/// Time spent on sums of outboxes, at most one part in so many.
const OUTBOX_SHARE: u32 = 100;

/// What retention remembers.
#[derive(Debug)]
pub(crate) struct Keeper {
    pub(crate) limits: StoreLimits,
    pub(crate) budget: Budget,
    begun: Instant,
    clock: ClockWatch,
    /// Not told to the engine yet.
    evictions: Vec<Eviction>,
    next_age_look: Instant,
    /// When something will be too old, as of the last look.
    expiry: Option<Instant>,
    /// Nothing could be removed though the store is too large: it is open, all of it.
    stuck_until: Instant,
    next_outbox_look: Instant,
    /// Bytes that may still be stored before an outbox can be above its limit.
    outbox_slack: u64,
}

impl Keeper {
    pub(crate) fn new(limits: StoreLimits, budget: Budget) -> Self {
        let begun = Instant::now();
        Self {
            limits,
            budget,
            begun,
            clock: ClockWatch::new(now(begun)),
            evictions: Vec::new(),
            next_age_look: begun,
            expiry: None,
            stuck_until: begun,
            next_outbox_look: begun,
            outbox_slack: 0,
        }
    }

    /// Counts what was stored.
    pub(crate) fn stored(&mut self, bytes: u64) {
        self.outbox_slack = self.outbox_slack.saturating_sub(bytes);
    }

    fn note(&mut self, destination: &str, lost: &Overdue) {
        for (loss, reason) in [(lost.by_cap, DropReason::SpoolCap), (lost.by_age, DropReason::SpoolAge)] {
            if loss.traces > 0 {
                tracing::warn!(destination, %reason, traces = loss.traces, "a destination lost traces that waited for it");
                let upto = Cursor(lost.upto.unsigned_abs());
                let Loss { traces, spans } = loss;
                self.evictions.push(Eviction { destination: destination.to_owned(), upto, reason, traces, spans });
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the store reads the clock; what decides is given it"
)]
fn now(begun: Instant) -> Now {
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Now { monotonic: begun.elapsed(), unix_ms: i64::try_from(unix.as_millis()).unwrap_or(i64::MAX) }
}

/// How large the file is, and how much of it is in use; in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) file: u64,
    pub(crate) used: u64,
}

pub(crate) fn usage(connection: &Connection) -> rusqlite::Result<Usage> {
    let pages = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0)).map(u64::from);
    let (all, free) = (pages("page_count")?, pages("freelist_count")?);
    let page = u64::from(PAGE_BYTES);
    Ok(Usage { file: all * page, used: all.saturating_sub(free) * page })
}

impl Store {
    /// One turn; see [`spanloom_core::TraceStore::tidy`].
    pub(crate) fn keep_limits(&mut self) -> Result<Upkeep, StoreError> {
        self.ready()?;
        self.keeper.clock.look(now(self.keeper.begun));
        self.set_patience(PATIENCE)?;
        let done = self.turn();
        self.set_patience(self.options.busy_timeout)?;
        let again_after = match done {
            Ok(again_after) => again_after,
            Err(fault) => match self.judge(fault) {
                StoreError::Busy { .. } => Some(LEAST_PAUSE),
                StoreError::Full { .. } => {
                    self.make_room(0);
                    Some(LEAST_PAUSE)
                }
                error => return Err(error),
            },
        };
        Ok(Upkeep { evictions: std::mem::take(&mut self.keeper.evictions), again_after })
    }

    fn set_patience(&self, patience: Duration) -> Result<(), StoreError> {
        self.connection.busy_timeout(patience).map_err(|error| Fault::from(error).at(self.location.shown()))
    }

    /// Gives when it wants to be called again.
    fn turn(&mut self) -> Result<Option<Duration>, Fault> {
        let until = Instant::now() + TURN;
        self.shorten_outboxes()?;
        let looks_at_ages = Instant::now() >= self.keeper.next_age_look;
        let cutoff_ms = self.keeper.clock.cutoff_ms(self.keeper.limits.age).filter(|_| looks_at_ages);
        loop {
            let usage = usage(&self.connection)?;
            let excess = usage.used.saturating_sub(self.keeper.budget.high);
            let removed = self.retire_if(Goal { excess, cutoff_ms })?;
            if removed == 0 && !self.shrink(usage)? {
                break;
            }
            if Instant::now() >= until {
                return Ok(Some(Duration::ZERO));
            }
        }
        if looks_at_ages {
            self.look_ahead()?;
        }
        let now = Instant::now();
        let wait = self.keeper.expiry.map(|expiry| expiry.saturating_duration_since(now).max(LEAST_PAUSE));
        let stuck = self.keeper.stuck_until.checked_duration_since(now);
        Ok(wait.into_iter().chain(stuck).min())
    }

    fn retire_if(&mut self, goal: Goal) -> Result<usize, Fault> {
        if goal.cutoff_ms.is_none() && (goal.excess == 0 || Instant::now() < self.keeper.stuck_until) {
            return Ok(0);
        }
        let removed = self.retire(goal)?;
        if removed == 0 && goal.excess > 0 {
            self.keeper.stuck_until = Instant::now() + STUCK_PAUSE;
        }
        Ok(removed)
    }

    /// What need not be done after each commit.
    fn look_ahead(&mut self) -> Result<(), Fault> {
        self.keeper.next_age_look = Instant::now() + LEAST_PAUSE;
        self.keeper.expiry = self.next_expiry()?.map(|after| Instant::now() + after);
        if let Some(ballast) = &self.ballast {
            ballast.restore(self.keeper.budget.log_kept);
        }
        Ok(())
    }

    /// Removes some of the oldest traces, in one transaction; how many.
    pub(crate) fn retire(&mut self, goal: Goal) -> Result<usize, Fault> {
        self.guard_log(self.step_cost())?;
        let step = self.step_traces();
        let outcome = self.retire_in_transaction(goal, step);
        if outcome.is_err() {
            self.session.forget();
        }
        let (removed, losses) = outcome?;
        losses.iter().for_each(|(name, lost)| self.keeper.note(name, lost));
        self.log.committed(&self.connection, &self.keeper.budget)?;
        Ok(removed)
    }

    fn retire_in_transaction(&mut self, goal: Goal, step: usize) -> Result<(usize, Vec<(String, Overdue)>), Fault> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.session.labels.begin(&transaction)?;
        self.session.enrol(&transaction)?;
        let destinations = self.session.destinations(&transaction)?;
        let oldest = oldest(&transaction, step)?;
        let candidates: Vec<_> = oldest.iter().map(|(candidate, _)| *candidate).collect();
        let positions: Vec<_> = destinations.iter().map(|destination| destination.position).collect();
        let choice = policy::choose(&candidates, goal, &positions);
        let Some(last) = choice.removed.last() else { return Ok((0, Vec::new())) };
        let traces = choice.removed.iter().map(|at| (candidates[*at].seq, oldest[*at].1));
        erase::erase(&transaction, &mut self.session.labels, traces)?;
        let mut losses = Vec::new();
        for (destination, by_cap) in destinations.into_iter().zip(&choice.losses).filter(|(_, loss)| loss.traces > 0) {
            let lost = Overdue { upto: candidates[*last].seq, by_cap: *by_cap, by_age: Loss::default() };
            destinations::lose(&transaction, &destination.name, &lost)?;
            losses.push((destination.name, lost));
        }
        let spans = choice.removed.iter().map(|at| candidates[*at].spans).sum();
        count_retired(&transaction, choice.removed.len() as u64, spans)?;
        transaction.commit()?;
        Ok((choice.removed.len(), losses))
    }

    /// Gives pages back to the disk when the file is above its limit; whether it did.
    fn shrink(&mut self, usage: Usage) -> Result<bool, Fault> {
        if usage.file <= self.keeper.budget.file || usage.file == usage.used {
            return Ok(false);
        }
        self.guard_log(self.step_cost())?;
        let over = (usage.file - self.keeper.budget.file).div_ceil(u64::from(PAGE_BYTES));
        let pages = over.min(u64::from(SHRINK_PAGES));
        let mut statement = self.connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        // Each row that it gives is a page.
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        drop(rows);
        drop(statement);
        connection::limit_pages(&self.connection, &self.keeper.budget)?;
        self.log.committed(&self.connection, &self.keeper.budget)?;
        Ok(usage_changed(usage, self::usage(&self.connection)?))
    }

    /// Moves destinations past what has waited too long, or is too much.
    fn shorten_outboxes(&mut self) -> Result<(), Fault> {
        let now = Instant::now();
        if now < self.keeper.next_outbox_look && self.keeper.outbox_slack > 0 {
            return Ok(());
        }
        // Also for destinations that have no row yet.
        let mut slack = self.keeper.limits.outbox_bytes;
        for destination in self.session.destinations(&self.connection)? {
            if self.is_fed_by_another(&destination)? {
                continue;
            }
            let bytes = destinations::bytes_after(&self.connection, destination.position)?;
            let left = match self.shorten(&destination, bytes)? {
                Some(lost) => destinations::bytes_after(&self.connection, lost)?,
                None => bytes,
            };
            slack = slack.min(self.keeper.limits.outbox_bytes.saturating_sub(left));
        }
        self.keeper.outbox_slack = slack.max(1);
        self.keeper.next_outbox_look = Instant::now() + (now.elapsed() * OUTBOX_SHARE).clamp(LEAST_PAUSE, MOST_PAUSE);
        Ok(())
    }

    /// Its own process sees to it, and knows what is on its way.
    fn is_fed_by_another(&self, destination: &Destination) -> rusqlite::Result<bool> {
        let feeds = self.session.destinations.contains(&destination.name);
        Ok(!feeds && destination.writer != 0 && writers::is_alive(&self.connection, destination.writer)?)
    }

    /// Gives how far the destination was moved, if it was.
    fn shorten(&mut self, destination: &Destination, bytes: u64) -> Result<Option<i64>, Fault> {
        let cutoff_ms = self.keeper.clock.cutoff_ms(self.keeper.limits.outbox_age);
        if bytes <= self.keeper.limits.outbox_bytes && cutoff_ms.is_none() {
            return Ok(None);
        }
        self.guard_log(self.step_cost())?;
        let waiting = Waiting { bytes, since_ms: destination.since_ms, cutoff_ms };
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(lost) = overdue(&transaction, destination.position, waiting, &self.keeper.limits)? else {
            return Ok(None);
        };
        destinations::lose(&transaction, &destination.name, &lost)?;
        transaction.commit()?;
        self.keeper.note(&destination.name, &lost);
        Ok(Some(lost.upto))
    }

    /// When the next trace, or what waits for a destination, will be too old; not before ages count.
    fn next_expiry(&self) -> Result<Option<Duration>, Fault> {
        let Some(oldest) = oldest(&self.connection, 1)?.into_iter().map(|(candidate, _)| candidate.stored_ms).next()
        else {
            return Ok(None);
        };
        let age = self.keeper.limits.age.min(self.keeper.limits.outbox_age);
        let until = Duration::from_millis(oldest.unsigned_abs()).saturating_add(age);
        let wait = until.saturating_sub(Duration::from_millis(now(self.keeper.begun).unix_ms.unsigned_abs()));
        Ok(Some(wait.max(self.keeper.clock.until_steady()).clamp(LEAST_PAUSE * 60, MOST_PAUSE)))
    }
}

fn usage_changed(before: Usage, after: Usage) -> bool {
    before.file != after.file
}

fn count_retired(connection: &Connection, traces: u64, spans: u64) -> rusqlite::Result<()> {
    let mut add = connection.prepare_cached("UPDATE counters SET value = value + ?2 WHERE name = ?1")?;
    for (name, count) in [("retired_traces", traces), ("retired_spans", spans)] {
        add.execute(rusqlite::params![name, i64::try_from(count).unwrap_or(i64::MAX)])?;
    }
    Ok(())
}

const COLUMNS: &str = "seq, stored_unix_ms, bytes, span_count, writer, trace_id";

/// The oldest traces, `most` of them that may go; those that live are in between.
fn oldest(connection: &Connection, most: usize) -> Result<Vec<(Candidate, TraceId)>, Fault> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM traces ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let mut writers = Writers::default();
    let (mut found, mut may_go) = (Vec::new(), 0);
    while may_go < most
        && let Some(row) = rows.next()?
    {
        let writer = row.get(4)?;
        let live = writer > COMPLETED && writers.is_alive(connection, writer)?;
        let kind = match (writer == COMPLETED, live) {
            (true, _) => Kind::Completed,
            (false, true) => Kind::Live,
            (false, false) => Kind::Left,
        };
        let id = id_from_bytes(row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?);
        // A row whose id is damaged can go like any other; its payloads are found by their row.
        let id = id.unwrap_or(ANY_ID);
        found.push((candidate(row, kind)?, id));
        may_go += usize::from(!live);
    }
    Ok(found)
}

const ANY_ID: TraceId = match TraceId::from_u128(1) {
    Some(id) => id,
    None => panic!("1 is not zero"),
};

fn candidate(row: &Row<'_>, kind: Kind) -> rusqlite::Result<Candidate> {
    Ok(Candidate {
        seq: row.get(0)?,
        stored_ms: row.get(1)?,
        bytes: row.get::<_, i64>(2)?.unsigned_abs(),
        spans: row.get::<_, i64>(3)?.unsigned_abs(),
        kind,
    })
}

fn overdue(
    connection: &Connection,
    position: i64,
    waiting: Waiting,
    limits: &StoreLimits,
) -> Result<Option<Overdue>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM traces WHERE seq > ?1 AND writer = 0 AND damaged = 0 ORDER BY seq");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query_map([position], |row| candidate(row, Kind::Completed))?;
    let mut failed = None;
    let owed = std::iter::from_fn(|| rows.next()?.map_err(|error| failed = Some(error)).ok());
    let found = policy::overdue(owed, waiting, limits);
    failed.map_or(Ok(found), |error| Err(error.into()))
}
