//! `std` or loom, for the ring only.

#[cfg(not(loom))]
pub(super) use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

#[cfg(loom)]
pub(super) use loom::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A cell shared by writer and reader, each of which owns it at different times.
#[cfg(not(loom))]
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct Cell(std::cell::UnsafeCell<u64>);

#[cfg(not(loom))]
impl Cell {
    #[inline(always)]
    pub(super) fn with_mut<R>(&self, f: impl FnOnce(*mut u64) -> R) -> R {
        f(self.0.get())
    }

    #[inline(always)]
    pub(super) fn with<R>(&self, f: impl FnOnce(*const u64) -> R) -> R {
        f(self.0.get())
    }
}

#[cfg(loom)]
pub(super) type Cell = loom::cell::UnsafeCell<u64>;

/// Stores, ordered before every later load of this thread: a swap is a store and a full fence in one instruction.
#[cfg(not(loom))]
#[inline(always)]
pub(super) fn store_before_loads(cell: &AtomicU64, value: u64) {
    cell.swap(value, Ordering::SeqCst);
}

/// Loom knows sequential consistency of fences, not of accesses.
#[cfg(loom)]
pub(super) fn store_before_loads(cell: &AtomicU64, value: u64) {
    cell.store(value, Ordering::Release);
    loom::sync::atomic::fence(Ordering::SeqCst);
}
