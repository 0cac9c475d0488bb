//! The current span of each thread.
//!
//! What is current is one thread-local copy; what was current before is kept by the guard that replaced it. A guard that
//! is dropped while another one is on top (out of order) leaves word of what was below it, so that the one on top puts
//! back what still stands. A panic unwinds guards like any other end of their scope.

use std::cell::{Cell, RefCell};

use crate::raw_id::RawId;

/// A span as its descendants must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// [`RawId::NONE`] when sampled out; a tenant alone when it was shed.
    pub(crate) root: RawId,
    /// [`RawId::NONE`] when it does not record.
    pub(crate) span: RawId,
    pub(crate) trace_id: [u64; 2],
}

/// Something that is or was current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Current {
    /// 0 when nothing is current; else which guard made it so.
    ticket: u64,
    frame: Frame,
}

const NOTHING: Current = Current { ticket: 0, frame: Frame { root: RawId::NONE, span: RawId::NONE, trace_id: [0; 2] } };

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new(NOTHING) };
    static LAST_TICKET: Cell<u64> = const { Cell::new(0) };
    /// How many guards below the top were dropped: tells the fast path to look.
    static GONE_COUNT: Cell<usize> = const { Cell::new(0) };
    /// Tickets of those guards, each with what was below it.
    static GONE: RefCell<Vec<(u64, Current)>> = const { RefCell::new(Vec::new()) };
}

/// What is current, recording or not.
#[inline(always)]
pub(crate) fn top() -> Option<Frame> {
    let current = CURRENT.get();
    (current.ticket != 0).then_some(current.frame)
}

/// Makes a span current; gives the ticket to take that back with, and what was current before.
#[inline(always)]
pub(crate) fn push(frame: Frame) -> (u64, Current) {
    let ticket = LAST_TICKET.get() + 1;
    LAST_TICKET.set(ticket);
    (ticket, CURRENT.replace(Current { ticket, frame }))
}

/// Takes back what [`push`] did.
#[inline(always)]
pub(crate) fn remove((ticket, below): (u64, Current)) {
    if CURRENT.get().ticket == ticket && GONE_COUNT.get() == 0 {
        CURRENT.set(below);
    } else {
        remove_out_of_order(ticket, below);
    }
}

#[cold]
#[inline(never)]
fn remove_out_of_order(ticket: u64, mut below: Current) {
    // After the thread's destructors the list is gone, and with it those who could still need it.
    let _ = GONE.try_with(|gone| {
        let mut gone = gone.borrow_mut();
        if CURRENT.get().ticket != ticket {
            gone.push((ticket, below));
        } else {
            while let Some(at) = gone.iter().position(|(other, _)| *other == below.ticket) {
                below = gone.swap_remove(at).1;
            }
            CURRENT.set(below);
        }
        GONE_COUNT.set(gone.len());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(n: u64) -> Frame {
        Frame { root: RawId(n), span: RawId(n), trace_id: [n, n] }
    }

    /// Guards 0 to 3 are made in this order and dropped in every other.
    #[test]
    fn in_whatever_order_guards_drop_the_youngest_that_stands_is_current() {
        let mut orders = vec![vec![]];
        for n in 0..4_u64 {
            let longer = |order: &Vec<u64>| {
                (0..=order.len())
                    .map({
                        let order = order.clone();
                        move |at| {
                            let mut order = order.clone();
                            order.insert(at, n);
                            order
                        }
                    })
                    .collect::<Vec<_>>()
            };
            orders = orders.iter().flat_map(longer).collect();
        }
        assert_eq!(orders.len(), 24);
        for order in orders {
            let mut guards: Vec<_> = (0..4).map(|n| Some(push(frame(n + 1)))).collect();
            for n in order {
                remove(guards[n as usize].take().expect("each drops once"));
                let youngest = guards.iter().rposition(Option::is_some).map(|n| frame(n as u64 + 1));
                assert_eq!(top(), youngest);
            }
            assert_eq!((CURRENT.get(), GONE_COUNT.get()), (NOTHING, 0));
        }
    }
}
