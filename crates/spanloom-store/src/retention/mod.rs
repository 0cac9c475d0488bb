//! Retention: what goes when the store is full or old, and what destinations lose when they are too far behind.
//!
//! `clock`, `budget` and `policy` decide, without clock, files or SQL; `upkeep` carries it out, in small transactions.

pub(crate) mod budget;
pub(crate) mod clock;
pub(crate) mod destinations;
mod erase;
pub(crate) mod policy;
pub(crate) mod upkeep;

use std::time::Duration;

use spanloom_core::Limits;

/// How much a store keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreLimits {
    /// Bytes of its file with the log beside it; the oldest traces go first. Default 2 GiB.
    pub bytes: u64,
    /// How long it keeps a trace. Default 7 days.
    pub age: Duration,
    /// Bytes of traces that may wait for one destination. Default 1 GiB.
    pub outbox_bytes: u64,
    /// How long a trace may wait for a destination. Default 72 h.
    pub outbox_age: Duration,
}

impl StoreLimits {
    /// Nothing goes: for programs that open a store which others keep within its limits.
    pub const NONE: Self =
        Self { bytes: u64::MAX, age: Duration::MAX, outbox_bytes: u64::MAX, outbox_age: Duration::MAX };
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self::from(&Limits::default())
    }
}

impl From<&Limits> for StoreLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            bytes: limits.store_bytes,
            age: limits.store_age,
            outbox_bytes: limits.outbox_bytes,
            outbox_age: limits.outbox_age,
        }
    }
}
