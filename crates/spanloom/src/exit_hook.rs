//! A program that just returns from `main` loses nothing.
//!
//! Runs when the process exits in an orderly way: `main` returns, or `std::process::exit`. By then the main thread's
//! thread-locals are gone; the engine's threads still run. Nothing runs at `abort` and `kill -9`: then the newest quarter
//! of a second is lost, see the guarantees of the store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

static ARMED: AtomicBool = AtomicBool::new(false);

/// Makes the exit of the process flush what is installed.
pub(crate) fn arm() {
    ARMED.store(true, Ordering::Release);
}

dtor::declarative::dtor! {
    #[dtor(unsafe)]
    fn at_exit() {
        if ARMED.load(Ordering::Acquire) {
            // Unwinding out of an exit handler would abort; there is no one left to tell.
            let _ = catch_unwind(AssertUnwindSafe(crate::global::flush_at_exit));
        }
    }
}
