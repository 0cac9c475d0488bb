//! The low-level client.

use super::stage::Replay;

pub(super) const REPLAYS: &[Replay] = &[];
