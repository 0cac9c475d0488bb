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
    pub(super) const fn new(word: u64) -> Self {
        Self(std::cell::UnsafeCell::new(word))
    }

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
pub(super) use loom::cell::UnsafeCell as Cell;
