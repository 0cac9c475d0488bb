//! Those who wait until a destination has what was offered so far.

use std::fmt;
use std::time::Instant;

use spanloom_core::Cursor;

use super::status::ExporterStatus;

/// The answer to a drain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Whether everything that had been stored when the drain was asked for is settled.
    pub(crate) complete: bool,
    /// How the exporter stood then.
    pub(crate) status: ExporterStatus,
}

/// Takes the answer to a drain; called exactly once, on any thread.
pub(crate) type DrainReply = Box<dyn FnOnce(Drained) + Send>;

/// How far an exporter is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Everything up to here is settled.
    pub(super) settled: Cursor,
    /// The store may hold older traces that it has not looked at.
    pub(super) backlog: bool,
    /// It does nothing before this time.
    pub(super) waits_until: Option<Instant>,
}

/// Everyone who waits.
#[derive(Debug, Default)]
pub(super) struct Drains {
    waiters: Vec<Waiter>,
    closed: bool,
}

struct Waiter {
    target: Cursor,
    deadline: Instant,
    reply: DrainReply,
    /// Whether the exporter was told to hurry on its account.
    hurried: bool,
}

impl Drains {
    /// Adds someone who waits until everything up to `target` is settled. Gives the reply back when nobody is left to
    /// see to it.
    pub(super) fn add(&mut self, target: Cursor, deadline: Instant, reply: DrainReply) -> Option<DrainReply> {
        if self.closed {
            return Some(reply);
        }
        self.waiters.push(Waiter { target, deadline, reply, hurried: false });
        None
    }

    /// Whether someone is new here; asked when the exporter is told to hurry.
    pub(super) fn take_new(&mut self) -> bool {
        let new = self.waiters.iter().any(|waiter| !waiter.hurried);
        self.waiters.iter_mut().for_each(|waiter| waiter.hurried = true);
        new
    }

    /// Takes out those whose wait is over: with `true` when it is settled, with `false` when nothing more will happen
    /// before their deadline, or it has passed.
    pub(super) fn over(&mut self, position: Position, now: Instant) -> Vec<(DrainReply, bool)> {
        let over =
            self.waiters.extract_if(.., |waiter| waiter.is_settled(position) || waiter.is_hopeless(position, now));
        over.map(|waiter| waiter.told(position)).collect()
    }

    /// Takes out everyone, and lets nobody in any more.
    pub(super) fn close(&mut self, position: Position) -> Vec<(DrainReply, bool)> {
        self.closed = true;
        self.waiters.drain(..).map(|waiter| waiter.told(position)).collect()
    }

    /// When the next deadline is.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.waiters.iter().map(|waiter| waiter.deadline).min()
    }
}

impl Waiter {
    fn told(self, position: Position) -> (DrainReply, bool) {
        let settled = self.is_settled(position);
        (self.reply, settled)
    }

    fn is_settled(&self, position: Position) -> bool {
        position.settled >= self.target && !position.backlog
    }

    /// Not before the exporter has hurried: that may bring the next attempt forward.
    fn is_hopeless(&self, position: Position, now: Instant) -> bool {
        let waits = || position.waits_until.is_some_and(|until| until >= self.deadline);
        self.deadline <= now || (self.hurried && waits())
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").field("target", &self.target).field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// One waiter for position 5 until second 10, and what it is told at a position and a second.
    #[track_caller]
    fn check(hurried: bool, settled: u64, backlog: bool, waits_until: Option<u64>, at: u64, expected: Option<bool>) {
        let t0 = Instant::now();
        let second = |n| t0 + Duration::from_secs(n);
        let mut drains = Drains::default();
        assert!(drains.add(Cursor(5), second(10), Box::new(drop)).is_none());
        if hurried {
            assert!(drains.take_new());
        }
        let position = Position { settled: Cursor(settled), backlog, waits_until: waits_until.map(second) };
        let told: Vec<_> = drains.over(position, second(at)).into_iter().map(|(_, complete)| complete).collect();
        assert_eq!(told, Vec::from_iter(expected));
        assert_eq!(drains.next_deadline().is_none(), expected.is_some());
    }

    #[test]
    fn it_waits_until_its_position_is_settled_and_the_backlog_known() {
        check(true, 4, false, None, 1, None);
        check(true, 5, true, None, 1, None);
        check(true, 5, false, None, 1, Some(true));
        check(true, 9, false, Some(60), 11, Some(true));
    }

    #[test]
    fn it_is_over_at_the_deadline_or_when_nothing_happens_before_it() {
        check(true, 4, false, None, 10, Some(false));
        check(true, 4, false, Some(60), 1, Some(false));
        check(false, 4, false, Some(60), 1, None);
        check(true, 4, false, Some(9), 1, None);
    }

    #[test]
    fn after_the_end_nobody_waits() {
        let mut drains = Drains::default();
        drains.add(Cursor(5), Instant::now(), Box::new(drop));
        assert_eq!(drains.close(Position::default()).len(), 1);
        assert!(drains.add(Cursor(5), Instant::now(), Box::new(drop)).is_some());
    }
}
