//! One value for each thread, lent out without a lock, a borrow flag or a destructor check.
//!
//! The fast path is one thread-local pointer, taken out while the value is in use and put back afterwards. So a nested
//! use finds nothing, as does a use after the thread's destructors ran; both are told apart in a cold function.
#![expect(unsafe_code, reason = "a thread-local pointer to a boxed value")]

use std::cell::Cell;
use std::ptr;

/// The slot of a thread for a value of type `T`. Lives in a `const` thread-local.
#[derive(Debug)]
pub(crate) struct LocalSlot<T: 'static> {
    /// Null while the value is in use, and when there is none.
    value: Cell<*mut T>,
}

/// Frees the value of a thread when the thread ends, by handing it to a function.
#[derive(Debug)]
pub(crate) struct Reclaim<T: 'static> {
    slot: fn() -> *mut T,
    take_back: fn(T),
}

impl<T> LocalSlot<T> {
    /// A slot without a value.
    pub(crate) const fn new() -> Self {
        Self { value: Cell::new(ptr::null_mut()) }
    }

    /// Lends the value to `f`; gives `f` back when there is none, or it is in use further up this thread's stack. When `f`
    /// panics the value stays taken, and is leaked: whoever comes next makes do without.
    #[inline(always)]
    pub(crate) fn lend<R, F: FnOnce(&mut T) -> R>(&self, f: F) -> Result<R, F> {
        let value = self.value.replace(ptr::null_mut());
        if value.is_null() {
            return Err(f);
        }
        // SAFETY: the pointer is that of a leaked box (`fill`), which no one else has: it was taken out of the only place
        // where it is kept, which only this thread can reach.
        let result = f(unsafe { &mut *value });
        self.value.set(value);
        Ok(result)
    }

    /// Puts a value in, if there is none.
    pub(crate) fn fill(&self, value: T) {
        if self.value.get().is_null() {
            self.value.set(Box::into_raw(Box::new(value)));
        }
    }

    /// Takes the pointer out for good.
    pub(crate) fn take(&self) -> *mut T {
        self.value.replace(ptr::null_mut())
    }
}

impl<T> Default for LocalSlot<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Reclaim<T> {
    /// Hands the value that `slot` takes out to `take_back` when this drops.
    pub(crate) const fn new(slot: fn() -> *mut T, take_back: fn(T)) -> Self {
        Self { slot, take_back }
    }
}

impl<T> Drop for Reclaim<T> {
    fn drop(&mut self) {
        let value = (self.slot)();
        if !value.is_null() {
            // SAFETY: the pointer is that of a leaked box (`LocalSlot::fill`), and was taken out of its only place.
            (self.take_back)(*unsafe { Box::from_raw(value) });
        }
    }
}
