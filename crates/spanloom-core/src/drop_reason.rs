//! Why something that was recorded is not in the store.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! drop_reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Why something that was recorded is not in the store. Every loss has one, and is counted under it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum DropReason { $($(#[$doc])* $variant,)* }

        impl DropReason {
            /// Every reason, in the order of their counters.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in reports and in `doctor --json`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

drop_reasons! {
    /// A thread's ring, or the queue to the store, was above its high-water mark.
    ChannelFull = "channel_full",
    /// The memory for live traces was used up.
    RegistryFull = "registry_full",
    /// The trace had as many spans or bytes as one may have.
    TraceTooLarge = "trace_too_large",
    /// The engine had been shut down.
    AfterShutdown = "after_shutdown",
    /// The registry was started anew and had lost what it knew of the trace.
    RegistryRestart = "registry_restart",
    /// Applying a message panicked.
    Panic = "panic",
    /// A value could not be encoded.
    EncodeError = "encode_error",
    /// The store refused the write.
    StoreError = "store_error",
    /// The store was at its size limit.
    SpoolCap = "spool_cap",
    /// It had waited longer than the outbox keeps things.
    SpoolAge = "spool_age",
    /// A destination refused it.
    DestRejected = "dest_rejected",
    /// A destination took only a part.
    PartialSuccess = "partial_success",
    /// Recorded in a forked child, which has no engine.
    ForkChild = "fork_child",
    /// Tracing was switched off while the trace ran.
    Disabled = "disabled",
    /// A span processor of the program discarded it.
    Discarded = "discarded",
    /// The message made no sense: an unknown span, or a span of a trace that was forgotten.
    Invalid = "invalid",
}

impl DropReason {
    /// Position of this reason's counter.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
