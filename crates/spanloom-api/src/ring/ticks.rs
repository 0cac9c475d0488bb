//! The clock of the hot path: the time-stamp counter where it runs at a constant rate, `Instant` elsewhere.
//!
//! A tick means nothing by itself; the registry measures how long one is and maps them to Unix time.
#![cfg_attr(all(target_arch = "x86_64", not(miri)), expect(unsafe_code, reason = "reading the time-stamp counter"))]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

const UNKNOWN: u8 = 0;
const COUNTER: u8 = 1;
const INSTANT: u8 = 2;

static SOURCE: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Now, in ticks. Costs about 8 ns on the counter, 40 ns on `Instant`. Never 0.
#[inline(always)]
pub fn now() -> u64 {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if SOURCE.load(Ordering::Relaxed) == COUNTER {
        // SAFETY: reads a register; every x86-64 processor has the instruction.
        return unsafe { std::arch::x86_64::_rdtsc() };
    }
    slow_now()
}

#[cold]
#[inline(never)]
fn slow_now() -> u64 {
    if SOURCE.load(Ordering::Relaxed) == UNKNOWN {
        SOURCE.store(if counter_is_steady() { COUNTER } else { INSTANT }, Ordering::Relaxed);
        return now();
    }
    static BASE: OnceLock<Instant> = OnceLock::new();
    u64::try_from(BASE.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX).saturating_add(1)
}

/// Whether ticks are of the time-stamp counter; if not, they are nanoseconds.
pub fn is_counter() -> bool {
    let _ = now();
    SOURCE.load(Ordering::Relaxed) == COUNTER
}

/// The processor says that the counter runs at one rate in every power state.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn counter_is_steady() -> bool {
    use std::arch::x86_64::__cpuid;
    const INVARIANT_TSC: u32 = 1 << 8;
    __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & INVARIANT_TSC != 0
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn counter_is_steady() -> bool {
    false
}
