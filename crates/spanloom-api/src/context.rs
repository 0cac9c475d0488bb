//! The spans that are current on each thread: a stack of copies.
//!
//! A guard knows its place on the stack. One that drops while others stand above it (out of order) leaves a mark there;
//! whoever is dropped from the top takes the marked ones below with it. A panic unwinds guards like any other end of
//! their scope.
//!
//! The lowest places are a plain array, which needs no destructor and therefore no check on access; deeper ones, of which
//! few programs have any, are kept in a list.

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

/// Stands for one whose guard has dropped.
const GONE: Frame = Frame { root: RawId(u64::MAX), span: RawId::NONE, trace_id: [0; 2] };

/// Places that are an array.
const NEAR: usize = 16;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static STACK: [Cell<Frame>; NEAR] = const { [const { Cell::new(GONE) }; NEAR] };
    static DEEP: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

/// What is current, recording or not.
#[inline(always)]
pub(crate) fn top() -> Option<Frame> {
    match DEPTH.get() {
        0 => None,
        depth => frame_at(depth - 1),
    }
}

/// Makes a span current; gives its place on the stack, from 1, to take that back with.
#[inline(always)]
pub(crate) fn push(frame: Frame) -> u32 {
    let place = DEPTH.get();
    if place < NEAR {
        STACK.with(|stack| stack[place].set(frame));
    } else {
        set_deep(place, frame);
    }
    DEPTH.set(place + 1);
    place as u32 + 1
}

/// Takes back what [`push`] did.
#[inline(always)]
pub(crate) fn remove(place: u32) {
    let place = place as usize;
    let in_order = place == DEPTH.get() && place <= NEAR;
    if in_order && (place == 1 || STACK.with(|stack| stack[place - 2].get().root != GONE.root)) {
        DEPTH.set(place - 1);
    } else {
        remove_with_gone(place);
    }
}

#[cold]
#[inline(never)]
fn remove_with_gone(place: usize) {
    if place != DEPTH.get() {
        return mark_gone(place - 1);
    }
    let mut depth = place - 1;
    while depth > 0 && frame_at(depth - 1).is_none_or(|frame| frame == GONE) {
        depth -= 1;
    }
    DEPTH.set(depth);
    // After the thread's destructors the list is gone, and with it those who could still need it.
    let _ = DEEP.try_with(|deep| deep.borrow_mut().truncate(depth.saturating_sub(NEAR)));
}

fn mark_gone(place: usize) {
    if place < NEAR {
        STACK.with(|stack| stack[place].set(GONE));
    } else {
        set_deep(place, GONE);
    }
}

#[inline(always)]
fn frame_at(place: usize) -> Option<Frame> {
    if place < NEAR { Some(STACK.with(|stack| stack[place].get())) } else { deep_frame(place) }
}

#[cold]
#[inline(never)]
fn deep_frame(place: usize) -> Option<Frame> {
    DEEP.try_with(|deep| deep.borrow().get(place - NEAR).copied()).ok().flatten()
}

#[cold]
#[inline(never)]
fn set_deep(place: usize, frame: Frame) {
    let _ = DEEP.try_with(|deep| {
        let mut deep = deep.borrow_mut();
        let index = place - NEAR;
        if deep.len() <= index {
            deep.resize(index + 1, GONE);
        }
        deep[index] = frame;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(n: u64) -> Frame {
        Frame { root: RawId(n), span: RawId(n), trace_id: [n, n] }
    }

    /// Guards 0 to 3 are made in this order and dropped in every other, from nothing to beyond the array.
    #[test]
    fn in_whatever_order_guards_drop_the_youngest_that_stands_is_current() {
        for below in 0..NEAR + 2 {
            let floor: Vec<_> = (0..below).map(|n| push(frame(100 + n as u64))).collect();
            let bottom = top();
            for order in orders_of_four() {
                let mut guards: Vec<_> = (0..4).map(|n| Some(push(frame(n + 1)))).collect();
                for n in order {
                    remove(guards[n].take().expect("each drops once"));
                    let youngest = guards.iter().rposition(Option::is_some).map(|n| frame(n as u64 + 1));
                    assert_eq!(top(), youngest.or(bottom));
                }
                assert_eq!(DEPTH.get(), below);
            }
            floor.into_iter().rev().for_each(remove);
            assert_eq!((top(), DEEP.with(|deep| deep.borrow().len())), (None, 0));
        }
    }

    fn orders_of_four() -> Vec<Vec<usize>> {
        let mut orders = vec![vec![]];
        for n in 0..4_usize {
            let longer = |order: &Vec<usize>| {
                (0..=order.len())
                    .map(|at| {
                        let mut order = order.clone();
                        order.insert(at, n);
                        order
                    })
                    .collect::<Vec<_>>()
            };
            orders = orders.iter().flat_map(longer).collect();
        }
        assert_eq!(orders.len(), 24);
        orders
    }
}
