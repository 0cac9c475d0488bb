//! The words for a process, on every system.

/// One process, told apart from others that had the same number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProcessIdentity {
    pub(crate) pid: u32,
    /// In clock ticks since the boot; 0 where the system does not say.
    pub(crate) start_ticks: i64,
    /// Identifies the boot; empty where the system does not say.
    pub(crate) boot: String,
    /// The namespace in which `pid` means something; empty where there is one for all.
    pub(crate) namespace: String,
}

/// What is known of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessState {
    Running,
    Gone,
    /// It cannot be seen from here.
    Unknown,
}
