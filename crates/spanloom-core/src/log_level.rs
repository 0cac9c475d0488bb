//! How important a span is, on MLflow's scale.

use serde::{Deserialize, Serialize};

/// How important a span is. Unset, it follows from the span's type and events when the span ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum LogLevel {
    /// 10: internals; the level of most span types.
    Debug = 10,
    /// 20: the steps a reader looks for; the level of model, tool, retriever, agent and embedding spans.
    Info = 20,
    /// 30.
    Warning = 30,
    /// 40: a span with an `exception` event is at least here.
    Error = 40,
    /// 50.
    Critical = 50,
}

impl LogLevel {
    /// The number MLflow stores.
    pub const fn as_u8(self) -> u8 {
        self as u8
    }
}
