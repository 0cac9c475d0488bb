//! Random trace ids, drawn by each thread for itself.

use std::cell::Cell;

use crate::raw_id::{mix, random_u64};

thread_local! {
    /// 0 until the thread draws its first.
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// A trace id that was drawn; its high half is made only when the trace is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// Draws the next of this thread.
    #[inline(always)]
    pub(crate) fn next() -> Self {
        let state = match STATE.get() {
            0 => seed(),
            state => state,
        };
        let next = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        STATE.set(next);
        Self(next)
    }

    /// The low half of the id, by which sampling decides.
    #[inline(always)]
    pub(crate) const fn low(self) -> u64 {
        mix(self.0 ^ 0xA5A5_5A5A_C3C3_3C3C)
    }

    /// The id: 127 random bits, never all zero.
    #[inline(always)]
    pub(crate) const fn trace_id(self) -> [u64; 2] {
        [mix(self.0) | 1 << 63, self.low()]
    }
}

/// Draws from a new seed from now on: a forked child must not repeat its parent's ids.
pub(crate) fn reseed() {
    STATE.set(0);
}

#[cold]
#[inline(never)]
fn seed() -> u64 {
    random_u64()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_of_several_threads_do_not_repeat() {
        let draw = || (0..10_000).map(|_| Draw::next().trace_id()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(draw)).collect();
        let ids: HashSet<_> = threads.into_iter().flat_map(|t| t.join().expect("draws")).collect();
        assert_eq!(ids.len(), 40_000);
    }

    #[test]
    fn a_new_seed_does_not_repeat_what_was_drawn() {
        Draw::next();
        let state = STATE.get();
        let before = Draw::next().trace_id();
        STATE.set(state);
        assert_eq!(Draw::next().trace_id(), before, "the same state draws the same");
        reseed();
        assert_ne!(Draw::next().trace_id(), before);
    }
}
