//! An answer that one thread gives and another waits for, blocking or not.
//!
//! Needs no runtime on either side, so it can be awaited on any executor and waited for on any thread.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

#[derive(Debug)]
struct Shared<T> {
    slot: Mutex<Slot<T>>,
    given: Condvar,
}

#[derive(Debug)]
struct Slot<T> {
    value: Option<T>,
    waker: Option<Waker>,
    /// Givers that may still give.
    givers: usize,
    done: bool,
}

/// Gives the answer. The first of its clones that gives counts.
#[derive(Debug)]
pub struct Giver<T>(Arc<Shared<T>>);

/// Waits for the answer. `None` when every giver went without giving.
#[derive(Debug)]
pub struct Answer<T>(Arc<Shared<T>>);

/// A giver and its answer.
pub fn pair<T>() -> (Giver<T>, Answer<T>) {
    let slot = Slot { value: None, waker: None, givers: 1, done: false };
    let shared = Arc::new(Shared { slot: Mutex::new(slot), given: Condvar::new() });
    (Giver(Arc::clone(&shared)), Answer(shared))
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, mut slot: MutexGuard<'_, Slot<T>>) {
        slot.done = true;
        let waker = slot.waker.take();
        drop(slot);
        self.given.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Giver<T> {
    /// Gives the answer, unless one was given.
    pub fn give(self, value: T) {
        let mut slot = self.0.lock();
        if !slot.done {
            slot.value = Some(value);
            self.0.finish(slot);
        }
    }
}

impl<T> Giver<T> {
    /// Whether someone still waits for the answer.
    pub fn is_awaited(&self) -> bool {
        Arc::strong_count(&self.0) > self.0.lock().givers
    }
}

impl<T> Clone for Giver<T> {
    fn clone(&self) -> Self {
        self.0.lock().givers += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Giver<T> {
    fn drop(&mut self) {
        let mut slot = self.0.lock();
        slot.givers -= 1;
        if slot.givers == 0 && !slot.done {
            self.0.finish(slot);
        }
    }
}

impl<T> Answer<T> {
    /// Blocks this thread until the answer is there, or the deadline has passed: then the error.
    pub fn wait_until(self, deadline: Instant) -> Result<Option<T>, TimedOut> {
        let mut slot = self.0.lock();
        while !slot.done {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(TimedOut);
            }
            (slot, _) = self.0.given.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(slot.value.take())
    }
}

/// The deadline passed before an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedOut;

impl<T> Future for Answer<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut slot = self.0.lock();
        if slot.done {
            return Poll::Ready(slot.value.take());
        }
        slot.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_first_answer_counts_and_none_is_an_answer_too() {
        let (giver, answer) = pair();
        giver.clone().give(1);
        giver.give(2);
        assert_eq!(answer.wait_until(Instant::now()), Ok(Some(1)));
        let (giver, answer) = pair::<u8>();
        drop(giver);
        assert_eq!(answer.wait_until(Instant::now()), Ok(None));
    }

    #[test]
    fn an_answer_is_awaited_until_whoever_waits_has_gone() {
        let (giver, answer) = pair::<u8>();
        let another = giver.clone();
        assert!(giver.is_awaited() && another.is_awaited());
        drop(giver);
        assert!(another.is_awaited());
        drop(answer);
        assert!(!another.is_awaited() && !another.clone().is_awaited());
    }

    #[test]
    fn a_deadline_is_kept_and_another_thread_is_waited_for() {
        let (_giver, answer) = pair::<u8>();
        assert_eq!(answer.wait_until(Instant::now() + Duration::from_millis(1)), Err(TimedOut));
        let (giver, answer) = pair();
        std::thread::spawn(move || giver.give(3));
        assert_eq!(answer.wait_until(Instant::now() + Duration::from_secs(60)), Ok(Some(3)));
    }
}
