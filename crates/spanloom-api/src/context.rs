//! The current span of each thread.
//!
//! A stack of what was entered and not left. Guards remove their own entry, wherever it is, so that guards dropped out
//! of order, or while a panic unwinds, leave the others as they were.

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

thread_local! {
    static STACK: RefCell<Vec<(u64, Frame)>> = const { RefCell::new(Vec::new()) };
    static NEXT_TICKET: Cell<u64> = const { Cell::new(0) };
}

/// Names one entry of this thread's stack.
pub(crate) type Ticket = u64;

/// The entry on top, recording or not.
#[inline(always)]
pub(crate) fn top() -> Option<Frame> {
    STACK
        .try_with(|stack| stack.try_borrow().ok().and_then(|stack| stack.last().map(|(_, frame)| *frame)))
        .ok()
        .flatten()
}

/// Makes a span the current one of this thread.
#[inline(always)]
pub(crate) fn push(frame: Frame) -> Ticket {
    let ticket = NEXT_TICKET.try_with(|next| next.replace(next.get() + 1)).unwrap_or(Ticket::MAX);
    let _ = STACK.try_with(|stack| {
        if let Ok(mut stack) = stack.try_borrow_mut() {
            stack.push((ticket, frame));
        }
    });
    ticket
}

/// Takes an entry back.
#[inline(always)]
pub(crate) fn remove(ticket: Ticket) {
    let _ = STACK.try_with(|stack| {
        if let Ok(mut stack) = stack.try_borrow_mut() {
            if stack.last().is_some_and(|(top, _)| *top == ticket) {
                stack.pop();
            } else {
                stack.retain(|(other, _)| *other != ticket);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(n: u64) -> Frame {
        Frame { root: RawId(n), span: RawId(n), trace_id: [n, n] }
    }

    #[test]
    fn guards_dropped_out_of_order_leave_the_others() {
        let (a, b, c) = (push(frame(1)), push(frame(2)), push(frame(3)));
        remove(a);
        assert_eq!(top(), Some(frame(3)));
        remove(c);
        assert_eq!(top(), Some(frame(2)));
        remove(b);
        assert_eq!(top(), None);
    }
}
